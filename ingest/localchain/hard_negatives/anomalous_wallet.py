"""New but ordinary wallets: no history yet, and nothing strange about them."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.honest.traders import trade
from ingest.localchain.world.stage import Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "anomalous-wallet"
WARM_UP = 110
LONGEST = 26


def new_wallets(stage: Stage) -> Story:
    """Five people begin: money from the exchange, then a payment here and there."""
    usdc, hot = stage.world.token("USDC"), stage.exchange.hot
    wallets = [stage.fresh() for _ in range(5)]
    done: list[Mined] = []
    for wallet in wallets:
        grant = [pay(ETH, hot, wallet, stage.ether(0.3, 2)), pay(usdc, hot, wallet, usdc.units(800))]
        done += yield grant
    for _ in range(3):
        yield from wait(stage.rng.randint(1, 2))
        done += yield [_small_payment(stage, wallet) for wallet in stage.rng.sample(wallets, 3)]
    note = "five new wallets that pay a few friends"
    return Outcome(hashes(done), roles(intermediaries=wallets), note)


def new_trader(stage: Stage) -> Story:
    """Somebody begins to trade: a handful of swaps, a few blocks apart."""
    trader = stage.fresh()
    approved: set[tuple[Address, Address]] = set()
    done: list[Mined] = yield [pay(ETH, stage.exchange.hot, trader, stage.ether(2, 10))]
    for _ in range(stage.rng.randint(4, 6)):
        yield from wait(stage.rng.randint(1, 2))
        done += yield trade(stage, trader, approved)
    note = "a new wallet that makes a few swaps"
    return Outcome(hashes(done), roles(intermediaries=[trader]), note)


VARIANTS = {"new_wallets": new_wallets, "new_trader": new_trader}


def _small_payment(stage: Stage, wallet: Address) -> Transaction:
    asset = stage.rng.choice((ETH, stage.world.token("USDC")))
    friend = stage.cast.active(stage.rng, 1)[0].address
    return pay(asset, wallet, friend, asset.units(stage.rng.uniform(5, 60)))
