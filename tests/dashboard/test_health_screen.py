"""The screen Health shows what the roles tell of themselves, and one odd record spoils its own line only."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

import msgspec
import pytest

from dashboard.screens import health_course, health_outbox, health_pending, health_records, health_watch
from dashboard.store import Reader, RoleHealth, Writer, open_outbox, open_writer
from dashboard.store.alarms import OVER, RAISED, Alarm
from dashboard.store.letters import Telling, Told
from dashboard.store.outbox_reading import DeadLetter
from ingest.model.health import CanaryHealth, Health, ModelHealth, NodeHealth, PendingHealth
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.screen import opened, said
from tests.dashboard.test_health import NOW, told


def test_roles_latency_and_nodes_are_on_the_screen(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    off = told(role="detect", detectors={"wallet-drain": "off since block 7"})
    open_writer(sqlite_url).file_health(CHAIN, [told(), off])
    drawn = said(opened("health"))
    assert "How long the parts of ingest take" in drawn
    assert "Nodes" in drawn
    assert "Detectors that are not on" in drawn


def test_a_record_says_its_age_and_what_it_counted() -> None:
    row = health_records.role(RoleHealth(CHAIN, "ingest", "a", NOW - 42, told()), NOW)
    assert [cell["text"] for cell in row[3:]] == ["42 s ago", "7", "", "1.5", "7 blocks header"]
    waits = health_records.role(RoleHealth(CHAIN, "ingest", "b", NOW, told(standing="standby")), NOW)
    assert waits[1]["text"] == "ingest, on stand-by"
    broken = health_records.role(RoleHealth(CHAIN, "ingest", "a", "x", None), NOW)  # type: ignore[arg-type]
    assert [cell["text"] for cell in broken[3:]] == [
        "at an unknown time", "", "", "", "its record cannot be read"
    ]  # fmt: skip


def test_the_proof_of_each_of_the_newest_blocks_is_on_the_screen(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    record = told(proofs=[(6, "header"), (7, "none"), (8, "by hand")])
    open_writer(sqlite_url).file_health(CHAIN, [record])
    assert "Proof of the newest blocks" in said(opened("health"))
    assert [[cell["text"] for cell in row[2:]] for row in health_records.proofs(record)] == [
        ["8", "by hand"], ["7", "not proved"], ["6", "whole: header, parent and receipts"],
    ]  # fmt: skip


def worked(minutes: int, blocks: int, **changes: Any) -> Health:
    """What ingest had counted, so many minutes after it began: 9 of 10 fetches in 10 ms, one in 300."""
    row = [0, 0, 9 * blocks, 0, 0, blocks, 0, 0, 0, 0]
    node = NodeHealth("http://node.example", answers=4 * blocks)
    at, sums = NOW - 3_000 + 60 * minutes, {"bytes": 1_000 * blocks}
    return told(
        at, head=blocks, latency={"fetch": row}, counts=sums, nodes=[node], cpu_s=blocks / 50, **changes
    )


def test_a_day_is_read_in_pieces_and_each_says_what_happened_in_it(writer: Writer, reader: Reader) -> None:
    records = [worked(minute, 30 * minute) for minute in range(40)]
    between = [worked(minute, 30 * minute + 7, instance="machine-b") for minute in range(0, 40, 2)]
    writer.file_health(CHAIN, records + between)
    since = records[0].at
    course = reader.health.course(CHAIN, since, 600)
    assert [row.health for row in course if row.instance == "machine-a"] == records[9::10]
    assert len([row for row in course if row.instance == "machine-b"]) == 4
    assert reader.health.course(5, since, 600) == []
    done = [each for each in health_course.steps(course) if each.blocks]
    assert {each.blocks for each in done} == {300}
    assert {health_course.percentile(each.latency["fetch"], 0.95) for each in done} == {300.0}
    assert {health_course.percentile(each.latency["fetch"], 0.5) for each in done} == {10.0}


def test_a_block_costs_what_was_counted_between() -> None:
    rows = [RoleHealth(CHAIN, "ingest", "a", 0, worked(minute, 50 * minute)) for minute in (1, 2, 3)]
    cells = health_course.cost("ingest", health_course.steps(rows))
    assert [cell["text"] for cell in cells] == ["ingest", "100", "0.02", "4", "1,000", "0.2"]
    assert [cell["text"] for cell in health_course.cost("sink", [])] == ["sink", "0", "", "", "", ""]


def test_who_began_anew_or_went_back_has_counted_nothing_below_zero() -> None:
    first, second = worked(1, 50), worked(2, 20)
    anew = msgspec.structs.replace(second, began_at=NOW)
    told_of = [RoleHealth(CHAIN, "ingest", "a", 0, each) for each in (first, second, anew)]
    assert [(each.blocks, each.cpu_s, each.answers) for each in health_course.steps(told_of)] == [(0, 0.0, 0)]
    assert health_course.steps([RoleHealth(CHAIN, "ingest", "a", 0, None)]) == []
    assert health_course.percentile([], 0.95) is health_course.percentile([0] * 10, 0.95) is None
    assert health_course.percentile([0] * 9 + [1], 0.95) == 30_000.0


def test_the_screen_shows_latency_over_time_and_cost(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    writer = open_writer(sqlite_url)
    Filing(writer).file(blocks=(judged(2),))
    assert "nothing can be compared yet" in said(opened("health"))
    writer.file_health(CHAIN, [worked(minute, 30 * minute) for minute in range(40, 50)])
    drawn = said(opened("health"))
    assert "Ingest: 95 of 100 took at most" in drawn
    assert "What a block cost" in drawn
    assert "10 W for a busy core" in drawn


def test_what_nobody_could_be_told_is_on_the_screen(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1))
    assert "Messages to people" not in said(opened("health"))
    with open_outbox(sqlite_url) as outbox:
        telling = Telling("soc", "raised", Told("high", True))
        outbox.plan(lambda *_: [telling], NOW, storm=10)
        outbox.dead(outbox.due(NOW)[0], NOW, "it answered 403 <b>")
    drawn = said(opened("health"))
    assert "Messages to people" in drawn and "1 dead" in drawn


def test_a_dead_letter_with_odd_values_is_shown_as_it_is() -> None:
    row = health_outbox._row(DeadLetter("soc", "x", CHAIN, "a", "raised", "many", None, "<b>"))  # type: ignore[arg-type]
    assert [cell["text"] for cell in row] == ["soc", "raised", "a", "at an unknown time", "many", "<b>"]


def test_canaries_alarms_and_the_age_of_models_are_on_the_screen(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    record = told(
        role="detect",
        head_time=10_000_000,
        models=[ModelHealth("anomalous-wallet", "ab" * 32, 49, 9_740_800), ModelHealth("trained", "cd" * 32)],
        canaries=[CanaryHealth("played", True, 600, None, "the last was drain-1, not found")],
    )
    with closing(open_writer(sqlite_url)) as writer:
        writer.file_health(CHAIN, [record])
        assert writer.note_alarm(Alarm(0, CHAIN, "canary", "played", RAISED, NOW - 90, "none <b>was found"))
        assert not writer.note_alarm(Alarm(0, CHAIN, "canary", "played", RAISED, NOW, "again"))
        assert writer.note_alarm(Alarm(0, CHAIN, "canary", "played", OVER, NOW - 30, "it is found again"))
    drawn = said(opened("health"))
    assert all(words in drawn for words in ("Canaries", "Alarms", "Models in use"))
    rows = [[cell["text"] for cell in health_watch.model(record, each)] for each in record.models]
    assert [row[1:] for row in rows] == [
        ["anomalous-wallet", "ab" * 32, "49", "1970-04-23 17:46:40", "3 d"],
        ["trained", "cd" * 32, "", "", ""],
    ]
    (song,) = ([cell["text"] for cell in health_watch.canary(record, each, NOW)] for each in record.canaries)
    assert song[1:] == ["played", "silent", "not yet", "600", "the last was drain-1, not found"]


def test_what_waits_and_would_be_found_is_on_the_screen_and_says_that_it_is_in_no_book(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    waits = PendingHealth("pending-1", "wallet-drain", "high", "wallet 0xaa", 2, 41, "<b>it</b> is emptied")
    now = int(time.time())
    with closing(open_writer(sqlite_url)) as writer:
        writer.file_health(CHAIN, [told(now, role="detect")])
        assert "Pending" not in said(opened("health"))
        writer.file_health(CHAIN, [told(now - 3_600, role="pending", pending=[waits])])
        assert "Pending" not in said(opened("health")), "what waited an hour ago waits no more"
        writer.file_health(CHAIN, [told(now, role="pending", pending=[waits])])
    assert "Pending, not in the book" in said(opened("health"))
    row = health_pending.pending(told(role="pending"), waits)
    assert [cell["text"] for cell in row][1:] == [
        "Wallet drain", "high", "wallet 0xaa", "2", "41", "<b>it</b> is emptied"
    ]  # fmt: skip


def test_an_alarm_with_odd_values_is_shown_as_it_is() -> None:
    odd = Alarm(1, "x", "canary", "<b>", "raised", None, "why")  # type: ignore[arg-type]
    row = [cell["text"] for cell in health_watch.alarm(odd, NOW)]
    assert row == ["x", "canary (<b>)", "raised", "at an unknown time", "why"]
