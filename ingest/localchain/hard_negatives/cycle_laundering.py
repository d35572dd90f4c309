"""Honest rounds: what comes back within one transaction, from a pool, from the exchange, or from a debtor."""

from __future__ import annotations

from ingest.localchain.chain.actions import PLAIN_GAS, TOKEN_GAS, approve, pay, wrap
from ingest.localchain.chain.miner import Mined
from ingest.localchain.honest.customers import sweeps
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.money_trails import cash_in, convert
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.pools import swap
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, roles, sleep, wait
from ingest.localchain.world.world import ETH

CATEGORY = "cycle-laundering"
WARM_UP = 25
LONGEST = 28
NIGHTS = 1


def arbitrage_cycle(stage: Stage) -> Story:
    """A bot sends WETH round through three pools, each time in one transaction."""
    world, bot = stage.world, stage.fresh()
    wei = ETH.units(between(stage, 1, 40) * ETH.cents / 100)
    yield from fund(stage, bot, wei + 2 * ETHER)
    done: list[Mined] = yield [wrap(world.weth, bot, wei), approve(world.weth, bot, world.router)]
    dollars = [world.token("USDC").token, world.token("DAI").token]
    for _ in range(stage.rng.randint(3, 8)):
        path = [world.weth, *stage.rng.sample(dollars, 2), world.weth]
        done += yield [swap(world, bot, path, stage.holding(world.wrapped, bot))]
        yield from wait(stage.rng.randint(0, 1))
    note = f"{len(done) - 2} rounds through three pools, each within a transaction"
    return Outcome(hashes(done), roles(intermediaries=[bot], infrastructure=[world.router]), note)


def pool_round_trip(stage: Stage) -> Story:
    """Somebody buys a token, thinks better of it, and sells it to the same pool."""
    trader = stage.dormant(stage.ether(1, 60))
    yield []
    done: list[Mined] = []
    for _ in range(stage.rng.randint(1, 4)):
        token = stage.rng.choice(stage.world.tokens)
        done += yield convert(stage, token, trader)
        yield from wait(stage.rng.randint(0, 3))
        done += yield cash_in(stage, token, trader)
    note = f"{len(done)} transactions into tokens and out again"
    return Outcome(hashes(done), roles(intermediaries=[trader], infrastructure=[stage.world.router]), note)


def exchange_round_trip(stage: Stage) -> Story:
    """Customers withdraw, hold it over some other wallet of theirs, and deposit again: from hot wallet to hot
    wallet."""
    hot, customers = stage.exchange.hot, [stage.fresh() for _ in range(stage.rng.randint(2, 5))]
    done: list[Mined] = yield [pay(ETH, hot, one, stage.ether(0.5, 25)) for one in customers]
    yield from wait(stage.rng.randint(0, 3))
    ledgers = [stage.fresh() for _ in customers]
    pairs = list(zip(customers, ledgers, strict=True))
    done += yield [pay(ETH, one, own, stage.spendable(one, PLAIN_GAS)) for one, own in pairs]
    yield from wait(stage.rng.randint(0, 3))
    deposits = [stage.exchange.deposit_address(stage.rng, one) for one in customers]
    back = list(zip(ledgers, deposits, strict=True))
    done += yield [pay(ETH, own, there, stage.spendable(own, PLAIN_GAS)) for own, there in back]
    yield from wait(stage.rng.randint(0, 2))
    done += yield sweeps(stage, [(ETH, there) for there in deposits])
    note = f"{len(customers)} customers withdraw, keep it for a while and deposit again"
    return Outcome(hashes(done), roles(intermediaries=[*customers, *ledgers], infrastructure=[hot]), note)


def loan_repaid(stage: Stage) -> Story:
    """Somebody lends to a friend, who pays somebody else with it, is paid, and pays it back with interest."""
    usdc = stage.world.token("USDC")
    lender, friend, seller = stage.fresh(), stage.fresh(), stage.fresh()
    for wallet in (lender, friend, seller):
        yield from fund(stage, wallet, 20 * stage.miner.fee(TOKEN_GAS))
    sum_ = usdc.units(between(stage, 200, 50_000))
    done: list[Mined] = yield [pay(usdc, stage.exchange.hot, lender, sum_)]
    done += yield [pay(usdc, lender, friend, sum_)]
    done += yield [pay(usdc, friend, seller, sum_ * 9 // 10)]
    yield from sleep(stage, int(between(stage, HOUR, 20 * DAY)))
    done += yield [pay(usdc, stage.exchange.hot, friend, sum_)]
    done += yield [pay(usdc, friend, lender, sum_ * 101 // 100)]
    note = "a loan that is paid back with interest, after a purchase"
    return Outcome(hashes(done), roles(intermediaries=[lender, friend, seller]), note)


VARIANTS = {
    "arbitrage_cycle": arbitrage_cycle,
    "pool_round_trip": pool_round_trip,
    "exchange_round_trip": exchange_round_trip,
    "loan_repaid": loan_repaid,
}
