"""The sink files what detection sent, once, through kills, rollbacks and damage; with a real broker."""

from __future__ import annotations

import json
import signal
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.filing.sink import ChainTopics, DetectorMark, Told
from dashboard.store import Filters, Writer, open_reader, open_writer, subjects
from dashboard.store.revision_reading import revisions_after
from detectors.alerts.messages import alert_key, records_of
from ingest.kafka import ALERTS, SCORES
from tests.dashboard.alerts import ALICE, BOB, GENESIS, back_to, drain, judged, poisoning
from tests.dashboard.detection import Detection
from tests.dashboard.filing.sinks import DEADLINE_S, Undertow, command, ended, filed_until, shows, sink

pytestmark = pytest.mark.broker


def test_the_books_of_kafka_and_of_the_store_are_the_same_bytes(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str, tmp_path: Path
) -> None:
    chain = detection.chain_id
    detection.judge(drain(1, chain_id=chain), poisoning(2, chain_id=chain), blocks=(judged(1), judged(2)))
    grown = drain(1, chain_id=chain, score=0.95, updated_block=15)
    gone = poisoning(2, chain_id=chain, status="retracted", retraction_reason="block 2 left the chain")
    detection.judge(grown, gone, drain(14, chain_id=chain), blocks=(back_to(1), judged(2), judged(15)))
    filed_until(kafka, sqlite_url, chain, 15)
    for name, source in (("kafka", kafka), ("store", sqlite_url)):
        book = tmp_path / f"{name}.jsonl"
        command("export", f"--{name}", source, "--chain-id", chain, "--alerts", book)
    assert (tmp_path / "kafka.jsonl").read_bytes() == (tmp_path / "store.jsonl").read_bytes()
    book_lines = [json.loads(line) for line in (tmp_path / "store.jsonl").read_text().splitlines()]
    # finality 10 at head 15: block 1 is final, block 14 is not; the poisoning is gone.
    stand = [(row["id"], row["status"], row["score"]) for row in book_lines]
    assert stand == [("drain-1", "final", 0.95), ("drain-14", "provisional", 0.91)]


def test_a_sink_that_is_killed_again_and_again_misses_and_repeats_nothing(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    for number in range(1, 61):
        detection.judge(drain(number, chain_id=chain), blocks=(judged(number, (ALICE, 0.5)),))
        if number % 20 == 0:
            running = sink(undertow, kafka, sqlite_url, chain)
            assert shows(sqlite_url, lambda reader: bool(reader.page(Filters(), 1, 1)))
            detection.judge(drain(number, chain_id=chain, score=1.0), blocks=(judged(number, (BOB, 0.5)),))
            running.send_signal(signal.SIGKILL)
            running.wait()
    ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 60))
    reader = open_reader(sqlite_url)
    rows = reader.page(Filters(), 1, 100)
    reader.close()
    assert [row.block_number for row in rows] == list(range(60, 0, -1))
    assert [row.block_number for row in rows if row.score == 1.0] == [60, 40, 20]


