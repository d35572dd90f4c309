"""A run with other settings is refused; `--rebuild` judges the log anew and sends only what differs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detectors.alerts.alert import status_at
from detectors.alerts.messages import Note, Superseded, alert_key, group_of, note_text, scores_from
from detectors.runs.live import Live
from ingest.kafka import ALERTS, SCORES, tail
from ingest.model.errors import BadInput, RollbackTooDeep, RunMismatch, UnreadableRecord
from tests.parity.judged_log import HEAD, JudgedLog, assert_same, clean_run, log

pytestmark = pytest.mark.broker

SAID_BY_OTHERS = ("", "another consumer", "[]", '{"head": "high"}', '{"run": 7}')


@pytest.fixture
def judged(kafka: str, fresh_chain_id: int, tmp_path: Path) -> JudgedLog:
    """The log, judged with finality 8."""
    judged = JudgedLog(kafka, fresh_chain_id, tmp_path)
    judged.publishes(log(fresh_chain_id))
    judged.judges(finality=8)
    return judged


@pytest.mark.parametrize(
    "state",
    [
        pytest.param("state", id="with-its-checkpoint"),
        pytest.param("elsewhere", id="checkpoint-lost", marks=pytest.mark.soak),
    ],
)
def test_other_settings_are_refused_until_the_log_is_judged_anew(judged: JudgedLog, state: str) -> None:
    before = judged.alerts()
    with pytest.raises(RunMismatch, match="--rebuild"):
        judged.judges(finality=16, state=state)
    assert judged.alerts() == before

    judged.judges(finality=16, state=state, rebuild=True)
    after = judged.alerts()

    assert after.keys() == before.keys()
    assert judged.mark().run not in {alert.run for alert in before.values()}
    assert_same(judged, clean_run(judged, 16))
    # The next start goes on from where the rebuilt run stands.
    assert judged.judges(finality=16, state=state) == []


def test_a_mismatch_is_said_before_a_block_is_judged(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(*_: object) -> None:
        raise AssertionError("a block was judged")

    monkeypatch.setattr("detectors.engine.engine.Engine.take", judge)
    with pytest.raises(RunMismatch, match="--rebuild"):
        judged.judges(finality=16, state="elsewhere")


def test_a_mismatch_with_the_mark_of_the_version_before_is_said_after_the_first_block(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {"head": HEAD, "hash": "0x" + "ab" * 32, "finality": 8, "run": "0123456789abcdef"}
    judged.leaves_a_mark(json.dumps(old), offset=8)
    heads: list[int] = []
    check = Live._expect_same_run

    def noted(live: Live, engine: object, *rest: object) -> None:
        heads.append(engine.state.number)  # type: ignore[attr-defined]
        check(live, engine, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Live, "_expect_same_run", noted)
    with pytest.raises(RunMismatch, match=r"by run 0123456789abcdef.*--rebuild"):
        judged.judges(finality=8, state="elsewhere")
    assert heads == [1]
    judged.judges(finality=8, rebuild=True)
    assert_same(judged, clean_run(judged, 8))


def test_a_finality_below_an_old_rollback_can_be_chosen(judged: JudgedLog) -> None:
    # Two blocks left the chain: with finality 1 the engine goes back one.
    judged.judges(finality=1, rebuild=True)
    (line,) = judged.books()[0].splitlines()
    assert (json.loads(line)["block_number"], json.loads(line)["status"]) == (2, "final")
    judged.judges(finality=8, rebuild=True)
    assert_same(judged, clean_run(judged, 8))


def test_a_rollback_below_what_is_final_is_mended_by_the_command_that_it_names(
    kafka: str, fresh_chain_id: int, tmp_path: Path
) -> None:
    judged = JudgedLog(kafka, fresh_chain_id, tmp_path)
    judged.publishes(log(fresh_chain_id)[:7])
    judged.judges(finality=1, until=7)
    assert [status_at(alert, 7, 1) for alert in judged.alerts().values()] == ["final", "final"]
    judged.publishes(log(fresh_chain_id)[7:])
    for _ in range(2):
        with pytest.raises(RollbackTooDeep, match="--rebuild"):
            judged.judges(finality=1)
    judged.judges(finality=1, rebuild=True)
    kafka_book, store_book = judged.books()
    assert kafka_book == store_book
    # The one that mallory planted in block 6 is gone with it.
    assert [json.loads(line)["block_number"] for line in kafka_book.splitlines()] == [2]
    assert judged.judges(finality=1) == []


@pytest.mark.parametrize(
    "text",
    ["{" * 3000, *(pytest.param(text, marks=pytest.mark.soak) for text in SAID_BY_OTHERS)],
)
def test_the_mark_of_another_program_is_refused_and_a_rebuild_mends_it(judged: JudgedLog, text: str) -> None:
    judged.leaves_a_mark(text, offset=3)
    with pytest.raises(UnreadableRecord, match=f"{group_of(judged.chain_id)}.*--rebuild"):
        judged.judges(finality=8)
    judged.judges(finality=8, rebuild=True)
    assert_same(judged, clean_run(judged, 8))


def test_a_mark_beyond_the_end_of_the_log_is_refused_and_a_rebuild_mends_it(judged: JudgedLog) -> None:
    judged.leaves_a_mark(note_text(Note(head=HEAD, hash="0x")), offset=1_000_000)
    with pytest.raises(BadInput, match=r"offset 1000000 of chain\.blocks.*--rebuild"):
        judged.judges(finality=8)
    judged.judges(finality=8, rebuild=True)
    assert_same(judged, clean_run(judged, 8))


def test_a_rebuild_before_anything_was_published_publishes_it(
    kafka: str, fresh_chain_id: int, tmp_path: Path
) -> None:
    judged = JudgedLog(kafka, fresh_chain_id, tmp_path)
    judged.publishes(log(fresh_chain_id))
    judged.judges(finality=8, rebuild=True)
    assert_same(judged, clean_run(judged, 8))


def test_a_record_that_is_no_alert_is_set_aside_and_the_rebuild_goes_on(judged: JudgedLog) -> None:
    judged.leaves_a_record(ALERTS, b"key", b"not an alert")
    judged.leaves_a_record(ALERTS, alert_key(judged.chain_id, "x"), b'{"id": "x", "block_number": "high"}')
    said = judged.judges(finality=16, rebuild=True)
    assert sum("set aside fraud.alerts" in line for line in said) == 2
    assert_same(judged, clean_run(judged, 16))


def test_the_withdrawal_comes_before_the_scores_of_the_blocks_that_stand(judged: JudgedLog) -> None:
    judged.judges(finality=16, rebuild=True)
    last = tail(judged.kafka, SCORES, judged.partition, HEAD + 1)
    withdrawal, *blocks = (scores_from(each.key, each.value, judged.chain_id) for each in last)
    assert withdrawal == Superseded(judged.chain_id, 1, judged.mark().run)
    assert [block.block_number for block in blocks] == list(range(1, HEAD + 1))
