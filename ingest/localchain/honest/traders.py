"""Traders: they approve the router and swap both ways on Uniswap, and now and then wrap native value."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain import actions
from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.endowment import Opening, endow
from ingest.localchain.world.stage import ETHER, Habit, Stage
from ingest.localchain.world.world import ETH

TRADERS = 12
_TOO_LATE = 0.08
"""The share of purchases that ask for a price that is gone, and fail."""


def begin(stage: Stage, per_block: int) -> Opening:
    """A dozen traders, more where there is more traffic."""
    circles = [[stage.fresh() for _ in range(TRADERS)] for _ in range(max(1, per_block // 25))]
    opening = Opening([traders(stage, circle) for circle in circles])
    for address in (address for circle in circles for address in circle):
        opening.grants += endow(stage, address)
        stage.miner.give(address, stage.ether(20, 200))
    return opening


def traders(stage: Stage, addresses: Sequence[Address]) -> Habit:
    """Up to three of `addresses` trade in each block."""
    approved: set[tuple[Address, Address]] = set()
    while True:
        trades: list[Transaction] = []
        for trader in stage.rng.sample(addresses, stage.rng.randint(0, 3)):
            trades += trade(stage, trader, approved)
        yield trades


def trade(stage: Stage, trader: Address, approved: set[tuple[Address, Address]]) -> list[Transaction]:
    """One trade of a random kind; an approval comes before a token's first sale, noted in `approved`."""
    kind = stage.rng.choices(("buy", "sell", "wrap"), (10, 9, 2))[0]
    if kind == "sell" and (sale := _sale(stage, trader, approved)):
        return sale
    wei = int(stage.holding(ETH, trader) * stage.rng.uniform(0.01, 0.1))
    if wei < ETHER // 100:
        return []
    if kind == "wrap":
        return _wrap_or_unwrap(stage, trader, wei)
    token = stage.rng.choice(stage.world.assets[1:]).address
    assert token is not None
    least = actions.UNLIMITED if stage.rng.random() < _TOO_LATE else 0
    return [actions.buy(stage.world.router, trader, [stage.world.weth, token], wei, least=least)]


def _sale(stage: Stage, trader: Address, approved: set[tuple[Address, Address]]) -> list[Transaction]:
    asset = stage.rng.choice(stage.world.assets[1:])
    amount = int(stage.holding(asset, trader) * stage.rng.uniform(0.1, 0.6))
    if asset.address is None or asset.usd(amount) < 10:
        return []
    sale = actions.sell(stage.world.router, trader, [asset.address, stage.world.weth], amount)
    if (trader, asset.address) in approved:
        return [sale]
    approved.add((trader, asset.address))
    return [actions.approve(asset.address, trader, stage.world.router), sale]


def _wrap_or_unwrap(stage: Stage, trader: Address, wei: int) -> list[Transaction]:
    wrapped = stage.holding(stage.world.wrapped, trader)
    if wrapped:
        return [actions.unwrap(stage.world.weth, trader, wrapped)]
    return [actions.wrap(stage.world.weth, trader, wei)]
