"""Wallets that act for one swindler or one group, and how they came to their money."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.localchain.chain.actions import PLAIN_GAS, TOKEN_GAS, buy, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.disperse import Disperse, disperse_ether
from ingest.localchain.story_parts.funding import fund
from ingest.localchain.world.stage import ETHER, Acts, Stage
from ingest.localchain.world.world import ETH


@dataclass(slots=True)
class Ring:
    """`wallets` act; `paymasters` paid them, by the transactions in `done`."""

    wallets: list[Address]
    paymasters: list[Address] = field(default_factory=list)
    done: list[Mined] = field(default_factory=list)

    @property
    def everybody(self) -> list[Address]:
        return [*self.wallets, *self.paymasters]


def swindler(stage: Stage, wei: int) -> Acts:
    """A wallet with at least so much: newly funded, old, or somebody of the cast who turned."""
    turned = stage.holders(stage.cast.veterans(stage.rng, 1)[:12], ETH, ETH.usd(wei))
    if turned and stage.rng.random() < 0.25:
        wallet = turned[0].address
        stage.cast.leave([wallet])
        yield []
        return wallet
    wallet = stage.fresh()
    yield from fund(stage, wallet, wei)
    if stage.rng.random() < 0.3:
        yield from _ordinary_life(stage, wallet, wei)
    return wallet


def ring(stage: Stage, count: int, wei: int) -> Acts:
    """So many wallets with `wei` each: from one paymaster, in a chain, each from elsewhere, or old ones."""
    way = stage.rng.choice(("paymaster", "disperse", "chain", "alone", "old"))
    if way == "old":
        wallets = [stage.dormant(wei) for _ in range(count)]
        yield []
        return Ring(wallets)
    if way == "alone":
        first = yield from swindler(stage, wei)
        rest = [stage.fresh() for _ in range(count - 1)]
        yield [pay(ETH, stage.exchange.hot, wallet, wei) for wallet in rest]
        return Ring([first, *rest])
    if way == "chain":
        return (yield from _chain(stage, count, wei))
    paymaster = yield from swindler(stage, count * (wei + stage.miner.fee(TOKEN_GAS)) + ETHER // 5)
    wallets = [stage.fresh() for _ in range(count)]
    payments = [pay(ETH, paymaster, wallet, wei) for wallet in wallets]
    if way == "disperse":
        payments = [disperse_ether(stage.world.of(Disperse), paymaster, dict.fromkeys(wallets, wei))]
    done = yield payments
    return Ring(wallets, [paymaster], done)


def cash_out(stage: Stage, wallet: Address) -> Acts:
    """Most of its native value goes to a deposit address at the exchange."""
    left = stage.spendable(wallet, PLAIN_GAS) * 9 // 10
    yield [pay(ETH, wallet, stage.exchange.deposit_address(stage.rng, wallet), left)] if left else []


def _chain(stage: Stage, count: int, wei: int) -> Acts:
    """The first wallet keeps its part and sends the rest on to the second, and so on; at most three long."""
    links = min(count, 3)
    wallets = [stage.fresh() for _ in range(count)]
    fee = stage.miner.fee(PLAIN_GAS)
    yield from fund(stage, wallets[0], count * (wei + fee))
    done: list[Mined] = []
    for place in range(1, links):
        left = (count - place) * (wei + fee)
        done += yield [pay(ETH, wallets[place - 1], wallets[place], left)]
    last = wallets[links - 1]
    if rest := wallets[links:]:
        done += yield [pay(ETH, last, wallet, wei) for wallet in rest]
    return Ring(wallets, [], done)


def _ordinary_life(stage: Stage, wallet: Address, wei: int) -> Acts:
    """What anybody does, before: a little of a stablecoin is bought, or a shop is paid."""
    little = min(wei // 100, ETHER // 20)
    if stage.rng.random() < 0.5:
        token = stage.rng.choice(stage.world.tokens[:3])
        yield [buy(stage.world.router, wallet, [stage.world.weth, token.token], little)]
        return
    shops = [person.address for person in stage.cast.free() if person.is_merchant]
    yield [pay(ETH, wallet, stage.rng.choice(shops), little)] if shops else []
