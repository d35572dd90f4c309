"""A rebuild that is killed at any moment is ended by the next start: everything is as if judged once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from dashboard.filing.export import from_kafka
from detectors.registry import detectors
from detectors.runs import outbox
from ingest.machine.processes import Child
from ingest.model.errors import BadInput, RunMismatch
from tests.parity.judged_log import (
    HEAD,
    OTHER_CHAINS,
    JudgedLog,
    Killed,
    assert_same,
    at_each_transaction,
    clean_run,
    goes_on,
    is_killed,
    judged_once,
    log,
)
from tests.parity.test_rebuild import judged

__all__ = ["judged"]  # pytest finds the fixture here

pytestmark = pytest.mark.broker

BEFORE_ANYTHING, AFTER_THE_MARK = 0, 1


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty blocks do not fit one transaction."""
    monkeypatch.setattr(outbox, "CHUNK_RECORDS", 15)


def test_killed_before_anything_it_was_never_there(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = judged.mark()
    assert is_killed(judged, monkeypatch, BEFORE_ANYTHING)
    assert judged.mark() == before
    with pytest.raises(RunMismatch, match="--rebuild"):
        judged.judges(finality=16)
    assert judged.judges(finality=8) == []


def test_killed_in_the_middle_a_plain_start_ends_it(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_killed(judged, monkeypatch, 2)
    assert judged.mark().rebuilding
    with pytest.raises(BadInput, match="judged anew"):
        from_kafka(judged.kafka, judged.chain_id)
    assert "judged anew" in judged.judges(finality=16)[0]
    assert_same(judged, clean_run(judged, 16))


@pytest.mark.soak
def test_killed_at_any_transaction_a_plain_start_ends_it(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean, number = clean_run(judged, 16), AFTER_THE_MARK
    while is_killed(judged, monkeypatch, number):
        assert judged.mark().rebuilding
        with pytest.raises(BadInput, match="judged anew"):
            from_kafka(judged.kafka, judged.chain_id)
        assert "judged anew" in judged.judges(finality=16)[0]
        assert_same(judged, clean)
        judged.judges(finality=8, rebuild=True)  # back to the old run, for the next kill
        number += 1
    # Before the first chunk, between three (an alert, the withdrawal, forty blocks), and before the end.
    assert number - AFTER_THE_MARK == 4
    assert_same(judged, clean)


def test_a_chain_that_is_judged_anew_leaves_the_books_of_the_others_to_be_exported(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = clean_run(judged, 16)
    assert is_killed(judged, monkeypatch, AFTER_THE_MARK)
    books = {chain.chain_id: chain for chain in from_kafka(judged.kafka)}
    assert books[other.chain_id].book() == from_kafka(judged.kafka, other.chain_id)[0].book() != []
    halfway = books[judged.chain_id]
    assert halfway.book() == []
    assert halfway.unreadable == (
        "all it has: it is being judged anew, and its alerts are partly of the run before: "
        "let `undertow detect` finish that, then export again",
    )


def test_the_start_that_repeats_it_is_killed_as_well(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (3, 2, 1, 4):
        is_killed(judged, monkeypatch, number)
        judged.files()  # what is half another run's is filed meanwhile
    judged.judges(finality=16)
    assert_same(judged, clean_run(judged, 16))


def test_a_second_rebuild_over_a_killed_one_with_yet_other_settings(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_killed(judged, monkeypatch, 2)
    with pytest.raises(RunMismatch, match="--rebuild"):
        judged.judges(finality=8)  # the old run does not go on with what is half another's
    judged.judges(finality=12, rebuild=True)
    assert_same(judged, clean_run(judged, 12))


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(
            "detectors.engine.checkpoint.save", id="before-state-is-written", marks=pytest.mark.soak
        ),
        pytest.param("detectors.memory.memory.Memory.move", id="before-it-is-moved", marks=pytest.mark.soak),
        pytest.param("detectors.memory.append_only.AppendOnly.move", id="when-its-files-were-moved"),
    ],
)
def test_killed_after_the_difference_the_next_start_repeats_it(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """State is put in its place before the mark says that it is done."""

    def die(*_: object) -> bool:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(place, die)
        judged.judges(finality=16, rebuild=True)
    assert judged.mark().rebuilding
    assert judged.judges(finality=16) != []
    assert_same(judged, clean_run(judged, 16))
    assert judged.judges(finality=16) == []


def test_a_rebuild_that_ended_before_it_sent_anything_leaves_the_old_state_to_go_on(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = judged.folder / "state"
    head = state / f"chain-{judged.chain_id}" / "head.json"
    before = judged.mark(), head.read_bytes()
    assert is_killed(judged, monkeypatch, 0)
    assert list((state / "rebuild").rglob("*.*"))
    assert (judged.mark(), head.read_bytes()) == before
    assert judged.judges(finality=8) == []
    assert list((state / "rebuild").rglob("*.*")) == []


def test_state_that_a_rebuild_elsewhere_has_left_behind_is_passed_over(judged: JudgedLog) -> None:
    judged.judges(finality=16, state="elsewhere", rebuild=True)
    (said,) = judged.judges(finality=16)
    assert said.endswith("the checkpoint is of a run before: it is passed over")
    assert_same(judged, clean_run(judged, 16))


@pytest.mark.parametrize("number", [1, *(pytest.param(number, marks=pytest.mark.soak) for number in (0, 2))])
def test_asked_to_end_in_the_middle_it_ends_and_the_next_start_repeats_it(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    stop = threading.Event()
    with at_each_transaction(monkeypatch, lambda at: stop.set() if at == number else None):
        said = judged.judges(finality=16, rebuild=True, stop=stop)
    assert said[-1].endswith("the next start repeats it")
    assert judged.mark().rebuilding
    judged.judges(finality=16)
    assert_same(judged, clean_run(judged, 16))


@pytest.mark.parametrize("number", [1, *(pytest.param(number, marks=pytest.mark.soak) for number in (0, 3))])
def test_a_rollback_that_comes_meanwhile_is_followed(
    judged: JudgedLog, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def reorganise(at: int) -> None:
        if at == number:
            judged.publishes(goes_on(judged.chain_id))

    with at_each_transaction(monkeypatch, reorganise):
        judged.judges(finality=16, rebuild=True, until=42)
    other = next(OTHER_CHAINS)
    assert_same(judged, judged_once(judged, 16, [*log(other), *goes_on(other)], until=42))


@pytest.mark.slow
@pytest.mark.parametrize(
    "wait", [3.2, *(pytest.param(wait, marks=pytest.mark.soak) for wait in (2.0, 2.6, 4.0, 5.0))]
)
def test_kill_9_of_the_command(judged: JudgedLog, wait: float) -> None:
    judged.those = detectors
    words = ["detect", "--kafka", judged.kafka, "--chain-id", str(judged.chain_id)]
    more = ["--state", str(judged.folder / "state"), "--finality", "16", "--until-block", str(HEAD)]
    argv = [sys.executable, "-m", "undertow", *words, *more]
    with Child.start("detect", [*argv, "--rebuild"], log=judged.folder / "log") as child:
        time.sleep(wait)
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
            child.process.wait(10)
    begun = judged.mark().finality == 16
    with Child.start("detect", argv, log=judged.folder / "log") as again:
        assert again.process.wait(120) == (0 if begun else 1), again.last_lines()
    if begun:
        assert_same(judged, clean_run(judged, 16))
