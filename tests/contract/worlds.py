"""Chains that detectors are tried on: a long one with something of everything, and some for each category."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TypeVar, cast

from detectors.base import Detector
from detectors.engine.settings import EngineSettings
from detectors.models.schedule import Schedule
from detectors.parts.horizons import Horizons
from ingest.model.batch import Batch, Event, Rollback
from tests.contract import stories
from tests.contract.background import background
from tests.contract.story import Story, interleaved, tell
from tests.fixtures.few import forgetful
from tests.fixtures.frames import ChainBuilder

T = TypeVar("T")

BRIEF = forgetful(
    Horizons(wallets_s=1200, holdings_s=720, pairs_s=720, assets_s=1200, wallets_cap=200, told_cap=100)
)
"""Parts for the long chain."""
OFTEN = Schedule(first=(45, 65, 85), first_wait=7, every=60, wait=20)
SHORT = EngineSettings(finality=12, epoch_blocks=20, quiet_seconds=480, schedule=OFTEN)
"""For the long chain: it crosses epochs, generations, some of them early, and closed episodes several times.
"""

LASTING = EngineSettings(finality=12, epoch_blocks=40, schedule=Schedule(first=(74,), first_wait=5))
"""For trials: what models learn is frozen before the first attack, and one model judges them all. Models
expect attacks to be rare; twelve among a hundred wallets are not, and would be learnt by the next one.
"""

WARM_UP = 80
"""Blocks of honest life before the first story: enough rows that the first models are in force."""

SEEDS = (1, 2, 3, 4)


@dataclass(frozen=True)
class World:
    """A chain and the stories told on it."""

    chain: ChainBuilder
    stories: tuple[Story, ...]

    @cached_property
    def batch(self) -> Batch:
        return self.chain.batch()

    @property
    def attacks(self) -> list[Story]:
        return [story for story in self.stories if story.subject is not None]

    @property
    def negatives(self) -> list[Story]:
        return [story for story in self.stories if story.subject is None]

    def cut(self, ends: Iterable[int]) -> list[Batch]:
        """The chain in batches that end after each of these blocks (and at its head)."""
        first, pieces = self.batch.first, []
        for end in [*sorted(set(ends)), self.batch.last]:
            if first <= end:
                pieces.append(self.batch.slice(first, end))
                first = end + 1
        return pieces


class Worlds:
    """Made once a session, as they are asked for."""

    def __init__(self) -> None:
        self._of_category: dict[tuple[str, int], World] = {}
        self._made: dict[tuple[str, tuple[tuple[type, str], ...]], object] = {}

    def once(self, what: str, those: Detector | Sequence[Detector], make: Callable[[], T]) -> T:
        """What `make` gives, made once for each kind of detector (rules are told apart by name), or for these
        together.
        """
        every = those if isinstance(those, Sequence) else (those,)
        kinds = tuple((type(each), each.name) for each in every)
        key = (what, kinds)
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])

    @cached_property
    def long(self) -> World:
        """Attacks of every category that has stories, over several epochs."""
        told: list[Story] = []
        for category in stories.categories():
            told = interleaved(told, stories.positives(category, seed=9)[:4])
        return _world(seed=9, told=told, every=4, begin=50)

    @cached_property
    def cuts(self) -> dict[str, list[Batch]]:
        """The long chain in batches of 1, 3, 7 and random numbers of blocks."""
        last, rng = self.long.batch.last, Random(7)
        sizes = {f"cuts of {size}": self.long.cut(range(size, last, size)) for size in (1, 3, 7)}
        return sizes | {"random cuts": self.long.cut(rng.sample(range(1, last), 40))}

    @cached_property
    def reorganised(self) -> list[Event]:
        """A log that ends in the long chain, after rollbacks of every depth up to finality."""
        return reorganised(self.long, SHORT.finality, Random(3))

    def of(self, category: str, seed: int) -> World:
        """Attacks among hard negatives of one category."""
        if (category, seed) not in self._of_category:
            told = interleaved(stories.positives(category, seed), stories.hard_negatives(category, seed))
            self._of_category[category, seed] = _world(seed, told, every=2, begin=WARM_UP)
        return self._of_category[category, seed]


def reorganised(world: World, finality: int, rng: Random) -> list[Event]:
    """The world's blocks, a few at a time, now and then left for blocks that are dropped again.

    Nothing goes further back than finality below the highest block that ever was. Half of the dropped blocks
    are the same that come again later; in the others the attacks of the world are begun anew, by the same
    people, at another time.
    """
    batch, log, top = world.batch, list[Event](), 0
    for piece in world.cut(rng.sample(range(1, batch.last), 30)):
        log.append(piece)
        top = max(top, piece.last)
        back = piece.last - rng.randint(1, finality)
        if back < max(1, top - finality) or rng.random() < 0.5:
            continue
        log.append(rollback(batch, back))
        if rng.random() < 0.5:
            others = _other_blocks(world, back, finality, rng)
            log += [others, rollback(batch, back)]
            top = max(top, others.last)
        log.append(batch.slice(back + 1, piece.last))
    return log


def rollback(batch: Batch, number: int) -> Rollback:
    """Back to a block of `batch`."""
    row = batch.blocks.row(number - batch.first, named=True)
    return Rollback(batch.chain_id, number, row["block_hash"])


def _other_blocks(world: World, back: int, most: int, rng: Random) -> Batch:
    fork = world.chain.fork(back, name=f"fork at {back}")
    tell(fork, [(0, story.acts) for story in rng.sample(world.attacks, 4)])
    return fork.batch(back + 1, min(fork.head, back + most))


def _world(seed: int, told: list[Story], every: int, begin: int) -> World:
    """Honest life, and after its first blocks a story begun every so many blocks."""
    chain = ChainBuilder(first_block=1)
    together = [story for story in told if not story.alone]
    acts = [(begin - 1 + every * number, story.acts) for number, story in enumerate(together)]
    tell(chain, acts, background(chain, Random(seed)))
    for story in told:
        if story.alone:
            tell(chain, [(0, story.acts)])
    return World(chain, tuple(told))
