"""Detection on stand-by judges what the process that works has judged, no further, in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

import undertow as undertow_app
from detectors.alerts.messages import Note, note_text
from detectors.engine.settings import EngineSettings
from detectors.runs.live import Live
from detectors.runs.published import output_mark
from detectors.runs.standing_by import StandbyState
from ingest.model.errors import BadInput, RunMismatch
from tests.parity.judged_log import HEAD, JudgedLog, goes_on
from tests.parity.test_rebuild import judged

__all__ = ["judged"]  # pytest finds the fixture here

pytestmark = pytest.mark.broker


@dataclass
class Standby:
    log: JudgedLog
    live: Live
    state: StandbyState

    def head(self) -> int:
        engine = self.state._engine
        assert engine is not None
        return engine.state.number

    def steps_to(self, block: int) -> None:
        for _ in range(100):
            self.state.step()
            if self.head() == block:
                return
        pytest.fail(f"it stands at {self.head()}")

    def files(self) -> list[Path]:
        return [path for path in self.live.state_dir.rglob("*") if path.is_file()]


def standing_by(log: JudgedLog, folder: str, finality: int = 8) -> Standby:
    settings = EngineSettings(finality=finality)
    live = Live(log.kafka, log.chain_id, log.those(), log.folder / folder, settings, standby_s=5.0)
    opening = (live._opened, live._judged_again, live._save)
    return Standby(log, live, StandbyState(log.kafka, log.chain_id, log.partition, *opening))


@pytest.fixture
def standby(judged: JudgedLog) -> Iterator[Standby]:
    made = standing_by(judged, "other")
    with closing(made.state):
        yield made


def test_it_follows_the_mark_and_never_passes_it(standby: Standby) -> None:
    standby.steps_to(HEAD)
    standby.log.publishes(goes_on(standby.log.chain_id))
    for _ in range(5):
        standby.state.step()
    assert standby.head() == HEAD
    mark = output_mark(standby.log.kafka, standby.log.chain_id, standby.log.partition)
    assert mark is not None
    taken = standby.state.taken(mark)
    assert taken is not None
    with closing(taken[0]):
        assert (taken[0].state.number, taken[1]) == (HEAD, mark.offset)


def test_it_keeps_a_checkpoint_of_its_own_from_which_it_begins_again(standby: Standby) -> None:
    standby.steps_to(HEAD)
    standby.state.end()
    assert standby.files()
    again = standing_by(standby.log, "other")
    with closing(again.state):
        again.state.step()
        assert again.state._offset is not None
        again.steps_to(HEAD)


def test_while_the_other_judges_the_log_anew_it_lets_go_and_waits(standby: Standby) -> None:
    standby.steps_to(HEAD)
    mark = output_mark(standby.log.kafka, standby.log.chain_id, standby.log.partition)
    assert mark is not None
    note = mark.note()
    anew = Note(head=0, hash="0x", run=note.run, finality=8, anchor=note.anchor, rebuilding=True)
    standby.log.leaves_a_mark(note_text(anew), mark.offset)
    standby.state.step()
    assert standby.state._engine is None
    standby.log.leaves_a_mark(note_text(note), mark.offset)
    standby.steps_to(HEAD)


def test_state_of_another_run_leads_nowhere(standby: Standby) -> None:
    standby.steps_to(HEAD)
    mark = output_mark(standby.log.kafka, standby.log.chain_id, standby.log.partition)
    assert mark is not None
    back = type(mark)(mark.chain_id, mark.offset - 1, mark.text)
    assert standby.state.taken(back) is None  # it has judged more than was published
    assert standby.state.taken(None) is None


def test_a_folder_that_the_other_one_uses_is_refused_in_one_line(standby: Standby) -> None:
    standby.steps_to(HEAD)
    second = standing_by(standby.log, "other")
    with (
        closing(second.state),
        pytest.raises(BadInput, match="is used by another undertow detect: stop") as no,
    ):
        second.state.step()
    assert "\n" not in str(no.value)


def test_other_settings_than_those_of_who_works_are_refused_before_anything_is_taken(
    judged: JudgedLog,
) -> None:
    other = standing_by(judged, "other", finality=16)
    with closing(other.state), pytest.raises(RunMismatch, match="other settings"):
        other.state.step()


def test_a_rebuild_does_not_stand_by() -> None:
    asked = ["detect", "--chain-id", "5", "--rebuild", "--standby", "5"]
    outcome = CliRunner().invoke(undertow_app.app, asked)
    assert outcome.exit_code == 2
    assert "give it without --standby" in " ".join(outcome.output.split())
