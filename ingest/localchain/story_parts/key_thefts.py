"""How native value is stolen at the beginning of a story that is about what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.localchain.chain.actions import PLAIN_GAS, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.funding import between
from ingest.localchain.world.stage import Acts, Stage
from ingest.localchain.world.world import ETH


@dataclass(frozen=True, slots=True)
class Theft:
    """`wei` went from `victim` to `thief`; the victim takes no further part in the world."""

    victim: Address
    thief: Address
    wei: int
    mined: Mined

    @property
    def loss_usd(self) -> float:
        return ETH.usd(self.wei)


def stolen_key(stage: Stage, low: float, high: float) -> Acts:
    """All native value of one wallet, sent by its own key to a new one: a person's where one is rich enough,
    else an old treasury's of `low` to `high` ETH. Returns the `Theft`.
    """
    least = ETH.usd(ETH.units(low * ETH.cents / 100))
    people = stage.holders(stage.cast.veterans(stage.rng, 1), ETH, least)
    if people and stage.rng.random() < 0.5:
        victim = people[0].address
        stage.cast.reserve([victim])
    else:
        victim = stage.dormant(ETH.units(between(stage, low, high) * ETH.cents / 100))
    yield []  # what they did before is in this block
    thief, wei = stage.fresh(), stage.spendable(victim, PLAIN_GAS)
    (mined,) = yield [pay(ETH, victim, thief, wei)]
    stage.cast.leave([victim])
    return Theft(victim, thief, wei, mined)
