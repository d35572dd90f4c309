"""Market makers: they buy and sell the same token at once, hold what is left over, and lean against it."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, Transaction, approve, buy, sell
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.endowment import Opening, grant
from ingest.localchain.world.stage import ETHER, Habit, Stage, wait
from ingest.localchain.world.world import ETH

_CAPITAL_USD = 400_000
_QUOTE_USD = (150, 6_000)
_EVERY = (3, 8)


@dataclass(frozen=True, slots=True)
class Maker:
    """Trades `token` against native value; aims at an inventory of `target_usd` of it."""

    wallet: Address
    token: Asset
    target_usd: float


def begin(stage: Stage, per_block: int) -> Opening:
    """Two makers, more where there is more traffic, each in one token."""
    makers = [
        Maker(stage.fresh(), stage.rng.choice(stage.world.tokens), _CAPITAL_USD)
        for _ in range(max(2, per_block // 15))
    ]
    opening = Opening([market_maker(stage, maker) for maker in makers])
    for maker in makers:
        stage.miner.give(maker.wallet, 200 * ETHER)
        opening.grants += equip(stage, maker)
    return opening


def equip(stage: Stage, maker: Maker) -> list[Transaction]:
    """The inventory. The approval for the router is the maker's own first transaction."""
    return [grant(stage.world, maker.token, maker.wallet, maker.target_usd)]


def market_maker(stage: Stage, maker: Maker) -> Habit:
    """A quote every few blocks, for ever."""
    yield [approve(maker.token.token, maker.wallet, stage.world.router)]
    while True:
        yield from wait(stage.rng.randint(*_EVERY))
        yield quote(stage, maker)


def quote(stage: Stage, maker: Maker) -> list[Transaction]:
    """Buys and sells in one block, more of what brings the inventory back to its target; at times only one
    side is taken."""
    inventory = maker.token.usd(stage.holding(maker.token, maker.wallet))
    lean = max(0.2, min(1.8, inventory / maker.target_usd))
    usd = stage.rng.uniform(*_QUOTE_USD)
    path = [stage.world.weth, maker.token.token]
    router, sides = stage.world.router, list[Transaction]()
    if stage.rng.random() < 0.8 and stage.spendable(maker.wallet) > 20 * ETHER:
        wei = ETH.units(usd * (2 - lean) * stage.rng.uniform(0.5, 1.5))
        sides.append(buy(router, maker.wallet, path, wei))
    if stage.rng.random() < 0.8 and inventory > 10 * usd:
        amount = maker.token.units(usd * lean * stage.rng.uniform(0.5, 1.5))
        sides.append(sell(router, maker.wallet, path[::-1], amount))
    return sides
