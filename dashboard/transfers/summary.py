"""What a wallet's or a token's transfers come to: by asset, by counterparty, by day. Sums are exact."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.transfers.values import Token, Transfer, native
from ingest.schema import ZERO_ADDRESS

NOBODY = f"0x{ZERO_ADDRESS.hex()}"
"""Pays what is minted, and is paid what is burnt."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What came in and went out of one asset, in its units, and in how many transfers."""

    token: str | None
    came_in: int
    went_out: int
    count_in: int
    count_out: int

    @property
    def count(self) -> int:
        return self.count_in + self.count_out


@dataclass(frozen=True, slots=True)
class Counterparty:
    """Everything between a wallet and one other, by asset."""

    address: str
    moved: tuple[Moved, ...]
    first_block: int
    last_block: int

    @property
    def count(self) -> int:
        return sum(each.count for each in self.moved)


@dataclass(frozen=True, slots=True)
class Holder:
    """What an address holds of a token, by the transfers that were read."""

    address: str
    amount: int
    count: int


def by_asset(moves: Iterable[Transfer], wallet: str) -> tuple[Moved, ...]:
    """The busiest asset first. What a wallet pays itself counts on both sides."""
    found: dict[str | None, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in moves:
        sums = found[row.token]
        if row.payee == wallet:
            sums[0] += row.amount
            sums[2] += 1
        if row.payer == wallet:
            sums[1] += row.amount
            sums[3] += 1
    assets = (Moved(token, *sums) for token, sums in found.items())
    return tuple(sorted(assets, key=lambda each: (-each.count, each.token or "")))


def counterparties(moves: Iterable[Transfer], wallet: str) -> tuple[Counterparty, ...]:
    """Those with the most in the chain's own coin first, then those with the most transfers: what tokens are
    worth is not known, so they are never added up.
    """
    with_whom: dict[str, list[Transfer]] = defaultdict(list)
    for row in moves:
        if row.payer != row.payee and wallet in (row.payer, row.payee):
            with_whom[row.payee if row.payer == wallet else row.payer].append(row)
    found = [
        Counterparty(
            address,
            by_asset(rows, wallet),
            min(row.block_number for row in rows),
            max(row.block_number for row in rows),
        )
        for address, rows in with_whom.items()
    ]
    return tuple(sorted(found, key=lambda each: (-_coin(each), -each.count, each.address)))


def _coin(other: Counterparty) -> int:
    return sum(each.came_in + each.went_out for each in other.moved if each.token is None)


def in_and_out(moves: Iterable[Transfer], wallet: str, span: int) -> dict[int, tuple[int, int]]:
    """Beginning of each span -> how many transfers came in and how many went out in it."""
    came, went = Counter[int](), Counter[int]()
    for row in moves:
        if row.timestamp is not None:
            start = row.timestamp - row.timestamp % span
            came[start] += row.payee == wallet
            went[start] += row.payer == wallet
    return {start: (came[start], went[start]) for start in sorted({*came, *went})}


def span_of(times: Sequence[int], most: int = 60) -> int:
    """The shortest of the usual spans that cuts a time into at most `most` pieces."""
    length = max(times, default=0) - min(times, default=0)
    spans = (60, 600, 3_600, 21_600, 86_400, 7 * 86_400, 30 * 86_400)
    return next((span for span in spans if length <= span * most), 365 * 86_400)


def holders(moves: Iterable[Transfer]) -> tuple[Holder, ...]:
    """Balances by the transfers given: in less out. Who would be below zero had some before, and is left out
    together with the address of nobody.
    """
    held: dict[str, int] = defaultdict(int)
    counted: Counter[str] = Counter()
    for row in moves:
        held[row.payer] -= row.amount
        held[row.payee] += row.amount
        counted.update({row.payer, row.payee})
    found = (Holder(name, amount, counted[name]) for name, amount in held.items())
    standing = (each for each in found if each.amount > 0 and each.address != NOBODY)
    return tuple(sorted(standing, key=lambda each: (-each.amount, each.address)))


def supply(moves: Iterable[Transfer]) -> tuple[int, int]:
    """What was minted and what was burnt, by the transfers given."""
    minted = burnt = 0
    for row in moves:
        minted += row.amount * (row.payer == NOBODY)
        burnt += row.amount * (row.payee == NOBODY)
    return minted, burnt


def token_of(row: Transfer, tokens: Mapping[str, Token]) -> Token:
    """What moved: the token as it calls itself, or the chain's own coin."""
    return native(row.chain_id) if row.token is None else tokens[row.token]
