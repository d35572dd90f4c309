"""Parts are asked each after those that it reads; what cannot be ordered is refused at the start."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from detectors.engine.engine import Engine
from detectors.engine.order import in_order
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec
from ingest.model.errors import BadInput, PartFailed
from tests.detectors.seen.looking import SHORT, Looker
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB = address("alice"), address("bob")


class Named:
    """A part that says nothing."""

    settings: object = None

    def __init__(self, name: str, *reads: str, kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)) -> None:
        self.name, self.reads, self.kinds = name, reads, kinds
        self.asked = 0

    def memory(self) -> Mapping[str, TableSpec]:
        return {}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        self.asked += 1
        for other in self.reads:
            seen.of(other)
        return {}


class Broken(Named):
    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        raise ValueError("a number too large")


def names(*parts: Named, reads: tuple[str, ...]) -> list[str]:
    return [part.name for part in in_order(parts, {"detector d": reads})]


def test_each_comes_after_those_that_it_reads_and_ties_go_by_name() -> None:
    parts = Named("c"), Named("a", "z"), Named("z"), Named("b", "c"), Named("unread")
    assert names(*parts, reads=("b", "a")) == ["c", "b", "z", "a"]
    assert names(*reversed(parts), reads=("a", "b")) == ["c", "b", "z", "a"]


def test_a_circle_is_refused_in_one_line() -> None:
    parts = Named("a", "b"), Named("b", "c"), Named("c", "a")
    with pytest.raises(BadInput, match=r"^parts read each other in a circle \(a > b > c > a\): [^\n]*$"):
        names(*parts, reads=("a",))


def test_an_unknown_part_is_refused_by_whoever_reads_it() -> None:
    with pytest.raises(BadInput, match=r"^detector d reads the part 'x', but no file"):
        names(reads=("x",))
    with pytest.raises(BadInput, match=r"^a reads the part 'x', but no file"):
        names(Named("a", "x"), reads=("a",))


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(BadInput, match=r"two parts are called 'a'"):
        names(Named("a"), Named("a"), reads=("a",))


def test_an_engine_refuses_them_before_it_reads_a_block() -> None:
    with pytest.raises(BadInput, match="circle"):
        Engine(1, [Looker(("a",))], SHORT, parts=[Named("a", "a")])


def test_a_part_that_raises_ends_the_run_with_its_name_and_the_blocks() -> None:
    engine = Engine(1, [Looker(("broken",))], SHORT, parts=[Broken("broken")])
    chain = ChainBuilder(first_block=5).block().native(ALICE, BOB, 1)
    with pytest.raises(PartFailed, match=r"part broken failed in block 5 \(ValueError: a number too large\)"):
        engine.take(chain.batch())


def test_a_piece_without_rows_of_its_kinds_does_not_wake_a_part() -> None:
    sleeper, awake = Named("sleeper", kinds=(Kind.SYNC,)), Named("awake")
    engine = Engine(1, [Looker(("sleeper", "awake"))], SHORT, parts=[sleeper, awake])
    engine.take(ChainBuilder().block().native(ALICE, BOB, 1).batch())
    assert (sleeper.asked, awake.asked) == (0, 1)


def test_a_part_that_nobody_reads_is_not_asked() -> None:
    part = Named("unread")
    Engine(1, [Looker(())], SHORT, parts=[part]).take(ChainBuilder().block().native(ALICE, BOB, 1).batch())
    assert part.asked == 0


def test_without_a_reader_no_part_is_asked() -> None:
    assert Engine(1, [], SHORT).state.sight.parts == ()
