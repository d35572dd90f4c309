"""Status names the nodes that were caught, from what ingest set aside."""

from __future__ import annotations

import json
import time
from contextlib import closing

import pytest

from dashboard.filing.status import Status, _caught, gather, text
from dashboard.store import Feed, Rejected, open_turns, open_writer
from detectors.alerts.messages import Note, group_of, note_text
from ingest.kafka import BLOCKS, Cluster, Publisher
from ingest.log.blocklog import LogWriter
from ingest.model.turns import Owner
from tests.dashboard.alerts import CHAIN, drain, judged
from tests.dashboard.test_health import told
from tests.fixtures.frames import ChainBuilder

LIE = "block 7 from http://liar cannot be proved: its receipts hash to 0x12, its header says 0x34"
ELSEWHERE = "the node at http://lost serves chain 5, not chain 1"


@pytest.mark.broker
def test_a_node_that_lied_and_one_of_another_chain_are_named(kafka: str, fresh_chain_id: int) -> None:
    writer = LogWriter(kafka, fresh_chain_id)
    writer.publish([ChainBuilder(fresh_chain_id).block().batch()])
    writer.reject(6, "block 6 from http://liar cannot be proved: something else", "http://liar")
    writer.reject(7, LIE, "http://liar")
    writer.reject(7, LIE, "http://liar")  # the same again is no news
    writer.reject(None, ELSEWHERE, "http://lost")
    writer.close()

    status = gather(kafka, None, fresh_chain_id)

    (chain,) = status.log
    assert chain.chain_id == fresh_chain_id
    assert chain.set_aside == 3
    assert [(node.source, node.times, node.block_number, node.reason) for node in chain.caught] == [
        ("http://liar", 2, 7, LIE),
        ("http://lost", 1, None, ELSEWHERE),
    ]
    assert f"  caught: http://liar, 2 times; the last: {LIE}" in text(status)
    assert "http://lost" in str(status.to_dict())
    assert [(node.last_day, node.last_week) for node in chain.caught] == [(2, 2), (1, 1)]
    assert "  reputation: http://liar was caught 2 times in the last day, 2 in the last week" in text(status)


def test_a_reputation_is_of_days_and_weeks_and_notes_of_before_say_no_time() -> None:
    def note(at: int | None, source: str = "http://liar") -> bytes:
        told = {"source": source, "block_number": 7, "reason": LIE} | ({} if at is None else {"at": at})
        return json.dumps(told).encode()

    now = 1_700_000_000
    times = [now - 30 * 86_400, now - 6 * 86_400, now - 86_399, now - 5]
    notes = [note(None), *map(note, times), b"[]", b"nonsense", note(None, "http://old")]
    liar, old = _caught(notes, now)

    assert (liar.times, liar.last_week, liar.last_day, liar.since) == (5, 3, 2, times[0])
    assert (old.times, old.last_week, old.since) == (1, 0, None)


def judged_with(kafka: str, chain_id: int, note: Note) -> Status:
    """What is said of a chain of one block, which a detector judged and left this note of."""
    writer = LogWriter(kafka, chain_id)
    writer.publish([ChainBuilder(chain_id).block().batch()])
    writer.close()
    group = group_of(chain_id)
    with Publisher(kafka, group) as publisher, publisher.transaction():
        partition = Cluster(kafka).partition_of(chain_id)
        publisher.mark(group, BLOCKS, partition, 1, note_text(note))
    return gather(kafka, None, chain_id)


@pytest.mark.broker
def test_a_detector_that_raised_is_named_with_the_block_since_which_it_is_off(
    kafka: str, fresh_chain_id: int
) -> None:
    status = judged_with(kafka, fresh_chain_id, Note(head=1, hash="0x", off={"layering": 1}))
    assert "  off: layering, since block 1, where it raised" in text(status)
    assert status.to_dict()["log"][0]["off"] == {"layering": 1}


@pytest.mark.broker
def test_a_table_that_was_full_is_named_with_how_often_it_forgot_early(
    kafka: str, fresh_chain_id: int
) -> None:
    full = {"told_pairs": 3, "pairs": 1}
    status = judged_with(kafka, fresh_chain_id, Note(head=1, hash="0x", forgot_early=full))
    said = "forgot early: the table told_pairs was full 3 times and let its oldest rows go"
    assert f"  {said}" in text(status)
    assert status.to_dict()["log"][0]["forgot_early"] == full


def test_one_chain_of_a_store_can_be_asked_for(sqlite_url: str) -> None:
    with closing(open_writer(sqlite_url)) as writer:
        for chain in (1, CHAIN):
            alert, bad = drain(1, chain_id=chain), Rejected("alerts", 7, "not JSON")
            before = writer.offsets(chain)
            blocks = (judged(1, chain_id=chain),)
            writer.file(Feed(chain, [(0, alert)], blocks, before, {"alerts": 8}, 10, [bad], "a run"))
    status = gather(None, sqlite_url, CHAIN)
    assert [chain.chain_id for chain in status.store] == [CHAIN]
    assert [bad.chain_id for bad in status.set_aside] == [CHAIN]
    assert [note.split()[1] for note in status.notes] == [str(CHAIN)]
    assert [chain.chain_id for chain in gather(None, sqlite_url).store] == [1, CHAIN]


def test_who_works_and_who_stands_by_is_said(sqlite_url: str) -> None:
    now = int(time.time())
    works, waits = told(now, standing="active"), told(now, instance="machine-b", standing="standby")
    gone = told(now - 60, instance="machine-c", standing="standby")
    lone = told(now, role="detect", standing="active")
    with closing(open_writer(sqlite_url)) as writer, closing(open_turns(sqlite_url, "sink")) as turns:
        writer.file_health(CHAIN, [works, waits, gone, lone])
        sink = turns.take(Owner("machine-a:7", "a"))
        status = gather(None, sqlite_url)
        assert status.standing == [
            f"ingest of chain {CHAIN}: machine-a works, machine-b stands by",
            "sink: machine-a:7 works, or did last",
        ]
        assert "sink: machine-a:7 works, or did last" in text(status).splitlines()
        turns.beat(sink, ended=True)
        assert gather(None, sqlite_url, 5).standing == ["sink: machine-a:7 has ended"]
