"""Contracts that are emptied as they should be: by their owners, by their depositors, for their purpose."""

from __future__ import annotations

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import DEPLOY_GAS, Asset, Transaction, mint
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.protocols.savings import VAULT, deposit, redeem
from ingest.localchain.story_parts.banks import builder
from ingest.localchain.story_parts.funding import between, withdrawal
from ingest.localchain.story_parts.treasuries import (
    LIMITED_TREASURY,
    PROXY,
    SHARED_WALLET,
    TREASURY,
    UPGRADEABLE_TREASURY,
    fill_treasury,
    pay_out,
    rescue,
    treasury_usd,
    upgrade,
)
from ingest.localchain.world import pools
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, roles, sleep, wait

CATEGORY = "asset-drain"
WARM_UP = 20
LONGEST = 30
NIGHTS = 1


def treasury_move(stage: Stage) -> Story:
    """The owner moves everything to a new treasury of theirs, or to a wallet that they share with others."""
    owner = yield from builder(stage)
    made = yield [create(owner, TREASURY, False)]
    old = created(made[0])
    assets = yield from fill_treasury(stage, old, treasury_usd(stage))
    if stage.rng.random() < 0.3:
        yield from sleep(stage, stage.rng.randint(2 * HOUR, 9 * DAY))
    is_shared = stage.rng.random() < 0.5
    signers = [owner, stage.fresh(), stage.fresh()]
    done: list[Mined] = yield [
        create(owner, SHARED_WALLET, signers, 2) if is_shared else create(owner, TREASURY, False)
    ]
    new = created(done[0])
    yield from wait(stage.rng.randint(0, 3))
    if stage.rng.random() < 0.5:
        done += yield [rescue(old, owner, assets[:1], new, 1)]  # a small part first, to be sure
    done += yield [rescue(old, owner, assets, new)]
    kind = "a shared wallet" if is_shared else "a new treasury"
    named = roles(intermediaries=[owner], infrastructure=[old, new])
    return Outcome(hashes(done), named, f"the owner moves {len(assets)} assets to {kind}")


def upgrade_and_move(stage: Stage) -> Story:
    """The owner upgrades a treasury's code and then moves nearly all to a second proxy of the new code."""
    owner = yield from builder(stage)
    made = yield [create(owner, UPGRADEABLE_TREASURY)]
    begun = bytes.fromhex(call_data("initialize(address)", owner)[2:])
    made = yield [create(owner, PROXY, created(made[0]), begun)]
    old = created(made[0])
    assets = yield from fill_treasury(stage, old, treasury_usd(stage))
    done: list[Mined] = yield [create(owner, LIMITED_TREASURY)]
    code = created(done[0])
    done += yield [upgrade(old, owner, code), create(owner, PROXY, code, begun)]
    new = created(done[-1])
    done += yield [call(owner, old, "setLimit(uint256)", stage.ether(10, 1_000))]
    yield from wait(stage.rng.randint(0, 3))
    held = stage.miner.holdings((asset, old) for asset in assets)
    percent = stage.rng.randint(90, 100)
    done += yield [
        pay_out(old, owner, asset, new, amount * percent // 100)
        for asset, amount in zip(assets, held, strict=True)
    ]
    named = roles(intermediaries=[owner], infrastructure=[old, code, new])
    return Outcome(hashes(done), named, f"new code, then {percent} % to a second proxy of it")


def vault_migration(stage: Stage) -> Story:
    """All depositors leave a vault for its second edition within a few blocks: it is empty then."""
    operator, asset = (yield from builder(stage)), stage.rng.choice(stage.world.tokens[:5])
    names = (asset.token, f"First {asset.symbol}", f"1{asset.symbol}")
    made = yield [create(operator, VAULT, *names, 6)]
    old = created(made[0])
    people = [stage.fresh() for _ in range(stage.rng.randint(2, 7))]
    usd = [between(stage, 500, 500_000) for _ in people]
    yield [t for p, n in zip(people, usd, strict=True) for t in withdrawal(stage, p, asset, n)]
    yield [t for p in people for t in deposit(old, asset, p, stage.holding(asset, p))]
    done: list[Mined] = yield [create(operator, VAULT, *names, 3)]
    new = created(done[0])
    for person in people:
        shares = stage.miner.number(old, "balanceOf(address)", person)
        amount = stage.miner.number(old, "maxWithdraw(address)", person)
        done += yield [redeem(old, person, shares), *deposit(new, asset, person, amount)]
        yield from wait(stage.rng.randint(0, 1))
    named = roles(intermediaries=people, infrastructure=[old, new])
    return Outcome(hashes(done), named, f"{len(people)} depositors leave a vault for its second edition")


def pool_migration(stage: Stage) -> Story:
    """A project takes all liquidity out of its pool and opens one for the second edition of its token."""
    project, wei = stage.dormant(stage.ether(20, 600)), stage.ether(10, 500)
    stage.miner.give(project, wei + 3 * ETHER)
    yield []
    made = yield [_token(project, "First"), _token(project, "Second")]
    first, second = (created(one) for one in made)
    amount = stage.rng.randint(10**5, 10**9) * 10**18
    yield [mint(token, project, project, amount) for token in (first, second)]
    yield pools.open_pool(stage.world, project, first, amount, wei)
    yield from wait(stage.rng.randint(2, 5))
    pair = pools.pair_address(stage.world.factory, first, stage.world.weth)
    shares = stage.holding(Asset("", pair, 0), project)
    done: list[Mined] = yield pools.close_pool(stage.world, project, first, shares)
    yield from wait(stage.rng.randint(0, 2))
    done += yield pools.open_pool(stage.world, project, second, amount, wei * 99 // 100)
    fresh = pools.pair_address(stage.world.factory, second, stage.world.weth)
    named = roles(intermediaries=[project], infrastructure=[pair, fresh, stage.world.router])
    return Outcome(hashes(done), named, "all liquidity moves to a pool of the token's second edition")


def grants_day(stage: Stage) -> Story:
    """A fund pays out what it was filled with, to many, in one block: nothing is left."""
    owner = yield from builder(stage)
    made = yield [create(owner, TREASURY, False)]
    fund = created(made[0])
    assets = yield from fill_treasury(stage, fund, treasury_usd(stage) / 10)
    asset, *_ = assets
    winners = [stage.fresh() for _ in range(stage.rng.randint(3, 12))]
    held = stage.holding(asset, fund)
    shares = [stage.rng.randint(1, 10) for _ in winners]
    parts = [held * share // sum(shares) for share in shares[:-1]]
    parts.append(held - sum(parts))
    done: list[Mined] = yield [
        pay_out(fund, owner, asset, to, n) for to, n in zip(winners, parts, strict=True)
    ]
    named = roles(intermediaries=[owner, *winners], infrastructure=[fund])
    return Outcome(hashes(done), named, f"a fund pays all its {asset.symbol} to {len(winners)} winners")


VARIANTS = {
    "treasury_move": treasury_move,
    "upgrade_and_move": upgrade_and_move,
    "vault_migration": vault_migration,
    "pool_migration": pool_migration,
    "grants_day": grants_day,
}


def _token(project: Address, edition: str) -> Transaction:
    code = artifacts.TOKEN.deployment(f"{edition} Edition", edition[:3].upper())
    return Transaction(project, None, code, gas=DEPLOY_GAS)
