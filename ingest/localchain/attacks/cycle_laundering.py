"""Cycle laundering: money goes round through several wallets and returns to its origin, as if earned.

It runs through wallets that serve nothing else, by three payments in a row or more: layering too. A round
that comes to nothing is what layering that comes to nothing is, a hop or more and a payment that fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.money_trails import cash_in, convert, cover, dirty, hop, stuck_home
from ingest.localchain.story_parts.random_draws import comes_to_nothing, naps, rest
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "cycle-laundering"
WARM_UP = 25
LONGEST = 30
NIGHTS = 3

_LOOT_ETHER = (1, 800)
_LONGEST_ROUND = 8
_LAYERED = ("layering",)
_MONEY = ("USDC", "USDT", "DAI", "LINK")


def ring(stage: Stage) -> Story:
    """One round in one asset, block after block, nearly all of it each time."""
    asset = _any_money(stage)
    origin, hops = (yield from _loot(stage, asset)), _fresh(stage)
    if comes_to_nothing(stage.rng):
        return (yield from _broken(stage, asset, origin, hops))
    done: list[Mined] = []
    for here, there in pairwise([origin, *hops, origin]):
        done += yield hop(stage, asset, here, there, stage.rng.choice((1.0, 1.0, 0.97, 0.9)))
        yield from wait(stage.rng.randint(0, 2))
    return _ending(origin, hops, done, f"{len(hops)} wallets in a ring, in {asset.symbol}")


def partial(stage: Stage) -> Story:
    """Every wallet keeps a part and pays others from it; what is passed on comes in two pieces."""
    asset = _any_money(stage)
    origin, hops = (yield from _loot(stage, asset)), _fresh(stage, most=5)
    if comes_to_nothing(stage.rng):
        return (yield from _broken(stage, asset, origin, hops))
    done: list[Mined] = []
    for here, there in pairwise([origin, *hops, origin]):
        done += yield hop(stage, asset, here, there, stage.rng.uniform(0.4, 0.6))
        yield from wait(stage.rng.randint(0, 1))
        done += yield hop(stage, asset, here, there, stage.rng.uniform(0.6, 0.9))
        done += yield cover(stage, here)
    return _ending(origin, hops, done, f"{len(hops)} wallets pass on most of it in {asset.symbol}")


def two_branches(stage: Stage) -> Story:
    """The origin splits it; the two parts go ways of different lengths and meet at home."""
    origin = yield from _loot(stage, ETH)
    short, long = _fresh(stage, least=2, most=3), _fresh(stage, least=4, most=6)
    if comes_to_nothing(stage.rng):
        return (yield from _broken(stage, ETH, origin, long))
    done: list[Mined] = yield hop(stage, ETH, origin, short[0], stage.rng.uniform(0.3, 0.7))
    done += yield hop(stage, ETH, origin, long[0], 0.98)
    for here, there in pairwise([*short, origin]):
        done += yield hop(stage, ETH, here, there)
        yield from wait(stage.rng.randint(0, 1))
    for here, there in pairwise([*long, origin]):
        done += yield hop(stage, ETH, here, there)
        yield from wait(stage.rng.randint(0, 1))
    return _ending(origin, [*short, *long], done, f"two ways home, of {len(short)} and {len(long)} wallets")


def slow_ring(stage: Stage) -> Story:
    """Aged wallets, and hours to days between the hops."""
    asset = _any_money(stage)
    origin = yield from _loot(stage, asset)
    hops = [stage.dormant(stage.ether(0.05, 2)) for _ in range(stage.rng.randint(3, 6))]
    if comes_to_nothing(stage.rng):
        return (yield from _broken(stage, asset, origin, hops))
    sleeps = naps(stage, len(hops), NIGHTS)
    done: list[Mined] = []
    for number, (here, there) in enumerate(pairwise([origin, *hops, origin])):
        done += yield hop(stage, asset, here, there, stage.rng.choice((1.0, 0.95, 0.8)))
        yield from rest(stage, sleeps.get(number, 0))
    told = f"{len(hops)} aged wallets in a ring, resting {len(sleeps)} times, in {asset.symbol}"
    return _ending(origin, hops, done, told)


def changing_assets(stage: Stage) -> Story:
    """Native value leaves; on the way it is swapped into a token and back: no asset makes the round."""
    origin, hops = (yield from _loot(stage, ETH)), _fresh(stage)
    if comes_to_nothing(stage.rng):
        return (yield from _broken(stage, ETH, origin, hops))
    token = stage.world.token(stage.rng.choice(_MONEY))
    swapped = stage.rng.randrange(len(hops) - 1)
    back = stage.rng.randrange(swapped + 1, len(hops))
    asset, done = ETH, list[Mined]()
    for number, (here, there) in enumerate(pairwise([origin, *hops, origin])):
        done += yield hop(stage, asset, here, there)
        if number == swapped:
            done += yield convert(stage, token, there)
            asset = token
        if number == back:
            done += yield cash_in(stage, token, there)
            asset = ETH
        yield from wait(stage.rng.randint(0, 1))
    return _ending(origin, hops, done, f"{len(hops)} wallets in a ring, from ETH to {token.symbol} and back")


VARIANTS = {
    "ring": ring,
    "partial": partial,
    "two_branches": two_branches,
    "slow_ring": slow_ring,
    "changing_assets": changing_assets,
}


def _loot(stage: Stage, asset: Asset) -> Acts:
    return (yield from dirty(stage, ETH.units(between(stage, *_LOOT_ETHER) * ETH.cents / 100), asset))


def _any_money(stage: Stage) -> Asset:
    return stage.rng.choice((ETH, stage.world.token(stage.rng.choice(_MONEY))))


def _fresh(stage: Stage, least: int = 3, most: int = _LONGEST_ROUND) -> list[Address]:
    return [stage.fresh() for _ in range(stage.rng.randint(least, most))]


def _broken(stage: Stage, asset: Asset, origin: Address, hops: Sequence[Address]) -> Story:
    """The payment home fails, and the money stays one hop away from it."""
    done: list[Mined] = []
    line = [origin, *hops[: stage.rng.randint(1, 3)]]
    for here, there in pairwise(line):
        done += yield hop(stage, asset, here, there)
        yield from wait(stage.rng.randint(0, 1))
    done += yield [stuck_home(stage, asset, line[-1], origin)]
    named = roles([origin], intermediaries=line[1:])
    return Outcome(hashes(done), named, "the payment home failed", succeeded=False, also=_LAYERED)


def _ending(origin: Address, hops: Sequence[Address], done: Sequence[Mined], note: str) -> Outcome:
    return Outcome(hashes(done), roles([origin], intermediaries=hops), note, also=_LAYERED)
