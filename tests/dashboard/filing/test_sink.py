"""The sink files what detection sent, once, through kills, rollbacks and damage; with a real broker."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dashboard.filing.sink import ChainTopics, DetectorMark, Told
from dashboard.store import Feed, Filters, Reader, Writer, open_reader, open_writer, subjects
from dashboard.store.revision_reading import revisions_after
from detectors.alerts.messages import alert_key, records_of
from ingest.kafka import ALERTS, BLOCKS, SCORES, Cluster, Publisher
from ingest.model.errors import BadInput
from tests.dashboard.alerts import ALICE, BOB, GENESIS, back_to, drain, judged, poisoning
from tests.dashboard.detection import Detection

pytestmark = pytest.mark.broker

Undertow = Callable[..., "subprocess.Popen[str]"]
DEADLINE_S = 90


@pytest.fixture
def detection(kafka: str, fresh_chain_id: int) -> Iterator[Detection]:
    detection = Detection(kafka, fresh_chain_id)
    yield detection
    detection.close()


@pytest.fixture
def undertow() -> Iterator[Undertow]:
    """Starts `undertow …`; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: object) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "undertow", *map(str, words)]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> str:
    """What a command said that ended with status 0."""
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, said
    return said


def sink(undertow: Undertow, kafka: str, store: str, chain_id: int, *more: object) -> subprocess.Popen[str]:
    return undertow("sink", "--kafka", kafka, "--store", store, "--chain-id", chain_id, *more)


