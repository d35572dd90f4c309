"""Odd rows of fees and forecasts leave the others to be seen: of blocks, of chains, on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Table, bindparam, text
from sqlalchemy.types import NullType

from dashboard.store import Writer, fees, open_reader, open_writer
from dashboard.store.fee_tables import block_fees, fee_forecasts
from detectors.runs.forecasts.forecast import forecast
from tests.dashboard.alerts import CHAIN, Filing
from tests.dashboard.screen import opened, said
from tests.dashboard.test_any_row import ANYTHING
from tests.dashboard.test_fees import BLOCKS, costing

ODD = BLOCKS[5].number
OF_FEES = {
    block_fees: f"block_number = {ODD}",
    fee_forecasts: f"block_number = {BLOCKS[9].number}",
}
COLUMNS = [(table, column.name) for table in OF_FEES for column in table.columns]


@pytest.fixture
def store(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    """Twenty blocks, and what was forecast after ten and after all of them."""
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(blocks=tuple(map(costing, BLOCKS[:20])))
        for last in (10, 20):
            writer.file_forecast(CHAIN, forecast(CHAIN, BLOCKS[:last]))
        yield writer


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{t.name}.{c}" for t, c in COLUMNS])
def test_any_value_of_any_column_leaves_the_others_to_be_seen(
    store: Writer, sqlite_url: str, table: Table, column: str
) -> None:
    with store._engine.connect() as connection:
        before = [dict(row) for row in connection.execute(table.select()).mappings()]
    changed = text(f'UPDATE {table.name} SET "{column}" = :value WHERE {OF_FEES[table]}')
    for value in ANYTHING:
        with store._engine.begin() as connection:
            connection.execute(changed.bindparams(bindparam("value", value, NullType())))
        with closing(open_reader(sqlite_url)) as reader:
            seen = {block.number for block in fees.newest_fees(reader, CHAIN, 1_000)}
            forecasts = [each.number for each in fees.last_forecasts(reader, CHAIN, 10)]
        assert seen >= {block.number for block in BLOCKS[:20]} - {ODD}
        assert BLOCKS[19].number in forecasts
        if value in ANYTHING[:3]:
            assert "Chain 31337" in said(opened("fees"))
        with store._engine.begin() as connection:
            connection.execute(table.delete())
            connection.execute(table.insert(), before)
