"""All parts together, whatever happens to the chain, say what plain dictionaries of its blocks say."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.memory import snapshot
from detectors.memory.memory import Memory, discard
from ingest.model.errors import BadInput, RollbackTooDeep
from tests.detectors.memory.kernels import PAYMENTS
from tests.detectors.memory.oracle import ALICE, BOB, CAROL, DAVE, Block, Payment
from tests.detectors.memory.town import PEOPLE, Town

people = st.sampled_from(PEOPLE)
payments = st.lists(st.builds(Payment, people, people, st.integers(1, 9), st.booleans()), max_size=4)
seconds = st.sampled_from([0, 1, 12, 40, 90, 101, 250])
steps = st.one_of(
    st.tuples(st.just("block"), payments, seconds),
    st.tuples(st.just("block"), payments, seconds),
    st.tuples(st.just("block"), payments, seconds),
    st.tuples(st.just("leave"), st.integers(0, 7)),
    st.tuples(st.just("final"), st.integers(0, 6)),
    st.tuples(st.just("save"), st.integers(0, 3)),
    st.tuples(st.just("slice"), st.integers(1, 12)),
    st.tuples(st.just("finish")),
    st.tuples(st.just("restart")),
    st.tuples(st.just("backfill"), st.booleans()),
)


class Life:
    """A town that is taken through steps, on disk."""

    def __init__(self, state: Path) -> None:
        self.state, self.town = state, Town(state)
        self.number, self.time = 100, 1000

    def take(self, step: tuple) -> None:  # type: ignore[type-arg]
        getattr(self, step[0])(*step[1:])
        self.town.says_what(self.town.oracle())

    def block(self, paid: list[Payment], later: int) -> None:
        self.number, self.time = self.number + 1, self.time + later
        self.town.live(Block(self.number, self.time, tuple(paid)))

    def leave(self, depth: int) -> None:
        target = max(self.town.memory.floor, self.number - depth)
        if self.town.blocks and target >= self.town.blocks[0].number:
            self.town.leave(target)
            self._stand()

    def _stand(self) -> None:
        last = self.town.blocks[-1]
        self.number, self.time = last.number, last.time

    def final(self, depth: int) -> None:
        if self.town.memory.block > 0:
            self.town.memory.forget(self.number - depth)

    def save(self, depth: int) -> None:
        self.final(depth)
        if self.town.memory.can_save():
            self.town.memory.begin_snapshot({"offset": self.town.memory.floor})

    def slice(self, pieces: int) -> None:
        for _ in range(pieces):
            if not self.town.memory.write(0) and self.town.memory._snapshot is not None:
                self.town.memory._snapshot.wait()

    def finish(self) -> None:
        self.town.memory.finish_snapshot()

    def restart(self) -> None:
        blocks = self.town.blocks
        self.town.memory.close()
        self.town = Town(self.state)
        head = self.town.head
        assert head is None or head.extra == {"offset": head.block}
        self.town.blocks = [block for block in blocks if head is not None and block.number <= head.block]
        if head is not None:
            assert self.town.memory.digest() == self.town.twin().memory.digest()
        for block in blocks:
            if head is None or block.number > head.block:
                self.town.live(block)

    def backfill(self, on: bool) -> None:
        self.town.memory.follow(not on)


@settings(deadline=None, max_examples=60)
@given(st.lists(steps, max_size=40))
def test_nothing_that_happens_makes_memory_differ_from_plain_dictionaries(taken: list[tuple]) -> None:  # type: ignore[type-arg]
    with tempfile.TemporaryDirectory() as folder, patch.object(snapshot, "PIECE_CELLS", 1):
        life = Life(Path(folder))
        for step in taken:
            life.take(step)
        assert life.town.memory.digest() == life.town.twin().memory.digest()
        life.town.memory.close()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(payments, seconds), min_size=2, max_size=25), st.data())
def test_a_rollback_is_as_if_the_blocks_had_never_come(drawn: list, data: st.DataObject) -> None:  # type: ignore[type-arg]
    blocks, time = [], 1000
    for i, (paid, later) in enumerate(drawn):
        time += later
        blocks.append(Block(i, time, tuple(paid)))
    town = Town()
    town.live_through(blocks)
    for kept in sorted(data.draw(st.sets(st.integers(0, len(blocks) - 1))), reverse=True):
        town.leave(kept)
        assert town.memory.digest() == town.twin().memory.digest()
        town.says_what(town.oracle())


depths = st.lists(st.tuples(st.integers(1, 64), st.integers(0, 40)), min_size=1, max_size=6)


@settings(deadline=None, max_examples=25)
@given(depths, st.randoms(use_true_random=False))
def test_rollbacks_within_what_others_brought_down_to_64_blocks(drawn: list, dice: Random) -> None:  # type: ignore[type-arg]
    """Others come in the place of blocks that left, and leave with some below them; nothing is final."""
    town = Town()
    _pass(town, 70, dice)
    for depth, more in drawn:
        town.leave(max(0, town.blocks[-1].number - depth))
        assert town.memory.digest() == town.twin().memory.digest()
        _pass(town, more, dice)
        town.says_what(town.oracle())
    assert town.memory.digest() == town.twin().memory.digest()


def _pass(town: Town, count: int, dice: Random) -> None:
    """Blocks in which anybody pays anybody."""
    for _ in range(count):
        number = town.memory.block + 1
        time = (town.blocks[-1].time if town.blocks else 0) + dice.choice([0, 1, 12, 99])
        paid = [Payment(dice.choice(PEOPLE), dice.choice(PEOPLE), 1, dice.random() < 0.2) for _ in range(3)]
        town.live(Block(number, time, tuple(paid[: dice.randrange(4)])))


def test_the_same_blocks_in_any_pieces_with_or_without_a_journal_are_the_same_memory() -> None:
    blocks = [Block(i, 12 * i, (Payment(1 + i % 6, 1 + i % 4, i + 1),)) for i in range(40)]
    one_by_one, together = Town(), Town(follows=False)
    for block in blocks:
        one_by_one.live(block)
    together.live_through(blocks)
    assert one_by_one.memory.digest() == together.memory.digest()


def test_one_payment_more_is_another_memory() -> None:
    town, other = Town(), Town()
    town.live(Block(0, 0, (Payment(ALICE, BOB, 1),)))
    other.live(Block(0, 0, (Payment(ALICE, BOB, 2),)))
    assert town.memory.digest() != other.memory.digest()


def test_a_rollback_below_the_final_block_says_what_to_do(town: Town) -> None:
    for i in range(6):
        town.live(Block(i, i, (Payment(CAROL, DAVE, 1),)))
    town.memory.forget(3)
    town.leave(3)
    with pytest.raises(RollbackTooDeep, match=r"block 2 is below .* \(block 3\): .* --rebuild"):
        town.leave(2)


def test_a_final_block_below_the_first_one_is_nothing_to_save(town: Town) -> None:
    town.live(Block(10, 0, (Payment(ALICE, BOB, 1),)))
    town.memory.forget(9)
    assert (town.memory.floor, town.memory.can_save(), town.memory.due()) == (-1, False, False)
    town.memory.forget(10)
    assert (town.memory.floor, town.memory.can_save(), town.memory.due()) == (10, True, True)


def test_a_backfill_has_no_way_back() -> None:
    town = Town(follows=False)
    town.live(Block(0, 0, (Payment(ALICE, BOB, 1),)))
    town.live(Block(1, 1, (Payment(ALICE, BOB, 1),)))
    with pytest.raises(RollbackTooDeep):
        town.leave(0)


def test_discarded_state_is_gone_and_nobody_elses_files_are_touched(town: Town, state: Path) -> None:
    town.live(Block(1, 0, (Payment(ALICE, BOB, 1),)))
    town.memory.forget(1)
    town.memory.begin_snapshot({})
    town.memory.finish_snapshot()
    folder = state / "chain-7"
    (folder / "notes.txt").write_text("mine")
    (folder / "Rows.000000000000").write_text("mine too")
    with pytest.raises(BadInput, match="is used by another"):
        discard(state, 7)
    town.memory.close()
    Town(state).memory.close()
    discard(state, 7)
    assert sorted(path.name for path in folder.iterdir()) == ["Rows.000000000000", "notes.txt"]
    again = Town(state)
    assert again.head is None
    again.memory.close()


def test_a_chain_that_was_never_watched_is_discarded_in_silence(state: Path) -> None:
    discard(state, 8)
    assert not (state / "chain-8").exists()


def test_a_second_process_is_kept_out_of_the_folder(town: Town, state: Path) -> None:
    with pytest.raises(BadInput, match="is used by another undertow detect: stop that one"):
        Town(state)


def test_a_block_cannot_come_twice(town: Town) -> None:
    town.live(Block(1, 0, ()))
    with pytest.raises(ValueError, match="not behind"):
        town.memory.mark(1)


@pytest.mark.parametrize("name", ["payers", "../payers", "Payers", ""])
def test_a_part_has_a_name_of_its_own_that_can_be_a_files(town: Town, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a part"):
        town.memory.table(name, PAYMENTS, horizon_s=None, cap=1)


def test_early_ageings_are_told_by_table() -> None:
    memory = Memory(None, 1)
    memory.table("quiet", PAYMENTS, horizon_s=10, cap=100)
    assert memory.early_ageings() == {}
    town = Town()
    town.live_through([Block(i, i, (Payment(1 + i % 7, BOB, 1),)) for i in range(20)])
    assert town.memory.early_ageings() == {"payers": town.oracle().table.early}
    assert town.oracle().table.early > 0
