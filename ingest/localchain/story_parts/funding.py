"""Where the wallets of a story get their money from: as people do, and not always the same way."""

from __future__ import annotations

import math

from ingest.localchain.chain.actions import PLAIN_GAS, Asset, Transaction, pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.stage import Acts, Stage
from ingest.localchain.world.world import ETH


def between(stage: Stage, low: float, high: float) -> float:
    """A number as likely to be near `low` as near `high`, however many orders of magnitude apart they are."""
    return math.exp(stage.rng.uniform(math.log(low), math.log(high)))


def fund(stage: Stage, wallet: Address, wei: int) -> Acts:
    """Native value for a wallet nobody knows: from the exchange, from there over another wallet, or old."""
    hot, way = stage.exchange.hot, stage.rng.choice(("exchange", "hop", "old"))
    if way == "old":
        stage.miner.give(wallet, wei)
        yield []
        return
    if way == "exchange":
        yield [pay(ETH, hot, wallet, wei)]
        return
    middle = stage.fresh()
    yield [pay(ETH, hot, middle, wei + stage.miner.fee(PLAIN_GAS))]
    yield [pay(ETH, middle, wallet, wei)]


def withdrawal(stage: Stage, to: Address, asset: Asset, usd: float) -> list[Transaction]:
    """What somebody takes from the exchange: so much of `asset`, and the native value to move it."""
    native = pay(ETH, stage.exchange.hot, to, stage.ether(0.1, 0.6))
    return [native, pay(asset, stage.exchange.hot, to, asset.units(usd))]


def people_with(stage: Stage, count: int, asset: Asset, least_usd: float) -> Acts:
    """Addresses of so many people in no other story who hold at least that much, reserved for this one.

    A block passes, as others may have just dealt with them.
    Where too few do, others come: they withdraw it from the exchange, one to twenty times as much.
    """
    found = stage.holders(stage.cast.veterans(stage.rng, 1), asset, least_usd)[:count]
    people = [person.address for person in found]
    missing = [stage.fresh() for _ in range(count - len(people))]
    stage.cast.reserve(people)
    if not missing:
        yield []
    else:
        yield [
            t for a in missing for t in withdrawal(stage, a, asset, between(stage, least_usd, 20 * least_usd))
        ]
        for address in missing:
            stage.cast.join(stage.rng, address)
            stage.cast.reserve([address])
    return [*people, *missing]
