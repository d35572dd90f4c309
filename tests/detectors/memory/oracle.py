"""What memory must say, worked out the plain way: all blocks that stand are told again to dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from detectors.memory.layout import Array

ALICE, BOB, CAROL, DAVE = range(1, 5)


@dataclass(frozen=True, slots=True)
class Payment:
    """Somebody pays somebody else; `signed` says that the payer's first transaction is seen in it."""

    payer: int
    payee: int
    amount: int
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    number: int
    time: int
    payments: tuple[Payment, ...]


@dataclass(slots=True)
class Row:
    """A table's row: columns as the kernel of the tests keeps them."""

    payments: int = 0
    rate: float = 0.0
    paid: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    touched: int = 0
    known_from: int = 0


@dataclass(slots=True)
class PlainTable:
    """Two dictionaries, the older of which is dropped."""

    horizon_s: int | None
    cap: int
    now: dict[int, Row] = field(default_factory=dict)
    before: dict[int, Row] = field(default_factory=dict)
    began: int | None = None
    forgotten: int = -1
    early: int = 0

    def age(self, time: int) -> None:
        if self.began is None:
            self.began = time
        if self.horizon_s is None:
            return
        over = time - self.began > self.horizon_s
        if over or len(self.now) >= self.cap:
            self.early += not over
            if self.before:
                self.forgotten = self.began
            self.now, self.before, self.began = {}, self.now, time

    def get(self, key: int, time: int) -> Row | None:
        row = self.now.get(key) or self.before.get(key)
        old = row is not None and self.horizon_s is not None and time - row.touched > self.horizon_s
        return None if old else row

    def known_from(self, key: int, time: int) -> int:
        row = self.get(key, time)
        if row is not None:
            return row.known_from
        return max(self.forgotten + 1, 0 if self.horizon_s is None else time - self.horizon_s)

    def pay(self, key: int, amount: int, block: int, time: int) -> None:
        known, old = self.known_from(key, time), self.get(key, time)
        row = Row(known_from=known) if old is None else old
        limbs = [row.paid[0] + amount, 0, 0, block]
        self.now[key] = Row(row.payments + 1, row.rate / 2 + amount, limbs, time, known)


@dataclass(slots=True)
class Oracle:
    """All parts, of blocks told in order; horizons are looked at at every fifth block and at the first."""

    table: PlainTable
    history_s: int | None
    log_s: int | None
    blocks: list[Block] = field(default_factory=list)
    rows: list[tuple[Block, Payment]] = field(default_factory=list)
    names: dict[int, Block] = field(default_factory=dict)
    signed: dict[int, int] = field(default_factory=dict)

    def tell(self, blocks: Iterable[Block]) -> Oracle:
        for block in blocks:
            if not self.blocks or block.number % 5 == 0:
                self.table.age(block.time)
            for payment in block.payments:
                self.table.pay(payment.payer, payment.amount, block.number, block.time)
                self.rows.append((block, payment))
                for account in (payment.payer, payment.payee):
                    self.names.setdefault(account, block)
                if payment.signed:
                    self.signed.setdefault(payment.payer, block.number)
            self.blocks.append(block)
        return self

    def paid_by(self, payer: int, as_of: int, now: int) -> list[tuple[int, int]]:
        """(row, amount) of what somebody paid, newest first, from the history."""
        return [
            (number, payment.amount)
            for number, (block, payment) in reversed(list(enumerate(self.rows)))
            if payment.payer == payer and _said(block, as_of, now, self.history_s)
        ]

    def about(self, account: int, as_of: int, now: int) -> list[int]:
        """Numbers of the rows that somebody is in, newest first, from the row log."""
        return [
            number
            for number, (block, payment) in reversed(list(enumerate(self.rows)))
            if account in (payment.payer, payment.payee) and _said(block, as_of, now, self.log_s)
        ]

    def number(self, account: int, as_of: int) -> int:
        """Numbers begin behind the zero address."""
        if account not in self.names or self.names[account].number > as_of:
            return -1
        return 1 + list(self.names).index(account)


def _said(block: Block, as_of: int, now: int, horizon_s: int | None) -> bool:
    return block.number <= as_of and (horizon_s is None or now - block.time <= horizon_s)


def plain(array: Array | Sequence[int]) -> list[int]:
    return [int(each) for each in array]
