"""One transaction as values, for those who look at few: who has more or less of what, and who acts as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Array, Columns
from detectors.parts.contract import Kind, Seen
from detectors.parts.kinds import among, is_some, of_kinds
from detectors.parts.people import whole
from detectors.parts.values import values_before

MOVES = (
    Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION, Kind.ERC20, Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL,
)  # fmt: skip
NOBODY = 0
"""The zero address: who mints and burns."""


@dataclass(frozen=True, slots=True)
class Line:
    """Of an account and asset in a transaction, in units: what it had `before`, `received` and `paid`;
    `short` is what it has spent beyond all that was seen to come, `got` what ever came, this transaction with
    it; `supply` is the asset's, before, `issued` that of the token that the account is. `first` and `last`:
    times at which it had more, before; 0 for never. `known_from`: see the part `kept`.
    """

    account: int
    asset: int
    received: int
    paid: int
    before: int
    short: int
    got: int
    supply: int
    issued: int
    first: int
    last: int
    known_from: int

    @property
    def more(self) -> int:
        return self.received - self.paid

    @property
    def had(self) -> int:
        """What it must have had before, as it has paid it."""
        return max(self.before, self.paid - self.received)


Payment = tuple[int, int, int, int]
"""Source, target, asset, units."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A transaction of the piece, by its number. Needs the parts `net`, `kept` and, for its side, `sides`."""

    seen: Seen
    number: int

    @property
    def at(self) -> int:
        return self.number - int(self.seen.transactions["number"][0])

    def of(self, name: str) -> int:
        """A column of the transaction: signer, target, block, time, selector, created, done."""
        return int(self.seen.transactions[name][self.at])

    @property
    def hash(self) -> bytes:
        found: bytes = self.seen.transactions["hash"][self.at].tobytes()
        return found

    @property
    def rows(self) -> Columns:
        return self.seen.once(("rows of", self.number), self._rows)

    def _rows(self) -> Columns:
        sent = self.seen.transactions
        mine = slice(int(sent["first_row"][self.at]), int(sent["end_row"][self.at]))
        return {name: column[mine] for name, column in self.seen.rows.items()}

    def lines(self) -> list[Line]:
        """Whatever moved, the zero address's lines among them."""
        net, kept = self.seen.of("net").get("changes"), self.seen.of("kept").get("lines")
        if net is None or kept is None:
            return []
        return list(self.seen.once(("lines of", self.number), lambda: self._lines(net, kept)))

    def _lines(self, net: Columns, kept: Columns) -> tuple[Line, ...]:
        first, end = np.searchsorted(net["transaction"], [self.number, self.number + 1])
        columns: list[list[int]] = [net[name][first:end].tolist() for name in ("account", "asset")]
        columns += [whole(net[name][first:end]) for name in ("received", "paid")]
        columns += [whole(kept[name][first:end]) for name in ("before", "short", "got", "supply", "issued")]
        columns += [kept[name][first:end].tolist() for name in ("first", "last", "known_from")]
        return tuple(Line(*line) for line in zip(*columns, strict=True))

    def side(self) -> set[int]:
        """The signer and contracts that are his alone."""
        members = self.seen.of("sides").get("members")
        found = {self.of("signer")}
        if members is not None:
            first, end = np.searchsorted(members["transaction"], [self.number, self.number + 1])
            found |= set(members["account"][first:end].tolist())
        return found

    def payments(self) -> list[Payment]:
        """Tokens and native value that calls moved, in order."""
        rows = self.rows
        paid = of_kinds(rows["kind"], (Kind.ERC20, Kind.INNER_VALUE))
        columns = (rows[name][paid].tolist() for name in ("source", "target", "money"))
        return list(zip(*columns, whole(rows["amount"][paid]), strict=True))

    def moved(self, accounts: set[int]) -> list[int]:
        """Numbers of the rows that moved something from or to some of these."""
        rows = self.rows
        about: Array = of_kinds(rows["kind"], MOVES) & is_some(rows["amount"])
        who = list(accounts)
        about &= np.isin(rows["source"], who) | np.isin(rows["target"], who)
        return [int(number) for number in rows["number"][about]]


def transactions_with(seen: Seen, kinds: tuple[Kind, ...]) -> Iterator[Inside]:
    """Transactions of the piece with a row of such a kind."""
    has = of_kinds(seen.rows["kind"], kinds)
    for number in np.unique(seen.rows["transaction"][has]).tolist():
        yield Inside(seen, int(number))


def in_coin(one: Inside, sums: Iterable[tuple[int, int]]) -> tuple[int, bool]:
    """What sums (asset, units) were worth before the block (needs the part `prices`), in wei, and whether
    there are some that nothing prices.
    """
    values = values_before(one.seen, one.of("block"))
    found = [values.of(asset, units) for asset, units in sums]
    return sum(wei for wei in found if wei is not None), None in found


def of_asset(rows: Columns, asset: int, coins: Array) -> Array:
    """Which rows of the row log moved an asset; of the coin (0) also what wraps it."""
    done = (rows["kind"] != Kind.TRANSACTION) | (rows["flag"] != 0)
    token = among(rows["asset"], coins) if asset == 0 else rows["asset"] == asset
    found: Array = (rows["kind"] == Kind.ERC20) & token
    if asset == 0:
        found |= of_kinds(rows["kind"], (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION)) & done
    found &= is_some(rows["amount"])
    return found
