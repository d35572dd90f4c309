"""A lake judged by an engine and scorers apart ends in the book of one process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from detectors.base import Detector, Finding, Seen, Tier
from detectors.engine.settings import EngineSettings
from detectors.memory.copying import counts
from detectors.memory.digest import add_part
from detectors.memory.memory import Memory
from detectors.registry import detectors
from detectors.runs.distributed.pipeline import Pipeline
from detectors.runs.distributed.run import Distributed, Order, order_of, run_of
from detectors.runs.distributed.scorer import Start
from detectors.runs.over_lake import Judged, LakeRun
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.machine.progress import Progress
from ingest.model.errors import BadInput
from tests.detectors.distributed_here import Here
from tests.fixtures.few import few_detectors
from tests.fixtures.frames import ChainBuilder, address
from tests.parity.random_log import random_chain
from undertow import app

SETTINGS = EngineSettings(finality=4, epoch_blocks=5)


def order(lake: Lake, by: Sequence[Detector], state: Path | None = None) -> Order:
    run = LakeRun(lake, 1, by, SETTINGS, allow_gaps=True, keep_scores=True)
    return replace(order_of(run, None, None, state), save_every_s=0.0)


def apart(lake: Lake, by: Sequence[Detector], blocks: int = 7, state: Path | None = None) -> Distributed:
    """With two scorers."""
    return replace(run_of(order(lake, by, state), partial(Here, count=2)), blocks=blocks)


def alone(lake: Lake, by: Sequence[Detector]) -> Judged:
    run = LakeRun(lake, 1, by, SETTINGS, allow_gaps=True, blocks=7, keep_scores=True)
    return run.run(None, None, silent)


def said(judged: Judged) -> tuple[object, ...]:
    alerts = sorted(alert.to_json() for alert in judged.alerts)
    return alerts, judged.scores, judged.off, judged.head, judged.blocks, judged.gaps, judged.transfers


def lake_of(folder: Path, chain: ChainBuilder, *ranges: tuple[int, int]) -> Lake:
    writer = LakeWriter(folder)
    for first, last in ranges or [(chain.batch().first, chain.head)]:
        writer.write(chain.batch(first, last))
    return Lake.open(folder)


def digests(memory: Memory) -> dict[str, str]:
    """Of all that is copied, by name."""
    found = {}
    for name in counts(memory):
        whole = hashlib.sha256()
        if name != "names":  # what is learned of a name is not copied
            add_part(whole, memory.parts[name], memory.aged_time)
        found[name] = whole.hexdigest()
    return found


def silent(_progress: object) -> None: ...


def test_scorers_apart_find_what_one_process_finds_and_remember_the_same(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, random_chain(Random(7), 60, 1))
    crews: list[Here] = []

    def crew(start: Start) -> Here:
        crews.append(Here(start, 2))
        return crews[-1]

    run = run_of(order(lake, detectors()), crew)
    taker = run.begun()
    assert isinstance(taker, Pipeline)
    for batch in lake.batches(1, blocks=13):
        taker.take(batch)
    taker.finish()
    taker.end()
    judged = run.run(None, None, silent)

    assert said(judged) == said(alone(lake, detectors()))
    assert judged.alerts
    for scorer in crews[0].scorers:
        assert digests(scorer._memory) == digests(taker.engine.state.memory)


class Stumbles:
    """Finds alice in each block, until it raises in block 23."""

    name = "stumbles"
    catches: tuple[str, ...] = ("layering",)
    needs: Tier = "transfers"
    settings: object = None
    reads: tuple[str, ...] = ("trails",)
    excused_by = ("arbitrage",)

    def score(self, seen: Seen) -> list[Finding]:
        numbers, times = (seen.blocks[name].tolist() for name in ("number", "time"))
        if 23 in numbers:
            raise RuntimeError("at block 23")
        return [
            Finding(number, time, "layering", "wallet", address("alice"), 0.9, "low", b"", (), ())
            for number, time in zip(numbers, times, strict=True)
        ]


def test_who_raises_is_off_from_the_same_block_on_and_gaps_begin_anew(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, random_chain(Random(3), 60, 1), (1, 30), (41, 60))
    by: list[Detector] = [Stumbles(), *few_detectors()]
    judged = apart(lake, by).run(None, None, silent)

    assert said(judged) == said(alone(lake, by))
    assert (judged.off["stumbles"].block, judged.gaps) == (23, 1)
    assert any(alert.detector == "stumbles" and alert.block_number > 40 for alert in judged.alerts)


@pytest.mark.parametrize("blocks", [1, 50])
def test_it_does_not_matter_how_blocks_are_cut(tmp_path: Path, blocks: int) -> None:
    lake = lake_of(tmp_path, random_chain(Random(11), 60, 1))
    judged = apart(lake, few_detectors(), blocks).run(None, None, silent)

    assert said(judged) == said(alone(lake, few_detectors()))


@pytest.mark.parametrize("ended_at", [3, pytest.param(8, marks=pytest.mark.soak)])
def test_a_run_that_was_ended_goes_on_from_what_it_kept(tmp_path: Path, ended_at: int) -> None:
    lake = lake_of(tmp_path / "lake", random_chain(Random(5), 90, 1), (1, 40), (41, 90))
    first = apart(lake, detectors(), state=tmp_path / "state").steps(None, None)
    for _ in range(ended_at):
        next(first)
    del first  # the generator ends, and with it the run

    again = list(apart(lake, detectors(), state=tmp_path / "state").steps(None, None))

    assert isinstance(again[0], Progress) and again[0].done > 7  # the first seven blocks were kept
    assert isinstance(again[-1], Judged)
    assert said(again[-1]) == said(alone(lake, detectors()))


def test_state_of_another_run_is_refused_in_one_line(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake", random_chain(Random(5), 40, 1))
    first = apart(lake, few_detectors(), state=tmp_path / "state").steps(None, None)
    for _ in range(3):
        next(first)
    del first

    with pytest.raises(BadInput, match="keeps another lake run, or a damaged one: remove it"):
        apart(lake, detectors(), state=tmp_path / "state").run(None, None, silent)


def test_a_live_run_is_one_process() -> None:
    told = CliRunner().invoke(app, ["detect", "--chain-id", "1", "--ray", "local"])

    assert told.exit_code == 2
    assert "--lake and --alerts with it" in told.output