def shows(url: str, seen: Callable[[Reader], bool]) -> bool:
    """Whether a store shows what is expected, sooner or later."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        with suppress(BadInput), closing(open_reader(url)) as reader:  # the sink may not have made it yet
            if reader.heads() and seen(reader):
                return True
        time.sleep(0.1)
    return False


def test_the_books_of_kafka_and_of_the_store_are_the_same_bytes(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str, tmp_path: Path
) -> None:
    chain = detection.chain_id
    detection.judge(drain(1, chain_id=chain), poisoning(2, chain_id=chain), blocks=(judged(1), judged(2)))
    grown = drain(1, chain_id=chain, score=0.95, updated_block=15)
    gone = poisoning(2, chain_id=chain, status="retracted", retraction_reason="block 2 left the chain")
    detection.judge(grown, gone, drain(14, chain_id=chain), blocks=(back_to(1), judged(2), judged(15)))
    ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 15))
    for name, source in (("kafka", kafka), ("store", sqlite_url)):
        book = tmp_path / f"{name}.jsonl"
        ended(undertow("export", f"--{name}", source, "--chain-id", chain, "--alerts", book))
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
    ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 2))
    assert shows(sqlite_url, lambda reader: [row.id for row in reader.page(Filters(), 1, 5)] == ["drain-2"])


def test_a_damaged_record_is_set_aside_and_said(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    detection.garble(ALERTS, b"not an alert")
    detection.garble(SCORES, b'{"kind": "guess", "block_number": 1, "block_hash": "0x"}')
    detection.judge(drain(2, chain_id=chain), blocks=(judged(2),))
    said = ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 2))
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
    said = ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 2))
    assert said.count("set aside") == 6
    assert "Expected `int`, got `str` - at `$.block_number`" in said
    assert f"an alert of chain 5, not of chain {chain}" in said
    # Nor does a sink that starts again stumble over them.
    assert "set aside" not in ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 2))
    for name, source in (("kafka", kafka), ("store", sqlite_url)):
        book = tmp_path / f"{name}.jsonl"
        ended(undertow("export", f"--{name}", source, "--chain-id", chain, "--alerts", book))
        assert [json.loads(line)["id"] for line in book.open()] == ["drain-2"]
    found = json.loads(ended(undertow("status", "--store", sqlite_url, "--json")))
    assert (found["store"][0]["unreadable"], len(found["set_aside"])) == (6, 6)
    assert found["set_aside"][0]["topic"] == ALERTS
    text = ended(undertow("status", "--store", sqlite_url))
    assert (
        f"set aside: chain {chain}, fraud.scores offset 0: not a record of scores: Expected `float`" in text
    )


def test_another_finality_of_the_detector_counts_from_its_next_output_on(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    detection.judge(drain(1, chain_id=chain), blocks=(judged(1), judged(9)))
    sink(undertow, kafka, sqlite_url, chain)
    # Finality 10: at head 9 block 1 is not final.
    assert shows(sqlite_url, lambda reader: reader.statuses(chain) == {"provisional": 1})
    detection.finality = 5
    detection.judge(blocks=(judged(10),))
    assert shows(sqlite_url, lambda reader: reader.statuses(chain) == {"final": 1})
    detection.finality = 20
    detection.judge(blocks=(judged(11),))
    assert shows(sqlite_url, lambda reader: reader.statuses(chain) == {"provisional": 1})


def test_while_the_log_is_judged_anew_the_store_says_so_and_is_not_exported(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str, tmp_path: Path
) -> None:
    chain = detection.chain_id
    export = ("export", "--store", sqlite_url, "--chain-id", chain, "--alerts", tmp_path / "book.jsonl")
    detection.judge(drain(1, chain_id=chain), blocks=(judged(9),))
    running = sink(undertow, kafka, sqlite_url, chain)
    assert shows(sqlite_url, lambda reader: reader.statuses(chain) == {"provisional": 1})
    detection.rebuilds("another run", 9)
    assert shows(sqlite_url, lambda reader: reader.rebuilding() == {chain: "another run"})
    assert "rebuilding: run another run judges its log anew" in ended(
        undertow("status", "--store", sqlite_url)
    )
    refused = undertow(*export)
    said, _ = refused.communicate(timeout=DEADLINE_S)
    assert (refused.returncode, len(said.splitlines())) == (1, 1)
    assert "let `undertow detect` finish that, then export again" in said
    detection.rebuilds("another run", 9, rebuilding=False)
    assert shows(sqlite_url, lambda reader: reader.rebuilding() == {})
    running.send_signal(signal.SIGTERM)
    ended(running)
    assert "1 alert at head 9" in ended(undertow(*export))


def test_an_end_of_a_rebuild_that_no_sink_saw_is_seen_by_the_next(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    detection.judge(blocks=(judged(9),))
    detection.rebuilds("another run", 9)
    for rebuilding, seen in ((True, {chain: "another run"}), (False, {})):
        detection.rebuilds("another run", 9, rebuilding)
        ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 9))
        with closing(open_reader(sqlite_url)) as reader:
            assert reader.rebuilding() == seen


def test_a_place_in_the_log_that_is_no_offset_is_said_and_the_topic_read_again(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    detection.judge(drain(1, chain_id=chain), blocks=(judged(9),))
    ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 9))
    with closing(open_writer(sqlite_url)) as writer, writer._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE offsets SET next_offset = 'far' WHERE topic = ?", (ALERTS,))
    detection.judge(drain(10, chain_id=chain), blocks=(judged(10),))
    said = ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 10))
    assert f"chain {chain}: the store's place in {ALERTS} is no offset: it is read again" in said
    with closing(open_reader(sqlite_url)) as reader:
        assert [row.id for row in reader.page(Filters(), 1, 5)] == ["drain-10", "drain-1"]


def test_a_mark_that_cannot_be_read_is_said_and_what_was_filed_stays_as_final_as_it_was(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str, tmp_path: Path
) -> None:
    chain = detection.chain_id
    detection.judge(drain(1, chain_id=chain), blocks=(judged(11),))
    ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 11))
    detection.mark("another program was here")
    detection.garble(SCORES, records_of(judged(12, chain_id=chain))[0])
    said = ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 12))
    assert f"the mark of undertow-detect-{chain} carries not JSON" in said
    assert shows(sqlite_url, lambda reader: reader.statuses(chain) == {"final": 1})
    found = json.loads(ended(undertow("status", "--kafka", kafka, "--chain-id", chain, "--json")))
    log = next(entry for entry in found["log"] if entry["chain_id"] == chain)
    assert log["judged"] is None
    assert "start detect with --rebuild" in log["mark_error"]
    export = ("export", "--kafka", kafka, "--chain-id", chain, "--alerts", tmp_path / "book.jsonl")
    refused = undertow(*export)
    assert len(refused.communicate(timeout=DEADLINE_S)[0].splitlines()) == 1
    assert refused.returncode == 1


def test_a_store_that_was_filled_from_another_log_is_refused(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    writer = open_writer(sqlite_url)
    writer.file(Feed(detection.chain_id, (), (), {}, {ALERTS: 1_000_000, SCORES: 1_000_000}, 10))
    writer.close()
    refused = sink(undertow, kafka, sqlite_url, detection.chain_id)
    said, _ = refused.communicate(timeout=DEADLINE_S)
    assert refused.returncode == 1
    assert "the store was filled from another log, so name a new one" in said
    assert len(said.splitlines()) == 1


def test_status_says_how_far_everything_is(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    detection.judge(drain(1, chain_id=chain), blocks=(judged(1), judged(95)))
    ended(sink(undertow, kafka, sqlite_url, chain, "--until-block", 95))
    both = ("--kafka", kafka, "--store", sqlite_url, "--chain-id", chain)
    found = json.loads(ended(undertow("status", *both, "--json")))
    log = next(entry for entry in found["log"] if entry["chain_id"] == chain)
    # A hundred blocks were published, 95 are judged.
    assert (log["head"], log["judged"], log["lag_blocks"]) == (100, 95, 5)
    assert sum(log["proofs"].values()) == 100
    assert found["store"] == [{"chain_id": chain, "head": 95, "alerts": {"final": 1}, "unreadable": 0}]
    said = ended(undertow("status", *both))
    assert f"chain {chain} in Kafka: head 100" in said
    assert "5 blocks, " in said
    assert "alerts: 1 final" in said


def test_a_record_that_is_not_undertows_is_counted_by_status_and_hides_nothing_else(
    kafka: str, detection: Detection, undertow: Undertow
) -> None:
    chain = detection.chain_id
    detection.judge(drain(1, chain_id=chain), blocks=(judged(1), judged(95)))
    with Publisher(kafka, f"mallory-{chain}") as mallory, mallory.transaction():
        mallory.send(BLOCKS, Cluster(kafka).partition_of(chain), str(chain).encode(), b"not a record")
    found = json.loads(ended(undertow("status", "--kafka", kafka, "--chain-id", chain, "--json")))
    log = next(entry for entry in found["log"] if entry["chain_id"] == chain)
    assert (log["head"], log["judged"], log["unreadable"]) == (100, 95, 1)


def test_an_alert_that_cannot_be_read_is_left_out_of_an_export_and_named(
    kafka: str, detection: Detection, undertow: Undertow, tmp_path: Path
) -> None:
    detection.judge(drain(1, chain_id=detection.chain_id), blocks=(judged(1),))
    detection.garble(ALERTS, b"not an alert")
    chain = ("--chain-id", detection.chain_id)
    said = ended(undertow("export", "--kafka", kafka, *chain, "--alerts", tmp_path / "book.jsonl"))
    assert f"chain {detection.chain_id}: left out fraud.alerts offset 2: not JSON" in said
    assert [json.loads(line)["id"] for line in (tmp_path / "book.jsonl").open()] == ["drain-1"]


def test_a_broker_that_is_not_there_is_one_line(undertow: Undertow, sqlite_url: str) -> None:
    refused = undertow("sink", "--kafka", "127.0.0.1:9", "--store", sqlite_url)
    said, _ = refused.communicate(timeout=DEADLINE_S)
    assert refused.returncode == 1
    assert said.startswith("undertow: error: no Kafka broker answers at 127.0.0.1:9")
    assert len(said.splitlines()) == 1
