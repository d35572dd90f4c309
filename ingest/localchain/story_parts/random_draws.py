"""What stories draw beside amounts: parts of a sum, whether an attack comes to nothing, when to rest."""

from __future__ import annotations

from random import Random

from ingest.localchain.story_parts.funding import between
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import Acts, Stage, sleep, wait

FAILS = 0.15
"""The share of attacks that come to nothing."""


def comes_to_nothing(rng: Random) -> bool:
    return rng.random() < FAILS


def often(rng: Random, mean: float) -> int:
    """How often something happens that happens `mean` times on average: whole times, perhaps once more."""
    return int(mean) + (rng.random() < mean % 1)


def split(rng: Random, amount: int, parts: int, unevenness: float = 0.4) -> list[int]:
    """`amount` in so many parts whose sum it is; 0 gives equal parts, towards 1 they differ ever more."""
    weights = [rng.uniform(1 - unevenness, 1 + unevenness) for _ in range(parts)]
    cut = [int(amount * weight / sum(weights)) for weight in weights[1:]]
    return [amount - sum(cut), *cut]


def naps(stage: Stage, steps: int, most: int, longest: int = 5 * DAY) -> dict[int, int]:
    """After which of `steps` a story sleeps, at most `most` times, and how many seconds: from two hours."""
    count = stage.rng.randint(1, min(most, steps))
    after = sorted(stage.rng.sample(range(steps), count))
    return {step: int(between(stage, 2 * HOUR, longest)) for step in after}


def rest(stage: Stage, seconds: int = 0, blocks: int = 2) -> Acts:
    """Sleeps so many seconds; where it is 0, lets up to so many blocks pass."""
    if seconds:
        yield from sleep(stage, seconds)
    else:
        yield from wait(stage.rng.randint(0, blocks))
