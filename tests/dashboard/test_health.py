"""How the roles are is filed, the newest of each, and for some days. On each database."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from dashboard.store import Reader, Rejected, Writer, open_reader, open_writer
from ingest.model.health import Health, NodeHealth
from tests.dashboard.alerts import CHAIN
from tests.dashboard.test_any_row import ANYTHING

NOW = int(time.time())


def told(at: int = NOW, **changes: Any) -> Health:
    """What ingest says of itself at a time."""
    node = NodeHealth("http://node.example", 12.5, answers=40, failures=1, last_error="no answer\0\u202e")
    record = Health(CHAIN, "ingest", "machine-a", at, NOW - 100, 5.0, head=7, latency={"fetch": [0] * 10},
                    counts={"blocks header": 7}, nodes=[node], cpu_s=1.5)  # fmt: skip
    return msgspec.structs.replace(record, **changes)


def test_the_last_record_of_each_role_stands(writer: Writer, reader: Reader) -> None:
    assert reader.health.now() == []
    detect, other = told(role="detect"), told(instance="machine-b")
    writer.file_health(CHAIN, [told(NOW - 5, head=6), told(), detect, other])
    stands = reader.health.now()
    assert {(row.role, row.instance): row.health for row in stands} == {
        ("ingest", "machine-a"): told(), ("ingest", "machine-b"): other, ("detect", "machine-a"): detect
    }  # fmt: skip
    assert next(row.health for row in reader.health.history(CHAIN, NOW - 5)) == told(NOW - 5, head=6)
    assert len(reader.health.history(CHAIN, NOW)) == 3
    assert reader.health.history(5, 0) == []


def test_a_record_that_comes_again_or_late_changes_nothing(writer: Writer, reader: Reader) -> None:
    for _ in range(2):
        writer.file_health(CHAIN, [told(), told(NOW - 5, head=6)])
    assert [row.health for row in reader.health.now()] == [told()]
    assert len(reader.health.history(CHAIN, 0)) == 2


def test_hostile_words_are_kept_and_what_is_no_record_is_set_aside(writer: Writer, reader: Reader) -> None:
    named = told(instance="\0\u202e<b>=1+1")
    writer.file_health(CHAIN, [named], [Rejected("undertow.health", 3, "no record of health: \\u{0000}")])
    (row,) = reader.health.now()
    assert row.health == named
    assert row.instance == "\\u{0000}\u202e<b>=1+1"
    assert reader.set_aside_counts() == {CHAIN: 1}


@pytest.mark.parametrize("table", ["health", "health_history"])
def test_any_value_of_any_column_leaves_the_others_to_be_seen(sqlite_url: str, table: str) -> None:
    with closing(open_writer(sqlite_url)) as writer, closing(open_reader(sqlite_url)) as reader:
        for value in ANYTHING:
            for column in ("chain_id", "role", "instance", "at", "record"):
                writer.file_health(CHAIN, [told(), told(role="detect")])
                with writer._engine.begin() as connection:
                    odd = text(f"UPDATE {table} SET \"{column}\" = :value WHERE role = 'detect'")
                    connection.execute(odd, {"value": value})
                rows = reader.health.now() if table == "health" else reader.health.history(CHAIN, 0)
                assert told() in [row.health for row in rows]
                writer.file_health(CHAIN, [told(NOW + 5)])
                with writer._engine.begin() as connection:
                    connection.execute(text(f"DELETE FROM {table}"))
