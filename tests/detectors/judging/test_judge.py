"""A detector that raises is switched off, from the block that makes it raise, and the others go on."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from detectors.alerts.messages import note_from, note_text
from detectors.base import Detector, Finding, Seen
from detectors.engine.engine import Engine
from detectors.engine.judge import Judge, Off
from detectors.engine.settings import EngineSettings
from detectors.evaluate.recorded.trial import alerts_of
from detectors.runs.live import Live
from detectors.runs.outbox import Outbox
from detectors.runs.replay import Replay
from ingest.lake.writing import LakeWriter
from ingest.model.batch import Rollback
from ingest.model.errors import BadInput, DetectorFailed
from tests.detectors.test_engine import ALICE, BOB, LARGE, LargePayments
from tests.fixtures.frames import ChainBuilder
from tests.fixtures.restarts import begun, restarted
from undertow import app

SETTINGS = EngineSettings(finality=8, epoch_blocks=20)
BAD_BLOCK = 7


class Brittle(LargePayments):
    """Raises at one block; with `only_batches` where it is given several blocks at once, and never else."""

    name = "brittle"
    only_batches = False

    def score(self, seen: Seen) -> list[Finding]:
        blocks = seen.blocks["number"].tolist()
        if (len(blocks) > 1) if self.only_batches else BAD_BLOCK in blocks:
            raise ZeroDivisionError("division by zero\nand more")
        return super().score(seen)


class OutOfMemory(LargePayments):
    name = "out-of-memory"

    def score(self, seen: Seen) -> list[Finding]:
        raise MemoryError


class Doubtful(LargePayments):
    """Its findings can be a gift; those about what is proven say so."""

    name = "doubtful"
    excused_by = ("gift",)
    proven = False

    def _finding(self, seen: Seen, at: int, met: int) -> Finding:
        return replace(super()._finding(seen, at, met), proven=self.proven, explanation="It paid much.")


class Gift:
    """Everything is a gift, but that it raises at one block."""

    kind = "gift"
    settings: object = None
    reads: tuple[str, ...] = ()
    bad_block = -1

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        if finding.block_number == self.bad_block:
            raise KeyError("bow")
        return "it is a birthday"


def payday(blocks: int) -> ChainBuilder:
    """Alice pays bob much in every block."""
    chain = ChainBuilder(first_block=1)
    for _ in range(blocks):
        chain.block().native(ALICE, BOB, LARGE)
    return chain


def judged(detectors: list[Detector], chain: ChainBuilder, cut: int, *explanations: Gift) -> Engine:
    """An engine that took the chain in batches of `cut` blocks."""
    made = Engine(1, detectors, SETTINGS, keep_all=True, explanations=explanations)
    batch = chain.batch()
    for first in range(batch.first, batch.last + 1, cut):
        made.take(batch.slice(first, min(batch.last, first + cut - 1)))
    return made


@pytest.mark.parametrize("cut", [1, 4, 12])
def test_it_is_off_from_the_block_that_raises_alone_wherever_batches_are_cut(cut: int) -> None:
    made = judged([Brittle(), LargePayments()], payday(12), cut)

    assert made.state.off == {"brittle": Off(BAD_BLOCK, "ZeroDivisionError: division by zero")}
    seen = {alert.detector: alert.updated_block for alert in made.standing()}
    assert seen == {"brittle": BAD_BLOCK - 1, "large-payments": 12}


def test_what_raises_in_batches_only_is_heard_block_by_block() -> None:
    brittle = Brittle()
    brittle.only_batches = True

    made = judged([brittle], payday(12), 4)

    assert made.state.off == {}
    assert [alert.updated_block for alert in made.standing()] == [12]


def test_a_block_that_leaves_the_chain_takes_the_fault_back() -> None:
    chain = payday(8)
    made = judged([Brittle()], chain, 1)
    batch = chain.batch()

    made.take(Rollback(1, BAD_BLOCK - 1, bytes(batch.blocks["block_hash"][BAD_BLOCK - 2])))

    assert made.state.off == {}


@pytest.mark.parametrize("to", range(BAD_BLOCK, 12))
def test_a_rollback_above_it_leaves_it_off(to: int) -> None:
    chain = payday(12)
    made, batch = judged([Brittle()], chain, 1), chain.batch()

    made.take(Rollback(1, to, bytes(batch.blocks["block_hash"][to - 1])))

    assert made.state.off == {"brittle": Off(BAD_BLOCK, "ZeroDivisionError: division by zero")}


def test_it_stays_off_after_a_restart(tmp_path: Any) -> None:
    made = begun(Engine(1, [Brittle()], SETTINGS, folder=tmp_path / "first"))
    for batch in payday(30).batches(5):
        made.take(batch, batch.last)

    again, _ = restarted(made, tmp_path / "second")

    assert again.state.off == {"brittle": Off(BAD_BLOCK, "ZeroDivisionError: division by zero")}


def test_want_of_memory_is_the_machines_fault_and_ends_the_run() -> None:
    with pytest.raises(MemoryError):
        judged([OutOfMemory()], payday(2), 1)


def test_an_explanation_lowers_a_finding_and_says_why() -> None:
    (alert,) = judged([Doubtful()], payday(3), 1, Gift()).standing()

    assert alert.suppressed_by == {"kind": "gift", "id": None, "reason": "it is a birthday"}


def test_a_proven_loss_is_not_excused_but_the_excuse_is_noted() -> None:
    doubtful = Doubtful()
    doubtful.proven = True

    (alert,) = judged([doubtful], payday(1), 1, Gift()).standing()

    assert alert.suppressed_by is None
    assert alert.explanation == "It paid much. It looks like gift (it is a birthday), but the loss is proven."


@pytest.mark.parametrize("cut", [1, 5])
def test_an_explanation_that_raises_is_off_and_what_is_found_later_stands(cut: int) -> None:
    gift = Gift()
    gift.bad_block = 3

    made = judged([Doubtful()], payday(5), cut, gift)

    assert made.state.off == {"explanation gift": Off(3, "KeyError: 'bow'")}
    (alert,) = made.standing()
    assert (alert.suppressed_by, alert.block_number) == (None, 3)


def test_an_excuse_that_nobody_wrote_is_refused_at_the_start() -> None:
    with pytest.raises(BadInput, match="detector doubtful is excused by 'gift', but no file"):
        Judge([Doubtful()], [])


def test_the_operator_is_told_what_is_off_once_and_the_mark_says_it_from_then_on(tmp_path: Path) -> None:
    said: list[str] = []
    live = Live("nowhere:1", 1, [Brittle()], tmp_path, SETTINGS, said.append)
    engine = Engine(1, [Brittle()], SETTINGS)
    batch = payday(9).batch()
    for number in range(1, 10):
        live._taken(engine, batch.slice(number, number), number)

    assert said == [
        "detect: chain 1: brittle raised and is off from block 7 on (ZeroDivisionError: division by zero): "
        "the others go on; report this, and give --rebuild once it is mended"
    ]
    note = Outbox(cast(Any, None), 0, 1, 64).note(engine)
    assert note_from(note_text(note)).off == {"brittle": BAD_BLOCK}


def test_whoever_judges_a_lake_is_told_what_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.registry.detectors", lambda: (Brittle(),))
    LakeWriter(tmp_path / "lake").write(payday(9).batch())

    ran = CliRunner().invoke(
        app, ["detect", "--lake", str(tmp_path / "lake"), "--alerts", str(tmp_path / "book")]
    )

    assert ran.exit_code == 0
    assert (
        "detect: brittle raised and is off from block 7 on (ZeroDivisionError: division by zero): the others "
        "went on; report this, and judge the lake again once it is mended"
    ) in ran.stderr


def test_figures_that_leave_out_a_detector_are_refused() -> None:
    with pytest.raises(DetectorFailed, match=r"^brittle raised and is off from block 7 on \(ZeroDivision"):
        alerts_of([payday(9).batch()], [Brittle()])


def test_who_judges_a_log_anew_is_told_what_is_off() -> None:
    said: list[str] = []
    engine = Engine(1, [Brittle()], SETTINGS)
    replay = Replay(1, engine, cast(Any, None), said.append, threading.Event(), 0)
    batch = payday(9).batch()
    for number in range(1, 10):
        replay._judge(batch.slice(number, number), number)
    replay.scores.close()

    (line,) = said
    assert line.startswith("detect: chain 1: brittle raised and is off from block 7 on (ZeroDivisionError")
