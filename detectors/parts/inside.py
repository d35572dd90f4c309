"""One transaction as values, for those who look at few: who has more or less of what, and who acts as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Array, Columns
from detectors.parts.contract import Kind, Seen
from detectors.parts.trades import Change, changes_of

MOVES = (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION, Kind.ERC20, Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL)
NOBODY = 0
"""The zero address: who mints and burns."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A transaction of the piece, by its number."""

    seen: Seen
    number: int

    @property
    def at(self) -> int:
        return self.number - int(self.seen.transactions["number"][0])

    def of(self, name: str) -> int:
        """A column of the transaction: signer, target, block, time, selector, created, done."""
        return int(self.seen.transactions[name][self.at])

    @property
    def rows(self) -> Columns:
        sent = self.seen.transactions
        mine = slice(int(sent["first_row"][self.at]), int(sent["end_row"][self.at]))
        return {name: column[mine] for name, column in self.seen.rows.items()}

    def changes(self) -> list[Change]:
        """Who has more or less of what afterwards: not the zero address."""
        return [each for each in changes_of(self.seen, self.number) if each.more and each.account != NOBODY]

    def side(self) -> set[int]:
        """The signer and contracts that are his alone (needs the part `sides`)."""
        members = self.seen.of("sides").get("members")
        found = {self.of("signer")}
        if members is not None:
            first, end = np.searchsorted(members["transaction"], [self.number, self.number + 1])
            found |= set(members["account"][first:end].tolist())
        return found

    def moved(self, accounts: set[int]) -> list[int]:
        """Numbers of the rows that moved something from or to some of these."""
        rows = self.rows
        about: Array = np.isin(rows["kind"], MOVES) & (rows["amount"] != 0).any(axis=1)
        who = list(accounts)
        about &= np.isin(rows["source"], who) | np.isin(rows["target"], who)
        return [int(number) for number in rows["number"][about]]


def transactions_with(seen: Seen, kinds: tuple[Kind, ...]) -> Iterator[Inside]:
    """Transactions of the piece with a row of such a kind."""
    has = np.isin(seen.rows["kind"], kinds)
    for number in np.unique(seen.rows["transaction"][has]).tolist():
        yield Inside(seen, int(number))
