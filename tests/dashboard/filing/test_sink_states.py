"""What a sink makes of rebuilds, marks and places that are odd, and what `status` and `export` say of it."""

from __future__ import annotations

import json
import signal
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.store import Feed, Filters, open_reader, open_writer
from detectors.alerts.messages import records_of
from ingest.kafka import ALERTS, BLOCKS, SCORES, Cluster, Publisher
from tests.dashboard.alerts import drain, judged
from tests.dashboard.detection import Detection
from tests.dashboard.filing.sinks import DEADLINE_S, Undertow, command, ended, filed_until, shows, sink

pytestmark = pytest.mark.broker


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
    assert "rebuilding: run another run judges its log anew" in command("status", "--store", sqlite_url)
    refused = undertow(*export)
    said, _ = refused.communicate(timeout=DEADLINE_S)
    assert (refused.returncode, len(said.splitlines())) == (1, 1)
    assert "let `undertow detect` finish that, then export again" in said
    detection.rebuilds("another run", 9, rebuilding=False)
    assert shows(sqlite_url, lambda reader: reader.rebuilding() == {})
    running.send_signal(signal.SIGTERM)
    ended(running)
    assert "1 alert at head 9" in command(*export)


def test_an_end_of_a_rebuild_that_no_sink_saw_is_seen_by_the_next(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    detection.judge(blocks=(judged(9),))
    detection.rebuilds("another run", 9)
    for rebuilding, seen in ((True, {chain: "another run"}), (False, {})):
        detection.rebuilds("another run", 9, rebuilding)
        filed_until(kafka, sqlite_url, chain, 9)
        with closing(open_reader(sqlite_url)) as reader:
            assert reader.rebuilding() == seen


def test_a_place_in_the_log_that_is_no_offset_is_said_and_the_topic_read_again(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str
) -> None:
    chain = detection.chain_id
    detection.judge(drain(1, chain_id=chain), blocks=(judged(9),))
    filed_until(kafka, sqlite_url, chain, 9)
    with closing(open_writer(sqlite_url)) as writer, writer._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE offsets SET next_offset = 'far' WHERE topic = ?", (ALERTS,))
    detection.judge(drain(10, chain_id=chain), blocks=(judged(10),))
    said = filed_until(kafka, sqlite_url, chain, 10)
    assert f"chain {chain}: the store's place in {ALERTS} is no offset: it is read again" in said
    with closing(open_reader(sqlite_url)) as reader:
        assert [row.id for row in reader.page(Filters(), 1, 5)] == ["drain-10", "drain-1"]


def test_a_mark_that_cannot_be_read_is_said_and_what_was_filed_stays_as_final_as_it_was(
    kafka: str, detection: Detection, undertow: Undertow, sqlite_url: str, tmp_path: Path
) -> None:
    chain = detection.chain_id
    detection.judge(drain(1, chain_id=chain), blocks=(judged(11),))
    filed_until(kafka, sqlite_url, chain, 11)
    detection.mark("another program was here")
    detection.garble(SCORES, records_of(judged(12, chain_id=chain))[0])
    said = filed_until(kafka, sqlite_url, chain, 12)
    assert f"the mark of undertow-detect-{chain} carries not JSON" in said
    assert shows(sqlite_url, lambda reader: reader.statuses(chain) == {"final": 1})
    found = json.loads(command("status", "--kafka", kafka, "--chain-id", chain, "--json"))
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
    filed_until(kafka, sqlite_url, chain, 95)
    both = ("--kafka", kafka, "--store", sqlite_url, "--chain-id", chain)
    found = json.loads(command("status", *both, "--json"))
    log = next(entry for entry in found["log"] if entry["chain_id"] == chain)
    # A hundred blocks were published, 95 are judged.
    assert (log["head"], log["judged"], log["lag_blocks"]) == (100, 95, 5)
    assert sum(log["proofs"].values()) == 100
    (stored,) = found["store"]
    # What roles cost is there as far as they told of themselves by now.
    assert {each["role"] for each in stored.pop("roles")} <= {"sink"}
    assert stored == {"chain_id": chain, "head": 95, "alerts": {"final": 1}, "unreadable": 0}
    said = command("status", *both)
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
    found = json.loads(command("status", "--kafka", kafka, "--chain-id", chain, "--json"))
    log = next(entry for entry in found["log"] if entry["chain_id"] == chain)
    assert (log["head"], log["judged"], log["unreadable"]) == (100, 95, 1)


def test_an_alert_that_cannot_be_read_is_left_out_of_an_export_and_named(
    kafka: str, detection: Detection, undertow: Undertow, tmp_path: Path
) -> None:
    detection.judge(drain(1, chain_id=detection.chain_id), blocks=(judged(1),))
    detection.garble(ALERTS, b"not an alert")
    chain = ("--chain-id", detection.chain_id)
    said = command("export", "--kafka", kafka, *chain, "--alerts", tmp_path / "book.jsonl")
    assert f"chain {detection.chain_id}: left out fraud.alerts offset 2: not JSON" in said
    assert [json.loads(line)["id"] for line in (tmp_path / "book.jsonl").open()] == ["drain-1"]
