"""Savers: people who put dollars into vaults and take them out, and the operator who pays in the earnings."""

from __future__ import annotations

from ingest.localchain.chain.actions import TOKEN_GAS, Transaction
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.savings import Savings, deposit, earn, redeem
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.random_draws import often
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import Habit, Stage, wait

_EARN_EVERY = (15, 60)
_LEAST_USD = 50

Account = tuple[Address, int]
"""A saver, and the number of the vault."""


def begin(stage: Stage, per_block: int) -> Opening:
    """A deposit in five blocks at twenty transactions a block, and fewer withdrawals."""
    return Opening([savers(stage, per_block / 100), earnings(stage)])


def savers(stage: Stage, rate: float) -> Habit:
    """About `rate` deposits in each block."""
    accounts: dict[Account, None] = {}
    while True:
        block: list[Transaction] = []
        for _ in range(often(stage.rng, rate)):
            block += _put_in(stage, accounts)
        for _ in range(often(stage.rng, 0.6 * rate)):
            block += _take_out(stage, accounts)
        yield block


def earnings(stage: Stage) -> Habit:
    """Now and then one vault earns."""
    savings = stage.world.of(Savings)
    while True:
        yield from wait(stage.rng.randint(*_EARN_EVERY))
        vault, asset = stage.rng.choice(list(zip(savings.vaults, savings.assets, strict=True)))
        yield earn(vault, asset, savings.operator, asset.units(between(stage, 20, 3_000)))


def _put_in(stage: Stage, accounts: dict[Account, None]) -> list[Transaction]:
    """Somebody who has dollars saves a part of them."""
    savings = stage.world.of(Savings)
    which = stage.rng.randrange(len(savings.vaults))
    vault, asset = savings.vaults[which], savings.assets[which]
    able = stage.holders(stage.cast.active(stage.rng, 3), asset, _LEAST_USD)
    if not able:
        return []
    saver = able[0].address
    amount = stage.holding(asset, saver) * stage.rng.randint(5, 60) // 100
    accounts[saver, which] = None
    return deposit(vault, asset, saver, amount)


def _take_out(stage: Stage, accounts: dict[Account, None]) -> list[Transaction]:
    """One of the savers who are free, all of it or a part."""
    cast, savings = stage.cast, stage.world.of(Savings)
    free = [a for a in accounts if a[0] in cast.people and a[0] not in cast.reserved]
    if not free:
        return []
    saver, which = stage.rng.choice(free)
    vault = savings.vaults[which]
    shares = stage.miner.number(vault, "balanceOf(address)", saver)
    if not shares or not stage.spendable(saver, 3 * TOKEN_GAS):
        del accounts[saver, which]
        return []
    percent = stage.rng.choice((100, 100, stage.rng.randint(10, 70)))
    return [redeem(vault, saver, shares * percent // 100)]
