"""One odd row among alarms spoils its own line of the screen only, and the others are told to operators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.types import NullType

from dashboard.store import Writer, open_outbox, open_reader, open_writer
from dashboard.store.alarms import OVER, RAISED, Alarm, last_alarms, note
from dashboard.store.outward_tables import alarms
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.screen import drawn, opened
from tests.dashboard.test_any_row import ANYTHING

NOW = 1_700_000_000
COLUMNS = [column.name for column in alarms.columns]
OTHER = "layering"
"""What the alarm is about that stays well."""


@pytest.fixture
def store(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    """Two detectors are silent; one of them speaks again."""
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1), blocks=(judged(120),))
        with writer._engine.begin() as connection:
            for about, kind in (("wallet-drain", RAISED), (OTHER, RAISED), (OTHER, OVER)):
                assert note(connection, Alarm(0, CHAIN, "canary", about, kind, NOW, "not found in time"))
        yield writer


def make_odd(writer: Writer, column: str, value: object) -> None:
    changed = text(f"UPDATE alarms SET \"{column}\" = :value WHERE about = 'wallet-drain'")
    with writer._engine.begin() as connection:
        changes = connection.execute(changed.bindparams(bindparam("value", value, NullType())))
        assert changes.rowcount == 1


@pytest.mark.parametrize("column", COLUMNS)
def test_any_value_of_any_column_leaves_the_others_to_be_seen_and_told(
    store: Writer, sqlite_url: str, column: str
) -> None:
    with store._engine.connect() as connection:
        before = [dict(row) for row in connection.execute(alarms.select()).mappings()]
    for value in ANYTHING:
        make_odd(store, column, value)
        with closing(open_reader(sqlite_url)) as reader:
            assert [each.kind for each in last_alarms(reader) if each.about == OTHER] == [OVER, RAISED]
        with open_outbox(sqlite_url) as outbox:
            outbox.plan_alarms(["oncall"], NOW, 0)
            assert outbox.plan_alarms(["oncall"], NOW, 0) == 0, "nothing is looked at again and again"
        with store._engine.begin() as connection:
            connection.execute(alarms.delete())
            connection.execute(alarms.insert(), before)


@pytest.mark.parametrize("value", ANYTHING, ids=range(len(ANYTHING)))
def test_the_screen_shows_the_others(store: Writer, value: object) -> None:
    for column in COLUMNS:
        if column not in ("about", "number"):
            make_odd(store, column, value)
    assert f"canary ({OTHER})" in drawn(opened("health"))
