"""Several people who have nothing to do with each other, for a story in which all of them are robbed."""

from __future__ import annotations

from ingest.localchain.chain.actions import Asset, pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.cast import Person
from ingest.localchain.world.endowment import endow
from ingest.localchain.world.stage import ETHER, Acts, Stage
from ingest.localchain.world.world import ETH

_LEAST_USD = 200


def unrelated(stage: Stage, count: int) -> Acts:
    """Addresses of so many, who belong to the story from now on: people with something to lose, none known to
    another. Where there are too few, others who have been away come back and pay two friends first.
    """
    chosen: list[Person] = []
    for person in stage.holders(stage.cast.veterans(stage.rng), ETH, _LEAST_USD):
        if len(chosen) < count and not any(person.knows(one) for one in chosen):
            chosen.append(person)
    there = [person.address for person in chosen]
    stage.cast.reserve(there)
    back = [stage.fresh() for _ in range(count - len(there))]
    if not back:
        yield []  # what they did before they were reserved is in this block
        return there
    yield [grant for address in back for grant in endow(stage, address)]
    for _ in range(2):
        friends = stage.cast.active(stage.rng, len(back))
        yield [
            pay(ETH, one, friend.address, ETHER // 200) for one, friend in zip(back, friends, strict=False)
        ]
    return [*there, *back]


def worth(stage: Stage, victim: Address) -> float:
    """Everything the victim holds, in dollars."""
    assets = stage.world.assets
    held = stage.miner.holdings((asset, victim) for asset in assets)
    return sum(asset.usd(amount) for asset, amount in zip(assets, held, strict=True))


def tokens_of(stage: Stage, victim: Address) -> list[tuple[Asset, int]]:
    """Each token the victim holds, with the amount in its units."""
    tokens = stage.world.assets[1:]
    held = stage.miner.holdings((token, victim) for token in tokens)
    return [(token, amount) for token, amount in zip(tokens, held, strict=True) if amount]
