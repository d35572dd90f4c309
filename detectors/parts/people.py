"""What the row log says of somebody: who funded a wallet, who is a busy place, how much of an asset one had.

For detectors that ask about few: each question reads an account's newest rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.kernels.decoding import Kind
from detectors.memory.layout import Array
from detectors.parts.contract import Columns, Seen
from detectors.parts.kinds import is_some, marks

MOST = 400
"""Rows of an account that are read. Somebody with more is busy, and what came before is not known."""
HUB = 12
"""Payees, and payers, from which on somebody is a busy place: nobody has so many accomplices."""
_MONEY = marks(Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION, Kind.ERC20)
_ANY_ROW = 2**62


def whole(words: Array) -> list[int]:
    """The integers of [n, 4] limbs."""
    joined = np.ascontiguousarray(words.astype(">u8")).tobytes()
    return [int.from_bytes(joined[i : i + 32], "big") for i in range(0, len(joined), 32)]


@dataclass(slots=True)
class Account:
    """Somebody's newest rows, newest first, and what follows from them alone, worked out when it is asked."""

    who: int
    rows: Columns
    _known: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> tuple[int, int, int]:
        """Whose rows these are, which is the newest, and how many: the same for the same rows."""
        newest = self.rows["row"]
        return self.who, int(newest[0]) if newest.size else -1, newest.size

    @property
    def moved(self) -> Array:
        """Which rows moved money, by what they say."""
        moved: Array = self._once("moved", lambda: _moved(self.rows))
        return moved

    @property
    def funder(self) -> int:
        found: int = self._once("funder", lambda: self._first(self.moved & (self.rows["source"] > 0)))
        return found

    @property
    def fee_payer(self) -> int:
        def first() -> int:
            return self._first(self.moved & (self.rows["kind"] == Kind.TRANSACTION), own=True)

        found: int = self._once("fee_payer", first)
        return found

    @property
    def approvals(self) -> Array:
        """Which rows, by place, are allowances that it signed itself."""
        found: Array = self._once("approvals", self._approvals)
        return found

    def _approvals(self) -> Array:
        given = (self.rows["kind"] == Kind.APPROVAL_ERC20) & (self.rows["source"] == self.who)
        return np.flatnonzero(given & (self.rows["signer"] == self.who))

    @property
    def payees(self) -> int:
        """How many it sent money to."""
        found: int = self._once("payees", self._payees)
        return found

    def is_hub(self, before: int) -> bool:
        """Whether many paid it, and were paid, by their own transactions, before a row."""
        if not self._once("hub", lambda: self._is_hub(_ANY_ROW)):
            return False
        newest = int(self.rows["row"][0])
        return newest < before or self._is_hub(before)

    def _is_hub(self, before: int) -> bool:
        rows = self.rows
        if rows["row"].size < HUB:
            return False
        moves = self.moved & (rows["signer"] == rows["source"]) & (rows["row"] < before)
        paid, came = moves & (rows["source"] == self.who), moves & (rows["target"] == self.who)
        payees, payers = len(set(rows["target"][paid].tolist())), len(set(rows["source"][came].tolist()))
        return min(payees, payers) >= HUB

    def _payees(self) -> int:
        mine = self.moved & (self.rows["source"] == self.who)
        return len(set(self.rows["target"][mine].tolist()))

    def _first(self, moved: Array, own: bool = False) -> int:
        """Who paid in the oldest of some rows, 0 where not all rows are known."""
        rows = self.rows
        if rows["row"].size >= MOST:
            return 0
        paid = moved & (rows["target"] == self.who)
        paid &= (rows["source"] != self.who) | own
        found = paid.nonzero()[0]
        return int(rows["source"][found[-1]]) if found.size else 0

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._known:
            self._known[name] = make()
        return self._known[name]


@dataclass(slots=True)
class People:
    """As of the end of a block of a piece."""

    seen: Seen
    block: int
    _found: dict[int, Account] = field(init=False)

    def __post_init__(self) -> None:
        self._found = self.seen.once(("accounts", self.block), dict)

    def account(self, who: int) -> Account:
        """The same one for all who ask in the piece, as long as nothing new is heard of it."""
        if who not in self._found:
            rows = self.seen.history("rows").rows(who, self.block, MOST)
            account = Account(who, rows)
            self._found[who] = self.seen.once(("account", *account.place), lambda: account)
        return self._found[who]

    def rows(self, who: int) -> Columns:
        """Somebody's newest rows, newest first."""
        return self.account(who).rows

    def is_fully_known(self, who: int) -> bool:
        return len(self.rows(who)["row"]) < MOST

    def funder(self, wallet: int) -> int:
        """Who first sent a wallet coin or tokens, as far as the row log goes; 0 where that is not known."""
        return self.account(wallet).funder

    def fee_payer(self, wallet: int) -> int:
        """Who first sent a wallet the coin that it pays fees with, by himself; 0 where that is not known."""
        return self.account(wallet).fee_payer

    def is_hub(self, who: int, before: int = _ANY_ROW) -> bool:
        """Whether many paid somebody, and were paid, by their own transactions, before a row."""
        return self.account(who).is_hub(before)

    def serves_many(self, who: int) -> bool:
        """Whether somebody sent money to many: who funds strangers ties nobody to himself."""
        return self.account(who).payees >= HUB

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
        """Whether nothing was heard of somebody before a row, also not before what the row log still holds:
        who rested for months is nobody new.
        """
        rows = self.rows(who)
        if not self.is_fully_known(who) or not rows["row"].size or rows["row"][-1] < row:
            return False
        return bool(self.seen.appeared(np.array([who]))[0] >= rows["time"][-1])

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
    some: Array = _MONEY[rows["kind"]] & is_some(rows["amount"])
    moved: Array = some & ((rows["kind"] != Kind.TRANSACTION) | (rows["flag"] != 0))
    return moved


def _is_of(rows: Columns, asset: int) -> Array:
    found: Array = (rows["kind"] == Kind.ERC20) & (rows["asset"] == asset)
    return found
