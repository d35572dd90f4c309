"""A lake judged by an engine and scorers apart ends in the book of one process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from detectors.base import Detector, Finding, Seen
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.memory.copying import counts
from detectors.memory.digest import add_part
from detectors.memory.memory import Memory
from detectors.registry import detectors
from detectors.runs.distributed.pipeline import Pipeline
from detectors.runs.over_lake import Judged, LakeRun, Taker
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from tests.detectors.distributed_here import Here
from tests.fixtures.few import few_detectors
from tests.fixtures.frames import ChainBuilder, address
from tests.parity.random_log import random_chain

SETTINGS = EngineSettings(finality=4, epoch_blocks=5)


class Apart(LakeRun):
    """With two scorers; `crew` is that of the last engine."""

    crew: Here
    pipeline: Pipeline

    def begun(self) -> Taker:
        def crew(start: object) -> Here:
            self.crew = Here(start, 2)  # type: ignore[arg-type]
            return self.crew

        engine = Engine(self.chain_id, self.detectors, self.settings, follows=False, keep_all=True)
        self.pipeline = Pipeline(engine, crew)
        return self.pipeline


def said(judged: Judged) -> tuple[object, ...]:
    alerts = sorted(alert.to_json() for alert in judged.alerts)
    return alerts, judged.scores, judged.off, judged.head, judged.blocks, judged.gaps, judged.transfers


def judges(kind: type[LakeRun], lake: Lake, by: Sequence[Detector], blocks: int = 7) -> LakeRun:
    return kind(lake, 1, by, SETTINGS, allow_gaps=True, blocks=blocks, keep_scores=True)


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
    lake = lake_of(tmp_path, random_chain(Random(7), 90, 1))
    alone = judges(LakeRun, lake, detectors()).run(None, None, silent)
    apart = judges(Apart, lake, detectors())
    assert isinstance(apart, Apart)

    assert said(apart.run(None, None, silent)) == said(alone)
    assert alone.alerts
    memory = apart.pipeline.engine.state.memory
    for scorer in apart.crew.scorers:
        assert digests(scorer._memory) == digests(memory)


class Stumbles:
    """Finds alice in each block, until it raises in block 23."""

    name, catches, needs = "stumbles", ("layering",), "transfers"
    settings: object = None
    reads = ("trails",)
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
    by = [Stumbles(), *few_detectors()]  # type: ignore[list-item]
    alone, apart = (judges(kind, lake, by).run(None, None, silent) for kind in (LakeRun, Apart))

    assert said(apart) == said(alone)
    assert (apart.off["stumbles"].block, apart.gaps) == (23, 1)
    assert any(alert.detector == "stumbles" and alert.block_number > 40 for alert in apart.alerts)


@pytest.mark.parametrize("blocks", [1, 50])
def test_it_does_not_matter_how_blocks_are_cut(tmp_path: Path, blocks: int) -> None:
    lake = lake_of(tmp_path, random_chain(Random(11), 60, 1))
    alone = judges(LakeRun, lake, few_detectors()).run(None, None, silent)

    assert said(judges(Apart, lake, few_detectors(), blocks).run(None, None, silent)) == said(alone)
