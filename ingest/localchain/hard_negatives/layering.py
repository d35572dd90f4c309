"""Honest doings that look like layering: money fans out, passes through and comes together, in the open."""

from __future__ import annotations

from ingest.localchain.chain.actions import PLAIN_GAS, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.honest.airdrops import give, use
from ingest.localchain.honest.customers import sweeps
from ingest.localchain.world.endowment import grant
from ingest.localchain.world.stage import Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "layering"
WARM_UP = 25
LONGEST = 26

_LEAST_USD = 300


def payroll(stage: Stage) -> Story:
    """A company pays a dozen people, several of whom pay the same landlord their rent."""
    company, landlord = stage.dormant(stage.ether(80, 120)), stage.fresh()
    staff = [p.address for p in stage.cast.veterans(stage.rng, 1)[: stage.rng.randint(10, 14)]]
    stage.cast.engage(staff)
    yield []
    salary = {employee: stage.ether(0.8, 2.5) for employee in staff}
    done: list[Mined] = yield [pay(ETH, company, employee, wei) for employee, wei in salary.items()]
    for tenant in staff[:6]:
        yield from wait(stage.rng.randint(0, 2))
        done += yield [pay(ETH, tenant, landlord, salary[tenant] * stage.rng.randint(25, 40) // 100)]
    stage.cast.release(staff)
    note = f"payday for {len(staff)}, six of whom pay rent to one landlord"
    return Outcome(hashes(done), roles(infrastructure=[company, landlord]), note)


def airdrop(stage: Stage) -> Story:
    """A token is given to thirty, a third of whom sell it to the same pool or pass it on."""
    distributor = stage.dormant(stage.ether(1, 2))
    people = [p.address for p in stage.cast.veterans(stage.rng, 0)[:30]]
    done: list[Mined] = yield [grant(stage.world, stage.world.drift, distributor, 5_000)]
    done += yield give(stage, distributor, people[:15])
    done += yield give(stage, distributor, people[15:])
    for user in people[::3]:
        done += yield use(stage, user)
    note = f"an airdrop to {len(people)}, some of whom sell it"
    return Outcome(hashes(done), roles(infrastructure=[distributor]), note)


def hot_wallet_traffic(stage: Stage) -> Story:
    """Customers withdraw to a new wallet of their own and deposit again, which is swept: a circle."""
    hot = stage.exchange.hot
    wallets = [stage.fresh() for _ in range(stage.rng.randint(3, 5))]
    deposits = [stage.exchange.deposit_address(stage.rng, wallet) for wallet in wallets]
    done: list[Mined] = yield [pay(ETH, hot, wallet, stage.ether(2, 20)) for wallet in wallets]
    yield from wait(stage.rng.randint(0, 2))
    done += yield [
        pay(ETH, wallet, there, stage.spendable(wallet, PLAIN_GAS))
        for wallet, there in zip(wallets, deposits, strict=True)
    ]
    yield from wait(stage.rng.randint(0, 2))
    done += yield sweeps(stage, [(ETH, there) for there in deposits])
    note = f"{len(wallets)} customers withdraw and deposit again"
    return Outcome(hashes(done), roles(intermediaries=wallets, infrastructure=[hot]), note)


def payment_processor(stage: Stage) -> Story:
    """Takes payments of many customers and passes them to merchants, a small fee kept, block after block."""
    token = stage.world.token("USDC")
    processor = stage.dormant(stage.ether(1, 3))
    shops = [p.address for p in stage.cast.people.values() if p.is_merchant]
    done: list[Mined] = []
    for _ in range(stage.rng.randint(8, 11)):
        payers = stage.holders(stage.cast.active(stage.rng, 12), token, _LEAST_USD)[:4]
        bills = {payer.address: token.units(stage.rng.uniform(5, 40)) for payer in payers}
        done += yield [pay(token, payer, processor, bill) for payer, bill in bills.items()]
        due = sum(bills.values()) * 97 // 100
        done += yield [pay(token, processor, shop, due // 3) for shop in stage.rng.sample(shops, 3)]
    note = "a payment processor between customers and merchants"
    return Outcome(hashes(done), roles(infrastructure=[processor]), note)


VARIANTS = {
    "payroll": payroll,
    "airdrop": airdrop,
    "hot_wallet_traffic": hot_wallet_traffic,
    "payment_processor": payment_processor,
}