def test_what_a_sink_missed_is_filed_in_pieces_and_the_head_comes_last(
    kafka: str, detection: Detection, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Carol's sink was away for 25 alerts; it is killed after each piece, and goes on where that ended."""
    monkeypatch.setattr("dashboard.filing.sink.MOST_REVISIONS", 10)
    chain = detection.chain_id
    missed = [drain(number, chain_id=chain, updated_block=number + 1) for number in range(1, 26)]
    detection.judge(*missed, blocks=tuple(judged(number, (ALICE, 0.5)) for number in range(1, 27)))
    filed = list[int]()
    with closing(open_writer(sqlite_url)) as writer, closing(open_reader(sqlite_url)) as reader:
        while writer.head(chain) != 26:
            with closing(chain_topics(kafka, writer, detection)) as topics:
                feed = next(filter(None, iter(topics.read, "never")))
            writer.file(feed)
            filed.append(len(feed.revisions))
            assert not feed.blocks or sum(filed) == 25
        assert [count for count in filed if count] == [10, 10, 5]
        assert [row.block_number for row in reader.page(Filters(), 1, 100)] == list(range(25, 0, -1))
        told = revisions_after(reader, 0)
        assert [each.block_time for each in told] == [GENESIS + 12 * number for number in range(2, 27)]
        assert [each.block_number for each in subjects.scores_of(reader, chain, ALICE)] == list(range(1, 27))


def chain_topics(kafka: str, writer: Writer, detection: Detection) -> ChainTopics:
    told = Told(writer.finality(detection.chain_id) or 10, writer.rebuilding(detection.chain_id))
    mark = DetectorMark(kafka, detection.chain_id, detection.partition, told, print)
    offsets = writer.offsets(detection.chain_id)
    return ChainTopics(kafka, detection.chain_id, detection.partition, offsets, mark)


def test_a_sink_shows_an_alert_as_it_comes_and_ends_well_when_asked(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    detection.judge(blocks=(judged(1),))
    running = sink(undertow, kafka, sqlite_url, chain)
    assert shows(sqlite_url, lambda reader: reader.heads()[0].block_number == 1)
    detection.judge(drain(2, chain_id=chain), blocks=(judged(2),))
    assert shows(sqlite_url, lambda reader: [row.id for row in reader.page(Filters(), 1, 5)] == ["drain-2"])
    assert shows(
        sqlite_url, lambda reader: reader.heads()[0].block_number == 2
    )  # filed with its alerts or later
    running.send_signal(signal.SIGTERM)
    assert "1 revision filed, head 2" in ended(running)


def test_what_was_never_committed_is_never_filed(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    with pytest.raises(InterruptedError):
        detection.judge(drain(1, chain_id=chain), blocks=(judged(1),), failing=True)
    detection.judge(drain(2, chain_id=chain), blocks=(judged(2),))
    filed_until(kafka, sqlite_url, chain, 2)
    assert shows(sqlite_url, lambda reader: [row.id for row in reader.page(Filters(), 1, 5)] == ["drain-2"])


def test_a_damaged_record_is_set_aside_and_said(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    detection.garble(ALERTS, b"not an alert")
    detection.garble(SCORES, b'{"kind": "guess", "block_number": 1, "block_hash": "0x"}')
    detection.judge(drain(2, chain_id=chain), blocks=(judged(2),))
    said = filed_until(kafka, sqlite_url, chain, 2)
    assert "set aside fraud.alerts offset 0: not JSON" in said
    assert "a record of scores of unknown kind 'guess'" in said
    assert shows(sqlite_url, lambda reader: reader.rejected(chain) == 2)


def test_bad_records_among_good_ones_are_set_aside_and_shown_and_stop_nothing(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str, tmp_path: Path
) -> None:
    chain = detection.chain_id
    good, other = drain(2, chain_id=chain), drain(3, chain_id=5)
    wrong = good.to_json().replace('"block_number":2,"category"', '"block_number":"not a number","category"')
    detection.garble(ALERTS, wrong.encode(), alert_key(chain, good.id))
    detection.garble(ALERTS, other.to_json().encode(), alert_key(5, other.id))
    detection.garble(ALERTS, good.to_json().encode(), b"another key")
    detection.garble(ALERTS, None, alert_key(chain, "gone"))
    scores = records_of(judged(1, (ALICE, 0.5), chain_id=chain))[0]
    detection.garble(SCORES, scores.replace(b'"score":0.5', b'"score":"high"'))
    detection.garble(SCORES, records_of(judged(1, chain_id=5))[0])
    detection.judge(good, blocks=(judged(2),))
    said = filed_until(kafka, sqlite_url, chain, 2)
    assert said.count("set aside") == 6
    assert "Expected `int`, got `str` - at `$.block_number`" in said
    assert f"an alert of chain 5, not of chain {chain}" in said
    # Nor does a sink that starts again stumble over them.
    assert "set aside" not in filed_until(kafka, sqlite_url, chain, 2)
    for name, source in (("kafka", kafka), ("store", sqlite_url)):
        book = tmp_path / f"{name}.jsonl"
        command("export", f"--{name}", source, "--chain-id", chain, "--alerts", book)
        assert [json.loads(line)["id"] for line in book.open()] == ["drain-2"]
    found = json.loads(command("status", "--store", sqlite_url, "--json"))
    assert (found["store"][0]["unreadable"], len(found["set_aside"])) == (6, 6)
    assert found["set_aside"][0]["topic"] == ALERTS
    text = command("status", "--store", sqlite_url)
    assert (
        f"set aside: chain {chain}, fraud.scores offset 0: not a record of scores: Expected `float`" in text
    )


def test_a_broker_that_is_not_there_is_one_line(undertow: Undertow, sqlite_url: str) -> None:
    refused = undertow("sink", "--kafka", "127.0.0.1:9", "--store", sqlite_url)
    said, _ = refused.communicate(timeout=DEADLINE_S)
    assert refused.returncode == 1
    assert said.startswith("undertow: error: no Kafka broker answers at 127.0.0.1:9")
    assert len(said.splitlines()) == 1
