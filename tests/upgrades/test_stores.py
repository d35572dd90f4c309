"""Stores of every version before are read as they stand, and brought up to date where somebody writes.

Each was filled by the code of its version: mallory drains in blocks 1, 5 and 30, and poisons in 2, which left
the chain, and 3; someone wrote a comment and watches mallory. From version 8 on there is an alarm of a
canary.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dashboard.filing.export import from_store
from dashboard.store import AlertKey, bring_up_to_date, open_reader, open_writer
from dashboard.store.alarms import last_alarms
from dashboard.store.revision_reading import revisions_after
from dashboard.store.tables import SCHEMA_VERSION
from tests.dashboard.alerts import CHAIN, MALLORY, Filing, drain, judged
from tests.dashboard.conftest import empty_postgres, postgres_url
from tests.dashboard.filing.sinks import command
from tests.dashboard.test_migrations import emptied, shape, versions
from tests.upgrades.kept import as_before, lines, store_in_postgresql, store_in_sqlite

__all__ = ["empty_postgres", "postgres_url"]  # pytest finds the fixtures here

KEPT = range(2, SCHEMA_VERSION)
"""Version 1 lies in `tests/dashboard/files`."""
ALARMS, REVISIONS = 8, 4
"""The first versions that have them."""


FIRST_AND_LAST = (KEPT[0], KEPT[-1])
"""Of PostgreSQL, which takes longer to be filled; `make soak` tries the others."""


def stores() -> Iterator[Any]:
    for version in KEPT:
        yield pytest.param((version, "sqlite"), id=f"{version}-sqlite")
        marks = () if version in FIRST_AND_LAST else (pytest.mark.soak,)
        yield pytest.param((version, "postgresql"), id=f"{version}-postgresql", marks=marks)


@pytest.fixture(params=stores())
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[int, str]:
    """A version, and the URL of a store of it."""
    version, kind = request.param
    if kind == "sqlite":
        return version, store_in_sqlite(version, tmp_path)
    return version, store_in_postgresql(version, request.getfixturevalue("empty_postgres"))


def assert_is_its_book(url: str, version: int) -> None:
    (chain,) = from_store(url)
    before = lines(f"stores/book-{version}.jsonl.gz")
    now = [json.loads(line) for line in chain.book()]
    assert len(before) == 4 and as_before(now, before) == before
    assert (chain.head, chain.finality, chain.unreadable) == (31, 10, ())


def test_it_is_read_as_it_stands(kept: tuple[int, str]) -> None:
    version, url = kept
    assert_is_its_book(url, version)
    assert versions(url)[0] == [version], "who reads changes nothing"


def test_brought_up_to_date_it_holds_what_it_held_and_is_filled_further(
    kept: tuple[int, str], tmp_path: Path
) -> None:
    version, url = kept
    bring_up_to_date(url)

    assert versions(url) == ([SCHEMA_VERSION], [f"{SCHEMA_VERSION:04d}"])
    assert_is_its_book(url, version)
    with closing(open_reader(url)) as reader:
        (said,) = reader.cases.comments(AlertKey(CHAIN, "drain-5"))
        assert said.text == "Seen by bob: an airdrop, as it says."
        assert reader.cases.watched(CHAIN, [MALLORY])[MALLORY].note == "paid twice"
        assert len(revisions_after(reader, 0)) == (7 if version >= REVISIONS else 5)
        assert [alarm.name for alarm in last_alarms(reader)] == ["canary"] * (version >= ALARMS)
    assert "2 rows, each as it was written" in command("audit", "verify", "--store", url)
    with closing(open_writer(url)) as writer:
        Filing(writer).file(drain(40), blocks=(judged(50),))
    assert len(from_store(url)[0].book()) == 5
    made, new = shape(url), emptied(url, tmp_path)
    open_writer(new).close()
    assert made == shape(new)
