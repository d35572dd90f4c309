"""Logs and lakes of every format before are read: each record was written by the code of its time.

Formats 1, 2 and 4 lie in `tests/fixtures/files` and have tests of their own, which say what is in them; here
it is seen that none is missing, and that each is read as blocks of today are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import schema
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.log.records import VERSION, Assembler, encode
from ingest.model.batch import Batch, Event, concat
from tests.parity.test_files_of_before import records as records_in
from tests.upgrades.kept import FILES

FIXTURES = FILES.parents[1] / "fixtures" / "files"
FOLDERS = (
    FIXTURES / "before_wrapped_natives", FIXTURES / "before_messages", FILES / "log-3",
    FIXTURES / "before_blob_gas", FILES / "log-5",
)  # fmt: skip
CHAIN_ID = 31337


def events(folder: Path) -> Iterator[Event]:
    assembler = Assembler()
    return (event for event in map(assembler.feed, records_in(folder)) if event is not None)


def batches(folder: Path) -> list[Batch]:
    return [event for event in events(folder) if isinstance(event, Batch)]


def test_a_record_of_every_format_before_is_kept() -> None:
    known = {value[3] for folder in FOLDERS for value in records_in(folder)}
    assert known >= set(range(1, VERSION)), "keep a record of the format that was released last"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_is_read_with_the_columns_of_today_and_written_in_todays_format(folder: Path) -> None:
    for batch in batches(folder):
        for name, frame in batch.frames().items():
            assert dict(frame.schema) == schema.TABLES[name].schema
        written = list(encode(batch))
        assert written[-1][3] == VERSION
        again = [event for event in map(Assembler().feed, written) if event is not None]
        assert all(frame.equals(batch.frames()[name]) for name, frame in again[-1].frames().items())  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["log-3", "log-5"])
def test_messages_of_a_bridge_say_what_they_said(name: str) -> None:
    (batch,) = batches(FILES / name)
    assert batch.messages["kind"].to_list() == ["lock", "mint"]
    assert batch.disagreements["node"].to_list() == ["http://node-1", "http://node-2"]
    at_rest = concat(list(Lake.open(FILES / name / "lake").batches(CHAIN_ID)))
    for name, frame in at_rest.frames().items():
        assert frame.equals(batch.frames()[name]), name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_lake_goes_on_with_blocks_of_today(folder: Path, tmp_path: Path) -> None:
    before = concat(list(Lake.open(folder / "lake").batches(CHAIN_ID)))
    writer = LakeWriter(tmp_path)
    writer.write(before)
    again = concat(list(writer.lake().batches(CHAIN_ID)))
    assert all(frame.equals(before.frames()[name]) for name, frame in again.frames().items())
