"""What the row log says of somebody: who funded a wallet, who is a busy place, how much of an asset one had.

For detectors that ask about few: each question reads an account's newest rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.decoding import Kind
from detectors.memory.layout import Array
from detectors.parts.contract import Columns, Seen

MOST = 400
"""Rows of an account that are read. Somebody with more is busy, and what came before is not known."""
HUB = 12
"""Payees, and payers, from which on somebody is a busy place: nobody has so many accomplices."""
_COIN = (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION)
_MONEY = (*_COIN, Kind.ERC20)


def whole(words: Array) -> list[int]:
    """The integers of [n, 4] limbs."""
    joined = np.ascontiguousarray(words.astype(">u8")).tobytes()
    return [int.from_bytes(joined[i : i + 32], "big") for i in range(0, len(joined), 32)]


@dataclass(slots=True)
class People:
    """As of the end of a block of a piece."""

    seen: Seen
    block: int
    _read: dict[int, Columns] = field(default_factory=dict)

    def rows(self, who: int) -> Columns:
        """Somebody's newest rows, newest first."""
        if who not in self._read:
            self._read[who] = self.seen.history("rows").rows(who, self.block, MOST)
        return self._read[who]

    def is_fully_known(self, who: int) -> bool:
        return len(self.rows(who)["row"]) < MOST

    def funder(self, wallet: int) -> int:
        """Who first sent a wallet coin or tokens, 0 where that is not known."""
        rows = self.rows(wallet)
        if not self.is_fully_known(wallet):
            return 0
        paid = _moved(rows) & (rows["target"] == wallet) & (rows["source"] != wallet) & (rows["source"] > 0)
        return int(rows["source"][paid.nonzero()[0][-1]]) if paid.any() else 0

    def fee_payer(self, wallet: int) -> int:
        """Who first sent a wallet the coin that it pays fees with, by himself; 0 where that is not known."""
        rows = self.rows(wallet)
        if not self.is_fully_known(wallet):
            return 0
        paid = _moved(rows) & (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == wallet)
        return int(rows["source"][paid.nonzero()[0][-1]]) if paid.any() else 0

    def is_hub(self, who: int, before: int = 2**62) -> bool:
        """Whether many paid somebody, and were paid, by their own transactions, before a row."""
        rows = self.rows(who)
        moves = _moved(rows) & (rows["signer"] == rows["source"]) & (rows["row"] < before)
        payees = np.unique(rows["target"][moves & (rows["source"] == who)])
        payers = np.unique(rows["source"][moves & (rows["target"] == who)])
        return min(payees.size, payers.size) >= HUB

    def serves_many(self, who: int) -> bool:
        """Whether somebody sent money to many: who funds strangers ties nobody to himself."""
        rows = self.rows(who)
        return np.unique(rows["target"][_moved(rows) & (rows["source"] == who)]).size >= HUB

    def share_taken(self, owner: int, asset: int, row: int, amount: int) -> float | None:
        """Which part of what an owner had of an asset before a row this amount is; None where not known."""
        rows = self.rows(owner)
        about = _is_of(rows, asset) & (rows["row"] < row)
        held = sum(whole(rows["amount"][about & (rows["target"] == owner)]))
        held -= sum(whole(rows["amount"][about & (rows["source"] == owner)]))
        return min(1.0, amount / held) if held > 0 else None

    def funded_by_hub(self, owner: int, asset: int, before: int) -> bool:
        """Whether somebody got an asset from a busy place, as an exchange is one, before a row."""
        rows = self.rows(owner)
        got = _is_of(rows, asset) & (rows["target"] == owner) & (rows["row"] < before)
        payers = np.unique(rows["source"][got & (rows["source"] == rows["signer"])])
        return any(self.is_hub(int(payer)) for payer in payers[:4])

    def is_new(self, who: int, row: int) -> bool:
        """Whether nothing was heard of somebody before a row."""
        rows = self.rows(who)
        return self.is_fully_known(who) and bool((rows["row"] >= row).all())

    def persons(self, owners: Iterable[int], gang: Collection[int]) -> int:
        """How many people these wallets are: those that one of the gang or of themselves funded, or that pay
        the gang's fees, are none; those with one funder, who serves few, are one.
        """
        owners = list(owners)
        found: set[int] = set()
        served = {self.fee_payer(each) for each in list(gang)[:8]}
        for owner in owners:
            funder = self.funder(owner)
            if funder in gang or funder in owners or owner in served:
                continue
            found.add(funder if funder and not self.serves_many(funder) else -owner)
        return len(found)


def _moved(rows: Columns) -> Array:
    """Which rows moved money, by what they say."""
    some: Array = np.isin(rows["kind"], _MONEY) & (rows["amount"] != 0).any(axis=1)
    moved: Array = some & ((rows["kind"] != Kind.TRANSACTION) | (rows["flag"] != 0))
    return moved


def _is_of(rows: Columns, asset: int) -> Array:
    found: Array = (rows["kind"] == Kind.ERC20) & (rows["asset"] == asset)
    return found
