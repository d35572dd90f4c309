"""Price manipulation that failed: a pool traded in one call, and the protocol that looked at it refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Seen, hexed
from detectors.library.failed_flash_loans import ASKS, SWAPS
from detectors.parts.bytecode import CALLBACKS
from detectors.parts.failed_calls import Failed, failed_by_own_code, few_use
from detectors.parts.lines import place_of


@dataclass(frozen=True, slots=True)
class Raid:
    """The pools that were traded, and whoever looked at one of them and refused."""

    pools: frozenset[bytes]
    victim: bytes


def failed_price_raids(seen: Seen, users: int) -> Iterator[Finding]:
    """Of failed calls of own contracts (where there are traces): a pool was traded with money of the
    caller's, and another's contract that fewer than `users` people use looked at that very pool and then
    refused what was asked of it. Who trades with a loan is the business of `flash-loan-attack`; a swap
    that a pool refuses is a trade that failed.
    """
    for one in failed_by_own_code(seen):
        raid = _raid(seen, one, users)
        if raid is not None:
            yield _finding(seen, one, raid, users)


def _raid(seen: Seen, one: Failed, users: int) -> Raid | None:
    traded: set[bytes] = set()
    for place, call in enumerate(one.calls):
        if call.target is None or call.source not in one.own:
            continue
        if call.selector in SWAPS and call.way == "call":
            if not call.failed:
                traded.add(call.target)
            continue
        if not (traded and call.failed and call.way in ASKS) or call.target in one.own | traded:
            continue
        if _looks_at(one, place, traded) and few_use(seen, one, call.target, users):
            return None if _has_loan(one, place) else Raid(frozenset(traded), call.target)
    return None


def _looks_at(one: Failed, place: int, pools: set[bytes]) -> bool:
    """Whether a call, or what it called, asked one of some pools for anything."""
    inside = range(place + 1, len(one.calls))
    return any(one.calls[each].target in pools and place in one.ancestors(each) for each in inside)


def _has_loan(one: Failed, place: int) -> bool:
    """Whether a call stands inside of what a lender called back."""
    around = (one.calls[each] for each in one.ancestors(place))
    return any(call.selector in CALLBACKS and call.source not in one.own for call in around)


def _finding(seen: Seen, one: Failed, raid: Raid, users: int) -> Finding:
    wallet = seen.address(one.signer)
    roles: list[tuple[bytes, RoleName]] = [(each, "attacker") for each in sorted(one.own)]
    roles += [(each, "infrastructure") for each in (raid.victim, *sorted(raid.pools))]
    return Finding(
        **place_of(seen, one.row),
        category="price-manipulation",
        subject_kind="wallet",
        subject=wallet,
        score=0.5,
        severity="low",
        roles=tuple(dict(roles).items()),
        rows=seen.evidence([one.row]),
        measured={"pools": len(raid.pools), "failed": 1, "users": users - 1},
        thresholds={"users": users},
        explanation=(
            f"{hexed(wallet)} traded {len(raid.pools)} pool{'s' * (len(raid.pools) > 1)} by a contract of its"
            f" own and called {hexed(raid.victim)} in the same transaction, which looked at the price there"
            " and refused; nothing was lost."
        ),
    )
