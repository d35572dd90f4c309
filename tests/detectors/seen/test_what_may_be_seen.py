"""What `score` can reach: nothing that changes, nothing of a part it did not name, nothing later than it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from detectors.engine.state import State, advance
from detectors.memory.history import History
from detectors.memory.layout import Layout
from detectors.memory.memory import Memory
from detectors.memory.numbering import Numbering
from detectors.memory.rowlog import RowLog
from detectors.memory.table import Table
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from tests.detectors.seen.looking import SHORT, Looker, pieces
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import lived

ALICE, BOB = address("alice"), address("bob")
DAY = 86_400


class Payments:
    """Remembers payments in a history, and counts them in a table."""

    name = "payments"
    reads: tuple[str, ...] = ()
    kinds = (Kind.TRANSACTION,)
    settings: object = None

    def memory(self) -> Mapping[str, TableSpec | HistorySpec]:
        return {
            "paid": HistorySpec(Layout(ints=("amount",)), 90 * DAY, 100),
            "count": TableSpec(Layout(ints=("payments",)), 90 * DAY, 100),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        paid = memory["paid"]
        assert isinstance(paid, History)
        rows = seen.rows
        for source, block, time, amount in zip(
            rows["source"].tolist(), rows["block"].tolist(), rows["time"].tolist(),
            rows["amount"][:, 3].tolist(), strict=True,
        ):  # fmt: skip
            paid.add(source, block, time, amount=amount)
        return {"paid": {"row": rows["number"], "amount": rows["amount"][:, 3]}}


def payments_seen(chain: ChainBuilder) -> Seen:
    looker: Any = Looker(("payments",))
    memory = Memory(None, 0, False)
    state = State.within(memory, [looker], parts=[Payments()])
    memory.open()
    return advance(state, chain.batch(), [looker], SHORT).by("detector d", ("payments",))


def reachable(value: object, depth: int = 6) -> Iterator[object]:
    """All that public names lead to."""
    yield value
    if depth == 0 or isinstance(value, np.ndarray | str | bytes | int | float):
        return
    if isinstance(value, Mapping):
        for each in value.values():
            yield from reachable(each, depth - 1)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from reachable(each, depth - 1)
    elif type(value).__module__.startswith("detectors"):
        for name in dir(value):
            if not name.startswith("_"):
                yield from reachable(getattr(value, name), depth - 1)


def test_no_table_and_no_numbering_is_reachable() -> None:
    view = payments_seen(ChainBuilder().block().native(ALICE, BOB, 5))
    met = list(reachable([view, view.of("payments"), view.history("rows"), view.history("payments.paid")]))
    assert len(met) > 50
    for each in met:
        assert not isinstance(each, Table | History | RowLog | Numbering | Memory), type(each)


def test_nothing_can_be_numbered_and_nothing_put_in_its_place() -> None:
    state = begun("net")
    view = seen(lived(1, 10).batch(), state, "net")
    assert state.sight is not None
    count = state.sight.chronicle.names.count
    for method in ("number", "tell", "reserve", "find"):
        assert not hasattr(view, method)
    for name in ("rows", "blocks", "models"):
        with pytest.raises((TypeError, AttributeError)):
            setattr(view, name, {})
    with pytest.raises(IndexError):
        view.address(count)
    assert state.sight.chronicle.names.count == count


def test_what_is_seen_is_read_only() -> None:
    view = seen(lived(1, 10).batch(), None, "net")
    tables = [view.rows, view.transactions, view.blocks, view.coins, *view.of("net").values()]
    for table in tables:
        for name, column in table.items():
            assert not column.flags.writeable, name
    assert not view.more.flags.writeable


def test_a_part_that_is_not_named_in_reads_is_refused() -> None:
    view = payments_seen(ChainBuilder().block().native(ALICE, BOB, 5))
    with pytest.raises(PermissionError, match=r"detector d asks for the part 'net': name it in `reads`"):
        view.of("net")
    with pytest.raises(PermissionError, match=r"asks for the part 'net'"):
        view.history("net.changes")


def test_a_table_is_no_history() -> None:
    view = payments_seen(ChainBuilder().block().native(ALICE, BOB, 5))
    with pytest.raises(PermissionError, match=r"'payments\.count', which is no history"):
        view.history("payments.count")


def test_a_history_says_nothing_above_the_block_that_is_asked_for() -> None:
    chain = ChainBuilder(first_block=1).block().native(ALICE, BOB, 5).block().native(ALICE, BOB, 7)
    view = payments_seen(chain)
    paid, alice = view.history("payments.paid"), int(view.rows["source"][0])
    assert [paid.rows(alice, block)["amount"].tolist() for block in (1, 2)] == [[5], [7, 5]]
    assert [len(view.history("rows").rows(alice, block)["row"]) for block in (1, 2)] == [1, 2]


def test_a_history_as_of_a_block_that_is_not_of_the_piece_is_refused() -> None:
    view = payments_seen(ChainBuilder(first_block=1).block().native(ALICE, BOB, 5))
    with pytest.raises(ValueError, match="block 2, which is not of this piece"):
        view.history("rows").rows(1, 2)


def test_a_detector_that_is_asked_block_by_block_sees_what_is_of_the_block() -> None:
    """As of each block alone: the rows, transactions and tables of the piece's blocks, put together."""
    looker: Any = Looker(("net",))
    state, whole = begun("net"), Looker(("net",))
    for piece in pieces(lived(2, 40).batch(), 19, 39):
        look = advance(state, piece, [looker], SHORT)
        looker.score(look.by("looker", looker.reads))
        for number in range(piece.first, piece.last + 1):
            whole.score(look.of_block(number).by("whole", whole.reads))
    assert whole.said == looker.said


@pytest.mark.parametrize(("days", "left"), [(89, 2), (91, 1)])
def test_evidence_that_the_row_log_has_forgotten_is_left_out_wherever_its_files_lie(
    days: int, left: int
) -> None:
    """Files are deleted when the state is saved, by one reader sooner than by another."""
    chain = ChainBuilder(first_block=1).block().native(ALICE, BOB, 5).blocks(18)
    chain.block(days * 86_400).native(ALICE, BOB, 7)
    batch, state = chain.batch(), begun("net")
    old = seen(batch.slice(1, 19), state, "net")
    new = seen(batch.slice(20, 20), state, "net")
    rows = [int(view.rows["number"][0]) for view in (old, new)]
    assert len(new.evidence(rows)) == left
