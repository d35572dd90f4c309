"""What the version before left behind is read: its store, and its records in Kafka.

The files were made by that version: an alert that is final, one that is not, one retracted, one suppressed,
scores, a record set aside, and the book that it exported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from dashboard.filing.export import Chain, from_kafka, from_store
from dashboard.filing.fee_sources import of_store
from dashboard.filing.sink import Goal, run
from dashboard.filing.status import gather
from dashboard.store import Filters, open_reader, open_writer
from dashboard.store.fees import last_forecasts
from detectors.alerts.messages import (
    BlockScores,
    RolledBack,
    alert_key,
    group_of,
    note_from,
    scores_from,
    scores_key,
)
from ingest.kafka import ALERTS, BLOCKS, SCORES, Publisher
from ingest.model.errors import BadInput
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.detection import Detection

FILES = Path(__file__).parent / "files" / "version_1"
BOOK = [json.loads(line) for line in (FILES / "book.jsonl").read_text().splitlines()]


def as_before(now: object, before: object) -> object:
    """`now` without keys that have come since."""
    if isinstance(now, Mapping) and isinstance(before, Mapping):
        return {name: as_before(now[name], before[name]) for name in before}
    if isinstance(now, list) and isinstance(before, list) and len(now) == len(before):
        return [as_before(one, other) for one, other in zip(now, before, strict=True)]
    return now


def assert_is_its_book(chain: Chain) -> None:
    now = [json.loads(line) for line in chain.book()]
    assert as_before(now, BOOK) == BOOK
    assert chain.unreadable == ()


def test_its_store_has_the_same_book(old_store: str) -> None:
    (chain,) = from_store(old_store)
    assert (chain.head, chain.finality) == (31, 10)
    assert_is_its_book(chain)


def test_its_store_is_shown_and_told_of(old_store: str) -> None:
    with closing(open_reader(old_store)) as reader:
        rows = reader.page(Filters(), 1, 10)
        assert [row.id for row in rows] == ["drain-30", "drain-5", "poison-3", "poison-2", "drain-1"]
        found = reader.alert(CHAIN, "drain-5")
        assert found is not None
        reason = "pays 4,000 wallets the same"
        assert found[0].suppressed_by == {"kind": "airdrop", "reason": reason, "id": None}
    status = gather(None, old_store)
    assert [(chain.head, chain.unreadable) for chain in status.store] == [(31, 1)]
    assert status.set_aside[0].reason.startswith("not JSON")
    assert [chain.roles for chain in status.store] == [[]]
    with pytest.raises(BadInput, match="holds no fees of chain"):
        of_store(old_store, None)
    with closing(open_reader(old_store)) as reader:
        assert last_forecasts(reader, CHAIN, 10) == []


def test_its_store_is_filled_further(old_store: str) -> None:
    with closing(open_writer(old_store)) as writer:
        assert writer.offsets(CHAIN) == {ALERTS: 7, SCORES: 5}
        Filing(writer).file(drain(40), blocks=(judged(50),))
    (chain,) = from_store(old_store)
    # At head 50, with finality 10, everything is final.
    assert [(json.loads(line)["id"], json.loads(line)["status"]) for line in chain.book()] == [
        ("drain-1", "final"), ("poison-2", "final"), ("drain-5", "final"), ("drain-30", "final"),
        ("drain-40", "final"),
    ]  # fmt: skip


def test_its_records_of_scores_and_its_note_are_read() -> None:
    lines = (FILES / "scores.jsonl").read_bytes().splitlines()
    first, second, back = (scores_from(scores_key(CHAIN), line, CHAIN) for line in lines)
    assert isinstance(first, BlockScores) and isinstance(second, BlockScores)
    assert (first.block_number, len(first.scores), second.scores, first.part) == (1, 1, (), 0)
    assert isinstance(back, RolledBack) and back.block_number == 1
    note = note_from((FILES / "note.json").read_text())
    assert (note.head, note.finality, note.rebuilding) == (2, 10, False)


@pytest.mark.broker
def test_its_topics_are_filed_and_the_books_are_the_same(kafka: str, sqlite_url: str) -> None:
    detection = Detection(kafka, CHAIN)
    detection.close()
    alerts = [(json.loads(line)["id"], line) for line in (FILES / "alerts.jsonl").read_bytes().splitlines()]
    with Publisher(kafka, group_of(CHAIN)) as publisher, publisher.transaction():
        for name, line in alerts:
            publisher.send(ALERTS, detection.partition, alert_key(CHAIN, name), line)
        for line in (FILES / "scores.jsonl").read_bytes().splitlines()[:2]:
            publisher.send(SCORES, detection.partition, scores_key(CHAIN), line)
        note = json.loads((FILES / "note.json").read_text()) | {"head": 31}
        publisher.mark(group_of(CHAIN), BLOCKS, detection.partition, 1, json.dumps(note))
    writer, stop = open_writer(sqlite_url), Event()
    run(kafka, writer, Goal(CHAIN, until_block=2), stop, print)
    (from_topics,) = from_kafka(kafka, CHAIN)
    assert_is_its_book(from_topics)
    Filing(writer).file(blocks=(judged(31),))
    (filed,) = from_store(sqlite_url, CHAIN)
    writer.close()
    assert filed.book() == from_topics.book()
