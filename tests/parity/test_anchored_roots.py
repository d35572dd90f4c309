"""Roots that are anchored live are those that a lake gives, through any cut, reorganisation, restart."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from dashboard.outside.anchoring.dry_run import DryRun, DryStretch
from dashboard.outside.anchoring.planning import Plan, Planner
from dashboard.store import open_anchors, open_writer
from dashboard.store.anchors import StretchRow
from detectors.alerts.messages import BlockScores, RolledBack, ScoreRecord
from detectors.base import hexed
from detectors.engine.engine import Engine
from detectors.engine.output import Output
from detectors.engine.settings import EngineSettings
from ingest.lake.writing import LakeWriter
from ingest.model.batch import Event, Rollback
from tests.dashboard.alerts import Filing
from tests.detectors.test_engine import LargePayments
from tests.fixtures.frames import ChainBuilder
from tests.fixtures.restarts import begun, restarted
from tests.parity.random_log import random_chain, random_log

CHAIN, FINALITY, SIZE, BLOCKS = 1, 8, 50, 170
SETTINGS = EngineSettings(finality=FINALITY)


def scores(event: Event, output: Output) -> tuple[ScoreRecord, ...]:
    if isinstance(event, Rollback):
        return (RolledBack(CHAIN, event.number, hexed(event.hash)),)
    return tuple(BlockScores(CHAIN, number, hexed(name), time, ()) for number, name, time in output.blocks)


def engine(folder: Path) -> Engine:
    return begun(Engine(CHAIN, [LargePayments()], SETTINGS, folder=folder))


class Live:
    """Detection of a log, and the sink; `anchors` plans what is final, as `undertow anchor` does."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.store = folder, f"sqlite:///{folder}/store.db"
        self.filing = Filing(open_writer(self.store), FINALITY, CHAIN)

    def files(self, made: Engine, event: Event, offset: int) -> None:
        output = made.take(event, offset)
        self.filing.run = made.run_name()
        self.filing.file(*output.alerts, blocks=scores(event, output))

    def anchors(self, planned: list[StretchRow]) -> None:
        with open_anchors(self.store) as anchors:
            planner = Planner(anchors, Plan(CHAIN, SIZE))
            while (row := planner.at(planned[-1].last + 1 if planned else 0)) is not None:
                planned.append(row)

    def roots(self, log: list[Event], anchored_after: set[int], killed: set[int]) -> list[DryStretch]:
        made, planned = engine(self.folder / "state"), list[StretchRow]()
        for offset, event in enumerate(log, start=1):
            self.files(made, event, offset)
            if offset in anchored_after:
                self.anchors(planned)
            if offset in killed:
                made = self.again(made, log, offset)
        self.anchors(planned)
        made.close()
        return [DryStretch(row.first, row.last, row.leaves, row.root, row.run) for row in planned]

    def again(self, made: Engine, log: list[Event], offset: int) -> Engine:
        """Another process: what the first had sent is judged again, and not sent again."""
        other, start = restarted(made, self.folder / f"after-{offset}")
        made.close()
        for place, event in enumerate(log[start or 0 : offset], start=(start or 0) + 1):
            other.take(event, place)
        return other


def lake_of(chain: ChainBuilder, folder: Path, dice: Random) -> Path:
    """In ranges of any length."""
    writer, at = LakeWriter(folder), chain.batch().first
    while at <= chain.head:
        last = min(chain.head, at + dice.randint(5, 70))
        writer.write(chain.batch(at, last))
        at = last + 1
    return folder


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [5, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(20, 40))])
def test_live_late_and_dry_roots_are_the_same(seed: int, tmp_path: Path) -> None:
    dice = Random(seed)
    chain = random_chain(dice, BLOCKS, first=3)
    log = random_log(chain, dice, FINALITY, SETTINGS.epoch_blocks)
    places = range(1, len(log) + 1)

    at_once = Live(tmp_path / "at-once").roots(log, set(places), set())
    some, three = set(dice.sample(places, len(log) // 3)), set(dice.sample(places, 3))
    restarted_often = Live(tmp_path / "restarted").roots(log, some, three)
    days_later = Live(tmp_path / "late").roots(log, set(), set())
    dry = DryRun(lake_of(chain, tmp_path / "lake", dice), CHAIN, SETTINGS, SIZE, [LargePayments()])
    from_lake = list(dry.stretches(0))

    assert at_once == restarted_often == days_later == from_lake
    assert sum(isinstance(event, Rollback) for event in log) > 2
    assert len(at_once) == 3 and all(each.leaves for each in at_once)
