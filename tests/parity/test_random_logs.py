"""Promises 2 and 3 as a property: however a chain is cut, taken back and restarted, book, scores and all that
is remembered are those of a reader who read it once.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.models.schedule import Schedule
from detectors.parts.horizons import Horizons
from detectors.registry import detectors
from ingest.model.batch import Event, Rollback
from tests.contract.told import Book, Told
from tests.fixtures.frames import ChainBuilder
from tests.fixtures.restarts import begun, restarted
from tests.parity.random_log import random_chain, random_log

SMALL = Horizons(wallets_cap=12, told_cap=10)
"""So that tables also forget early."""

OFTEN = Schedule(first=(20, 30, 45), first_wait=5, every=30, wait=12)

Seen = tuple[Book, str]


def settings(finality: int, epoch: int) -> EngineSettings:
    return EngineSettings(
        finality=finality, epoch_blocks=epoch, score_floor=0.0, horizons=SMALL, schedule=OFTEN
    )


def engine(folder: Path | None, own: EngineSettings, follows: bool = True) -> Engine:
    return Engine(1, detectors(), own, follows, folder=folder)


def ended(made: Engine, told: Told) -> Seen:
    seen = told.book(made.state.number, made.settings.finality), made.state.memory.digest()
    made.close()
    return seen


def read_once(chain: ChainBuilder, own: EngineSettings) -> Seen:
    made, told = engine(None, own, follows=False), Told()
    told.take(made.take(chain.batch()))
    assert made.state.memory.early_ageings(), "some table forgot early"
    return ended(made, told)


def holds(seed: int, blocks: int, finality: int, epoch: int, folder: Path, crashes: int) -> list[Event]:
    rng, own = Random(seed), settings(finality, epoch)
    chain = random_chain(rng, blocks, first=10)
    log, expected = random_log(chain, rng, finality, epoch), read_once(chain, own)
    killed = set(rng.sample(range(1, len(log)), min(crashes, len(log) - 1)))
    made, told = begun(engine(folder / "first", own)), Told()
    for offset, event in enumerate(log, start=1):
        told.take(made.take(event, offset))
        if offset in killed:
            again = gone_on(made, told.copy(), log, offset, folder / "second", rng.random() < 0.7)
            assert again == expected, f"seed {seed}: killed after event {offset}"
    assert ended(made, told) == expected, f"seed {seed}"
    return log


def gone_on(made: Engine, told: Told, log: list[Event], crash: int, folder: Path, save: bool) -> Seen:
    """What another engine ends with, from what lies on disk."""
    other, start = restarted(made, folder, save)
    for offset, event in enumerate(log[start or 0 :], start=(start or 0) + 1):
        output = other.take(event, offset)
        if offset > crash:
            told.take(output)
    return ended(other, told)


@pytest.mark.parametrize(("seed", "finality", "epoch"), [(1, 8, 5), (2, 12, 3), (3, 64, 20)])
def test_any_way_to_a_chain_ends_in_the_same_book_and_memory(
    seed: int, finality: int, epoch: int, tmp_path: Path
) -> None:
    log = holds(
        seed, blocks=60 if finality < 64 else 90, finality=finality, epoch=epoch, folder=tmp_path, crashes=2
    )
    assert sum(isinstance(event, Rollback) for event in log) > 2


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(100, 130))
def test_any_way_to_a_long_chain_ends_in_the_same_book_and_memory(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    finality, epoch = rng.choice(((64, 20), (64, 7), (32, 50), (5, 1), (1, 4), (16, 5)))
    holds(seed, rng.randint(100, 300), finality, epoch, tmp_path, crashes=4)
