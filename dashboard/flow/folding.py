"""Which wallets are drawn as one, so that a drawing has a dozen nodes at most, however many were paid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from dashboard.flow.columns import columns_of

FOLD_ABOVE = 12
"""With more nodes than this, wallets with the same part in the flow are drawn as one."""
ENDS = (5, 3, 1, 0)
"""Columns that stay as they are at either end of a long trail, tried one after the other."""

Payment = tuple[str, str]
"""Payer and payee."""


def folded(payments: Sequence[Payment], roles: Mapping[str, str], most: int = FOLD_ABOVE) -> dict[str, str]:
    """Wallet -> the one that stands for it, itself where it is drawn alone. Wallets of different roles are
    never drawn as one.

    Tried in turn, as long as there are too many: leaves that hang on one wallet in the same way; the largest
    groups that stand in one column; everything in the middle of a long trail.
    """
    names = {wallet: wallet for payment in payments for wallet in payment}
    if _count(names) > most:
        names = _merged(names, _alike(payments, roles).get)
    if _count(names) > most:
        names = _fold_columns(names, payments, roles, most)
    for ends in ENDS:
        if _count(names) > most:
            names = _fold_middle(names, payments, roles, ends)
    return names


def _count(names: Mapping[str, str]) -> int:
    return len(set(names.values()))


def _merged(names: Mapping[str, str], group: Callable[[str], Hashable | None]) -> dict[str, str]:
    """Those of one group are named after the first of it; None is no group."""
    first: dict[Hashable, str] = {}
    for name in sorted(set(names.values())):
        if (key := group(name)) is not None:
            first.setdefault(key, name)
    return {wallet: first.get(group(name), name) for wallet, name in names.items()}


def _alike(payments: Iterable[Payment], roles: Mapping[str, str]) -> dict[str, Hashable]:
    """Groups of three or more with a single neighbour, the same one, in the same direction."""
    neighbours: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for payer, payee in payments:
        neighbours[payer].add(("pays", payee))
        neighbours[payee].add(("is paid by", payer))
    keys: dict[str, Hashable] = {
        wallet: (*next(iter(links)), roles.get(wallet, "other"))
        for wallet, links in neighbours.items()
        if len(links) == 1
    }
    sizes = Counter(keys.values())
    return {wallet: key for wallet, key in keys.items() if sizes[key] > 2}


def _fold_columns(
    names: Mapping[str, str], payments: Iterable[Payment], roles: Mapping[str, str], most: int
) -> dict[str, str]:
    places = _places(names, payments, roles)
    sizes = Counter(places.values())
    kept, chosen = _count(names), set[Hashable]()
    for key, size in sorted(sizes.items(), key=lambda each: (-each[1], each[0])):
        if size < 2 or kept <= most:
            break
        chosen.add(key)
        kept -= size - 1
    return _merged(names, lambda name: places[name] if places[name] in chosen else None)


def _fold_middle(
    names: Mapping[str, str], payments: Iterable[Payment], roles: Mapping[str, str], ends: int
) -> dict[str, str]:
    places = _places(names, payments, roles)
    last = max(column for column, _ in places.values())

    def group(name: str) -> Hashable | None:
        column, role = places[name]
        return role if ends <= column <= last - ends else None

    return _merged(names, group)


def _places(
    names: Mapping[str, str], payments: Iterable[Payment], roles: Mapping[str, str]
) -> dict[str, tuple[int, str]]:
    """Column and role of each node."""
    columns = columns_of((names[payer], names[payee]) for payer, payee in payments)
    return {
        name: (across, roles.get(name, "other")) for across, column in enumerate(columns) for name in column
    }
