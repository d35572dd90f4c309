"""Many wallets with one funder that belong to many people: customers, employees, recipients of an airdrop."""

from __future__ import annotations

from ingest.localchain.chain.actions import TOKEN_GAS, approve, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.disperse import Disperse, disperse_token
from ingest.localchain.story_parts.campaigns import CAMPAIGN_GAS, Campaign, claim, open_campaign, visit, vote
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.money_trails import cover
from ingest.localchain.world.endowment import company, grant
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, in_pairs, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "sybil-cluster"
WARM_UP = 25
LONGEST = 30


def exchange_customers(stage: Stage) -> Story:
    """New customers withdraw from one hot wallet; many try the project everybody talks about, some claim."""
    customers = [stage.fresh() for _ in range(stage.rng.randint(6, 18))]
    campaign: Campaign = yield from open_campaign(stage, 20, between(stage, 5, 100))
    done: list[Mined] = list(campaign.opened)
    for pair in in_pairs(customers):
        done += yield [pay(ETH, stage.exchange.hot, one, stage.ether(0.05, 3)) for one in pair]
    for pair in in_pairs(customers):
        done += yield [visit(campaign, one) for one in pair if stage.rng.random() < 0.8]
        done += yield [t for one in pair for t in cover(stage, one)]
    note = f"{len(customers)} customers of one hot wallet, most of whom try one project"
    infrastructure = [stage.exchange.hot, campaign.contract]
    return Outcome(hashes(done), roles(intermediaries=customers, infrastructure=infrastructure), note)


def payroll_by_disperse(stage: Stage) -> Story:
    """A company pays all its people in one transaction, twice; each spends it in another way."""
    usdc, staff = stage.world.token("USDC"), [p.address for p in stage.cast.active(stage.rng, 20)]
    payer, grants = company(stage, [usdc], 400_000)
    disperse = stage.world.of(Disperse)
    done: list[Mined] = yield [*grants, approve(usdc.token, payer, disperse.contract)]
    salaries = {employee: usdc.units(stage.rng.uniform(300, 6_000)) for employee in staff}
    for _ in range(2):
        present = {one: salary for one, salary in salaries.items() if one not in stage.cast.reserved}
        done += yield [disperse_token(disperse, usdc.token, payer, present)]
        yield from wait(stage.rng.randint(3, 8))
    note = f"two pay days of {len(staff)} people, each in one transaction"
    named = roles(intermediaries=staff, infrastructure=[payer, disperse.contract])
    return Outcome(hashes(done), named, note)


def popular_poll(stage: Stage) -> Story:
    """People who have nothing to do with each other vote in one poll within minutes, and do not all agree."""
    campaign: Campaign = yield from open_campaign(stage, 30, 1)
    done: list[Mined] = list(campaign.opened)
    voters: list[Address] = []
    for _ in range(stage.rng.randint(6, 14)):
        there = stage.holders(stage.cast.active(stage.rng, 5), ETH, 100)
        new = [one.address for one in there if one.address not in voters][:3]
        done += yield [vote(campaign, one, stage.rng.choice((1, 1, 2, 3))) for one in new]
        voters += new
    note = f"{len(voters)} people vote in one poll"
    named = roles(intermediaries=voters, infrastructure=[campaign.contract])
    return Outcome(hashes(done), named, note)


def gifts_of_an_onboarder(stage: Stage) -> Story:
    """At a meeting a host gives each newcomer a little; those who stay claim a welcome gift, each in time."""
    host = stage.dormant(2 * ETHER)
    newcomers = [stage.fresh() for _ in range(stage.rng.randint(8, 20))]
    campaign: Campaign = yield from open_campaign(stage, 20, 5)
    wei = stage.miner.fee(*[CAMPAIGN_GAS] * 4, *[TOKEN_GAS] * 4)
    done: list[Mined] = [*campaign.opened, *(yield [pay(ETH, host, one, wei) for one in newcomers])]
    yield [grant(stage.world, stage.world.drift, host, 10)]
    for one in stage.rng.sample(newcomers, min(8, len(newcomers) // 2)):
        done += yield [visit(campaign, one)]
        done += yield [claim(campaign, one)]
    note = f"a host gives gas to {len(newcomers)} newcomers, some of whom come back"
    named = roles(intermediaries=newcomers, infrastructure=[host, campaign.contract])
    return Outcome(hashes(done), named, note)


VARIANTS = {
    "exchange_customers": exchange_customers,
    "payroll_by_disperse": payroll_by_disperse,
    "popular_poll": popular_poll,
    "gifts_of_an_onboarder": gifts_of_an_onboarder,
}
