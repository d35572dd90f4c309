"""Owners of contract wallets: their money lies in a contract, and their own address only pays for gas."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain.actions import Transaction, pay
from ingest.localchain.chain.wallet import Address, created_address
from ingest.localchain.protocols.wallet_factory import WalletFactory, fill, make, pay_from
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.random_draws import often
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import Habit, Stage
from ingest.localchain.world.world import ETH

_OWNERS = 10


def begin(stage: Stage, per_block: int) -> Opening:
    """Ten owners and a payment in three blocks at twenty transactions a block, more where there is more."""
    owners = [stage.fresh() for _ in range(max(_OWNERS, _OWNERS * per_block // 20))]
    for owner in owners:
        stage.miner.give(owner, stage.ether(0.2, 1))
    return Opening([wallet_owners(stage, owners, per_block / 60)])


def wallet_owners(stage: Stage, owners: Sequence[Address], rate: float) -> Habit:
    """Wallets are made one a block; then about `rate` payments in each block, out of them and into them."""
    factory = stage.world.of(WalletFactory).factory
    wallets: list[tuple[Address, Address]] = []
    for owner in owners:
        place = created_address(factory, stage.miner.nonce(factory))
        (made,) = yield [make(factory, owner)]
        if made.ok:
            wallets.append((place, owner))
            yield _first_money(stage, place)
    while wallets:
        block: list[Transaction] = []
        for _ in range(often(stage.rng, rate)):
            block += _payment(stage, *stage.rng.choice(wallets))
        yield block


def _first_money(stage: Stage, wallet: Address) -> list[Transaction]:
    """From the exchange, like most people's."""
    hot, token = stage.exchange.hot, stage.rng.choice(stage.world.tokens[:3])
    native = fill(wallet, hot, ETH.units(between(stage, 200, 50_000)))
    return [native, pay(token, hot, wallet, token.units(between(stage, 100, 30_000)))]


def _payment(stage: Stage, wallet: Address, owner: Address) -> list[Transaction]:
    """A few percent to one of the people; or, where little is left, something from the exchange."""
    assets = (ETH, *stage.world.tokens[:3])
    held = stage.miner.holdings((asset, wallet) for asset in assets)
    there = [(asset, n) for asset, n in zip(assets, held, strict=True) if asset.usd(n) > 50]
    if not there or stage.rng.random() < 0.15:
        return [fill(wallet, stage.exchange.hot, ETH.units(between(stage, 100, 10_000)))]
    asset, amount = stage.rng.choice(there)
    people = stage.cast.active(stage.rng, 1)
    if not people or not stage.spendable(owner, 10**6):
        return []
    return [pay_from(wallet, owner, asset, people[0].address, amount * stage.rng.randint(1, 25) // 100)]
