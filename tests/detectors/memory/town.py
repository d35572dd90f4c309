"""A memory with a part of each kind, and people who pay each other in blocks that may leave again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from detectors.memory.layout import Array, Layout
from detectors.memory.memory import Memory
from detectors.memory.names import address_words
from tests.detectors.memory.kernels import PAYMENTS, pay
from tests.detectors.memory.oracle import Block, Oracle, PlainTable, plain

PEOPLE = range(1, 9)
TABLE_S, HISTORY_S, LOG_S = 100, 150, 200
CAP = 5
MANY = 10**6
AMOUNT = Layout(ints=("amount",))


def address(person: int) -> bytes:
    return person.to_bytes(20, "big")


class Town:
    """Blocks come and go; `blocks` are those that stand."""

    def __init__(
        self,
        state: Path | None = None,
        follows: bool = True,
        horizon_s: int | None = TABLE_S,
        cap: int = CAP,
    ) -> None:
        self.horizon_s, self.cap = horizon_s, cap
        self.memory = Memory(state, 7, follows)
        self.payers = self.memory.table("payers", PAYMENTS, horizon_s=horizon_s, cap=cap)
        self.payments = self.memory.history("payments", AMOUNT, horizon_s=HISTORY_S, cap=1000)
        self.names = self.memory.names()
        self.rows = self.memory.row_log("rows", AMOUNT, ("payer", "payee"), horizon_s=LOG_S)
        self.head = self.memory.open()
        self.blocks: list[Block] = []

    def live(self, *blocks: Block) -> None:
        """Takes blocks as one piece, which no fifth block may lie within."""
        first = blocks[0]
        if first.number % 5 == 0 or (not self.blocks and self.memory.block < 0):
            self.memory.age(first.number, first.time)
        self._pay(blocks)
        self.blocks += blocks
        self.memory.mark(blocks[-1].number)

    def live_through(self, blocks: Sequence[Block]) -> None:
        """Takes blocks in pieces as long as there may be."""
        piece: list[Block] = []
        for block in blocks:
            if piece and block.number % 5 == 0:
                self.live(*piece)
                piece = []
            piece.append(block)
        if piece:
            self.live(*piece)

    def leave(self, number: int) -> None:
        """Blocks above a number leave the chain."""
        self.memory.undo(number)
        self.blocks = [block for block in self.blocks if block.number <= number]

    def _pay(self, blocks: Sequence[Block]) -> None:
        paid = [(block, payment) for block in blocks for payment in block.payments]
        numbers = np.array([block.number for block, _ in paid], np.int64)
        times = np.array([block.time for block, _ in paid], np.int64)
        people = np.array([[p.payer, p.payee] for _, p in paid], np.int64).reshape(-1, 2)
        amounts = np.array([p.amount for _, p in paid], np.int64)
        self.payers.reserve(len(paid))
        current, previous, journal = self.payers.arrays()
        floats, words = current.view(np.float64), current.view(np.uint64)
        pay(current, floats, words, previous, journal, people[:, 0].copy(), amounts, numbers, times)
        for block, payment in paid:
            self.payments.add(payment.payer, block.number, block.time, amount=payment.amount)
        ids = self._number(people, numbers, times)
        self.rows.append(numbers, times, ids, amounts.reshape(-1, 1))
        for i, (block, payment) in enumerate(paid):
            if payment.signed:
                self.names.tell(int(ids[i, 0]), "signed", block.number)

    def _number(self, people: Array, numbers: Array, times: Array) -> Array:
        words = address_words([address(int(person)) for person in people.reshape(-1)])
        return self.names.number(words, numbers.repeat(2), times.repeat(2)).reshape(-1, 2)

    def says_what(self, oracle: Oracle) -> None:
        """All that can be asked, as of blocks since the last look at horizons, has the plain answer."""
        if not oracle.blocks:
            return
        for block in [each for each in oracle.blocks if each.number >= oracle.blocks[-1].number // 5 * 5]:
            for person in PEOPLE:
                self._says_of(person, block, oracle)
        assert self.payers.early_ageings == oracle.table.early

    def _says_of(self, person: int, block: Block, oracle: Oracle) -> None:
        number, now = block.number, block.time
        if block == oracle.blocks[-1]:
            row, expected = self.payers.get(person, now), oracle.table.get(person, now)
            assert (row is None) == (expected is None)
            if row is not None and expected is not None:
                assert row == {
                    "payments": expected.payments,
                    "rate": expected.rate,
                    "paid": expected.paid,
                }
            assert self.payers.known_from(person, now) == oracle.table.known_from(person, now)
        paid = self.payments.rows(person, number, now)
        assert list(zip(plain(paid["row"]), plain(paid["amount"]), strict=True)) == oracle.paid_by(
            person, number, now
        )
        name = int(self.names.find(address_words([address(person)]), number)[0])
        assert name == oracle.number(person, number)
        if name >= 0:
            told = self.names.told(name, "signed", number)
            at = oracle.signed.get(person)
            assert told == (None if at is None or at > number else (at, None))
            assert plain(self.rows.numbers(name, number, now, MANY)) == oracle.about(person, number, now)

    def oracle(self) -> Oracle:
        """What the blocks that stand come to."""
        return Oracle(PlainTable(self.horizon_s, self.cap), HISTORY_S, LOG_S).tell(self.blocks)

    def twin(self, follows: bool = False) -> Town:
        """A town that never saw anything but the blocks that stand, taken in the longest pieces."""
        twin = Town(None, follows, self.horizon_s, self.cap)
        twin.live_through(self.blocks)
        return twin
