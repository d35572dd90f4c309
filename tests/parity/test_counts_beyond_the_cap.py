"""Promise 3 for what an alert counts and does not show: the same in any cut, after rollbacks and restarts."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from ingest.model.batch import Event
from tests.contract.background import background
from tests.contract.stories import positives
from tests.contract.story import tell
from tests.contract.test_teeth import Everybody
from tests.contract.told import Told, book_of
from tests.contract.worlds import World, reorganised
from tests.fixtures.frames import ChainBuilder
from tests.fixtures.restarts import begun, restarted

SETTINGS = EngineSettings(finality=8, epoch_blocks=10, quiet_seconds=300, evidence_rows=2, roles=1, counted=9)
BLOCKS = 60


@pytest.fixture(scope="module")
def world() -> World:
    """Sixty blocks of a town, where some pay a dozen times before they are quiet for five minutes."""
    chain, stories = ChainBuilder(first_block=1), tuple(positives("layering", 4))
    tell(chain, [(5 * at, story.acts) for at, story in enumerate(stories)], background(chain, Random(4)))
    assert chain.head >= BLOCKS
    return World(chain, stories)


@pytest.fixture(scope="module")
def expected(world: World) -> list[str]:
    lines, _ = book_of([Everybody()], [world.batch], SETTINGS)
    counts = [json.loads(line)["measured"] for line in lines]
    assert {count["evidence_rows"] for count in counts} >= set(range(1, 10)), "below, at and beyond every cap"
    assert any("counting_ended_at" in count for count in counts)
    return lines


@pytest.mark.parametrize("size", [1, 4, 17])
def test_any_cut_counts_the_same(world: World, expected: list[str], size: int) -> None:
    assert book_of([Everybody()], world.chain.batches(size), SETTINGS)[0] == expected


def test_rollbacks_and_a_restart_after_any_event_count_the_same(
    world: World, expected: list[str], tmp_path: Path
) -> None:
    log = reorganised(world, SETTINGS.finality, Random(3))  # none goes below what was final once
    running, told = begun(Engine(1, [Everybody()], SETTINGS, folder=tmp_path / "first")), Told()
    for offset, event in enumerate(log, start=1):
        told.take(running.take(event, offset))
        if running.base() is not None and offset % 5 == 0:
            book = book_after_a_crash(running, told.copy(), log, offset, tmp_path / "second")
            assert book == expected, f"killed after event {offset}"
    assert told.book(running.state.number, SETTINGS.finality)[0] == expected


def book_after_a_crash(engine: Engine, told: Told, log: list[Event], crash: int, folder: Path) -> list[str]:
    """What readers are left with when another engine goes on from disk."""
    saved, (resumed, start) = engine.base(), restarted(engine, folder)
    assert saved is not None
    assert start is not None
    assert resumed.episodes is not None
    assert resumed.episodes.tallies == saved.tallies
    for offset, event in enumerate(log[start:], start=start + 1):
        output = resumed.take(event, offset)
        if offset > crash:
            told.take(output)
    resumed.close()
    return told.book(resumed.state.number, SETTINGS.finality)[0]
