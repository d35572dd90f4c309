"""Habits played on a stage of their own, without anybody else, and what came of each transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from types import ModuleType

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.deployment import blocks_of
from ingest.localchain.chain.miner import Mined, Miner
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.play.setting import set_stage
from ingest.localchain.world.stage import Habit, Stage


@dataclass(frozen=True)
class Lived:
    """What habits did on a stage of their own."""

    stage: Stage
    sent: tuple[Transaction, ...]
    mined: tuple[Mined, ...]

    def to(self, address: str) -> list[Mined]:
        return [m for t, m in zip(self.sent, self.mined, strict=True) if t.to == address]


@contextmanager
def lived(origin_rpc: str, habits: Sequence[ModuleType], blocks: int, per_block: int = 20) -> Iterator[Lived]:
    """Modules of `honest/`, begun as a simulation begins them and played for so many blocks on a fork."""
    with fork(origin_rpc) as node:
        miner = Miner.start(node.url)
        stage = set_stage(Random(6), miner, ensure_world(miner), per_block)
        openings = [module.begin(stage, per_block) for module in habits]
        for block in blocks_of([grant for opening in openings for grant in opening.grants]):
            assert all(mined.ok for mined in miner.mine(block))
        sent, mined = live(miner, [habit for opening in openings for habit in opening.habits], blocks)
        yield Lived(stage, tuple(sent), tuple(mined))


def live(miner: Miner, habits: Sequence[Habit], blocks: int) -> tuple[list[Transaction], list[Mined]]:
    """What they sent in so many blocks, in the order of the habits, and what became of it."""
    sent: list[Transaction] = []
    mined: list[Mined] = []
    parts = [next(habit) for habit in habits]
    for _ in range(blocks):
        done = iter(miner.mine([t for part in parts for t in part]))
        news = [[next(done) for _ in part] for part in parts]
        sent += [t for part in parts for t in part]
        mined += [m for part in news for m in part]
        parts = [habit.send(part) for habit, part in zip(habits, news, strict=True)]
    return sent, mined
