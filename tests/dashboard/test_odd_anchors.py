"""One odd row of what is anchored spoils its own line only; whoever goes by it is told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from sqlalchemy import Table, bindparam, text
from sqlalchemy.types import NullType

from dashboard.filing.metrics import StoreMetrics
from dashboard.outside.anchoring import proving
from dashboard.outside.anchoring.planning import Plan, Planner, stretch_of
from dashboard.outside.anchoring.stretches import planned
from dashboard.store import Reader, Writer, open_anchors, open_reader, open_writer
from dashboard.store.anchor_tables import anchor_leaves, anchor_stretches, anchoring, runs
from dashboard.store.anchors import Anchoring, StretchRow, anchorings, last_settled, stretches
from ingest.model.errors import BadInput
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.screen import opened, said
from tests.dashboard.test_any_row import ANYTHING

OTHER = 5
"""A chain that is anchored too, and well."""
CONTRACT = "0x" + 20 * "c0"
OF_ANCHORS = {
    runs: f"chain_id = {CHAIN}",
    anchor_stretches: f'chain_id = {CHAIN} AND "first" = 50',
    anchor_leaves: f'chain_id = {CHAIN} AND "first" = 50',
    anchoring: f"chain_id = {CHAIN}",
}
COLUMNS = [(table, column.name) for table in OF_ANCHORS for column in table.columns]


def plan(url: str, chain_id: int, last: int) -> None:
    """A stretch that ends with block `last`: the first one is anchored for good."""
    with open_anchors(url) as anchors:
        names = anchors.candidates(chain_id, last - 50, 0)
        filed = anchors.filed(chain_id, names)
        found = planned(chain_id, filed, anchors.anchored(chain_id, names), last)
        state = "settled" if last == 49 else "waiting"
        told = (len(found.leaves), found.root, "a run", 0, 64 * "0", 1_700_000_000, state, "", None)
        anchors.plan(StretchRow(chain_id, last - 49, last, *told), found.leaves)


@pytest.fixture
def store(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    """Two chains; of one a stretch is anchored and another waits, which says something of an alert."""
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1), drain(60), blocks=(judged(120),))
        Filing(writer, chain_id=OTHER).file(drain(2, chain_id=OTHER), blocks=(judged(120, chain_id=OTHER),))
        for chain_id, last in ((CHAIN, 49), (CHAIN, 99), (OTHER, 49)):
            plan(sqlite_url, chain_id, last)
        with open_anchors(sqlite_url) as anchors:
            for chain_id in (CHAIN, OTHER):
                anchors.tell(Anchoring(chain_id, CONTRACT, 777, 1_700_000_000, ""))
        with writer._engine.begin() as connection:
            connection.execute(runs.delete())
            rows = [{"chain_id": chain_id, "run": "a run", "since": 0} for chain_id in (CHAIN, OTHER)]
            connection.execute(runs.insert(), rows)
        yield writer


def make_odd(writer: Writer, table: Table, column: str, value: object) -> None:
    changed = text(f'UPDATE {table.name} SET "{column}" = :value WHERE {OF_ANCHORS[table]}')
    with writer._engine.begin() as connection:
        changes = connection.execute(changed.bindparams(bindparam("value", value, NullType())))
        assert changes.rowcount == 1


def assert_the_rest_is_shown(reader: Reader, url: str) -> None:
    assert OTHER in [each.chain_id for each in anchorings(reader)]
    assert (0, 49) in [(each.first, each.last) for each in stretches(reader, CHAIN, 10)]
    assert (last_settled(reader)[CHAIN], last_settled(reader)[OTHER]) == (49, 49)
    proof = proving.prove(reader, CHAIN, "drain-1", 20)
    assert proof["says"] == "present"
    with closing(StoreMetrics(lambda: open_reader(url))) as metrics:
        names = {metric.name for metric in metrics()}
    assert {"undertow_anchor_stretches", "undertow_anchored_block"} <= names


def is_gone_by(url: str) -> None:
    """Whoever anchors or proves that stretch gets an answer, or one line that says why not."""
    with open_anchors(url) as anchors, suppress(BadInput):
        row = Planner(anchors, Plan(CHAIN, 50)).at(50)
        if row is not None:
            stretch_of(row)
    with closing(open_reader(url)) as reader, suppress(BadInput):
        proving.prove(reader, CHAIN, "drain-60", 60)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{t.name}-{c}" for t, c in COLUMNS])
def test_any_value_of_any_column_leaves_the_others_to_be_seen(
    store: Writer, sqlite_url: str, table: Table, column: str
) -> None:
    with store._engine.connect() as connection:
        before = [dict(row) for row in connection.execute(table.select()).mappings()]
    for value in ANYTHING:
        if table is anchor_stretches and column in ("first", "last") and isinstance(value, int):
            continue  # a block like any other: only the contract can tell
        make_odd(store, table, column, value)
        with closing(open_reader(sqlite_url)) as reader:
            assert_the_rest_is_shown(reader, sqlite_url)
        is_gone_by(sqlite_url)
        with store._engine.begin() as connection:
            connection.execute(table.delete())
            connection.execute(table.insert(), before)


@pytest.mark.parametrize("value", ANYTHING, ids=range(len(ANYTHING)))
def test_the_screen_shows_the_other_chain(store: Writer, value: object) -> None:
    for table in OF_ANCHORS:
        for column in table.columns:
            if column.name not in ("chain_id", "first", "last"):
                make_odd(store, table, column.name, value)
    assert f"Chain {OTHER}" in said(opened("anchors"))
