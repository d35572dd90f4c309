"""Lenders and borrowers on Aave and on the market that believes a pool; the prices at Aave's oracle; and the
bot that liquidates those who are short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, Transaction, approve, pay, wrap
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols import aave_v3, spot_lender
from ingest.localchain.protocols.aave_v3 import AaveV3, Reserve
from ingest.localchain.protocols.spot_lender import SpotLender
from ingest.localchain.story_parts.loans import REPORTER
from ingest.localchain.story_parts.random_draws import often
from ingest.localchain.world.endowment import Opening, grant
from ingest.localchain.world.stage import ETHER, Habit, Stage, wait

_PRICE_EVERY = (4, 14)
_LOOK_EVERY = 6
_LARGEST_STEP, _PULL = 0.012, 0.12
"""How far a price moves at once at most, and how much of the way back to the world's it goes each time."""

_JUMPS, _JUMP = 0.3, (0.04, 0.1)
"""How often it jumps instead, and by how much, up or down."""

_CAREFUL, _BOLD = (0.2, 0.9), (0.96, 0.995)
"""Of what may be borrowed. The bold are liquidated when prices move by a few percent against them."""

_BOLD_SHARE = 0.5

_PATIENCE = 0.75
"""How often one who could end a loan lets it run on."""


@dataclass(slots=True)
class Customer:
    """A wallet with `collateral` that wants `debt`; what it has done so far."""

    wallet: Address
    collateral: Reserve
    debt: Reserve
    has_supplied: bool = False
    has_borrowed: bool = False


def begin(stage: Stage, per_block: int) -> Opening:
    """A dozen customers or more, two thirds of them of Aave's; about one act in three blocks at twenty
    transactions a block."""
    reserves = stage.world.of(AaveV3).reserves
    pairs = [stage.rng.sample(reserves, 2) for _ in range(max(8, per_block // 2))]
    customers = [Customer(stage.fresh(), collateral, debt) for collateral, debt in pairs]
    pledgers = [stage.fresh() for _ in range(max(4, per_block // 4))]
    bot = stage.fresh()
    habits = [
        aave_customers(stage, customers, per_block / 40),
        spot_customers(stage, pledgers, per_block / 150),
        prices(stage),
        liquidator(stage, bot, customers),
    ]
    grants = [t for one in customers for t in _means(stage, one)]
    token = stage.world.of(SpotLender).token
    for pledger in pledgers:
        stage.miner.give(pledger, stage.ether(1, 10))
        grants.append(grant(stage.world, token, pledger, stage.rng.uniform(2_000, 60_000)))
    stage.miner.give(REPORTER, 100 * ETHER)
    stage.miner.give(bot, 900 * ETHER)
    grants += [grant(stage.world, r.asset, bot, 2_000_000) for r in reserves if r.asset in stage.world.tokens]
    return Opening(habits, grants)


def aave_customers(stage: Stage, customers: Sequence[Customer], rate: float) -> Habit:
    """About `rate` customers act in each block."""
    while True:
        acting = min(often(stage.rng, rate), len(customers))
        yield [t for one in stage.rng.sample(customers, acting) for t in _next_step(stage, one)]


def spot_customers(stage: Stage, pledgers: Sequence[Address], rate: float) -> Habit:
    """Loans on the market that believes a pool, and their end."""
    market, owed = stage.world.of(SpotLender), dict[Address, int]()
    while True:
        block: list[Transaction] = []
        for pledger in stage.rng.sample(pledgers, min(often(stage.rng, rate), len(pledgers))):
            if pledger in owed:
                block += _end_of_loan(stage, market, pledger, owed.pop(pledger))
            elif held := stage.holding(market.token, pledger):
                pledged = held * stage.rng.randint(40, 100) // 100
                usd = market.token.usd(pledged) * stage.rng.uniform(0.2, 0.6)
                owed[pledger] = market.money.units(usd)
                block += [
                    approve(market.token.token, pledger, market.address),
                    spot_lender.deposit(market.address, pledger, pledged),
                    spot_lender.borrow(market.address, pledger, owed[pledger]),
                ]
        yield block


def prices(stage: Stage) -> Habit:
    """Every few blocks somebody reports what one asset is worth: it wanders, and comes back."""
    aave = stage.world.of(AaveV3)
    moving = [reserve.asset for reserve in aave.reserves if reserve.asset.symbol in ("WETH", "LINK", "WBTC")]
    off = dict.fromkeys(moving, 0.0)
    while True:
        yield from wait(stage.rng.randint(*_PRICE_EVERY))
        asset = stage.rng.choice(moving)
        step = stage.rng.uniform(-_LARGEST_STEP, _LARGEST_STEP)
        if stage.rng.random() < _JUMPS:
            step = stage.rng.choice((-1, 1)) * stage.rng.uniform(*_JUMP)
        off[asset] += step - _PULL * off[asset]
        yield [aave_v3.set_price(aave, REPORTER, asset, round(asset.cents * (1 + off[asset]) * 10**6))]


def liquidator(stage: Stage, bot: Address, customers: Sequence[Customer]) -> Habit:
    """Looks at those who have borrowed, and pays half of a debt that is no longer covered."""
    aave = stage.world.of(AaveV3)
    yield [
        wrap(stage.world.weth, bot, 800 * ETHER),
        *(approve(reserve.asset.token, bot, aave.pool) for reserve in aave.reserves),
    ]
    while True:
        yield from wait(_LOOK_EVERY)
        short = [c for c in customers if c.has_borrowed and aave_v3.health(stage.miner, aave, c.wallet) < 1]
        debts = stage.miner.holdings((one.debt.owed, one.wallet) for one in short)
        yield [
            aave_v3.liquidate(aave, bot, one.wallet, one.collateral.asset, one.debt.asset, owed // 2)
            for one, owed in zip(short, debts, strict=True)
        ]


def _means(stage: Stage, customer: Customer) -> list[Transaction]:
    """From 500 to 300,000 dollars of the collateral; of WETH they wrap what they have."""
    usd = min(300_000.0, 500 + stage.rng.lognormvariate(9, 1.3))
    asset = customer.collateral.asset
    if asset.token == stage.world.weth:
        stage.miner.give(customer.wallet, asset.units(usd) + ETHER)
        return []
    stage.miner.give(customer.wallet, stage.ether(0.5, 4))
    return [grant(stage.world, asset, customer.wallet, usd)]


def _next_step(stage: Stage, customer: Customer) -> list[Transaction]:
    """Supplies; borrows in two of three cases; pays back; takes out. Then it begins anew."""
    if not customer.has_supplied:
        return _supply(stage, customer)
    if not customer.has_borrowed and stage.rng.random() < 0.67:
        return _borrow(stage, customer)
    if stage.rng.random() < _PATIENCE:
        return []
    aave, wallet = stage.world.of(AaveV3), customer.wallet
    customer.has_supplied = False
    ending = [aave_v3.withdraw(aave, wallet, customer.collateral.asset)]
    if not customer.has_borrowed:
        return ending
    customer.has_borrowed = False
    owed = stage.holding(customer.debt.owed, wallet)
    return [*_repay(stage, customer, owed), *ending] if owed else ending


def _supply(stage: Stage, customer: Customer) -> list[Transaction]:
    aave, asset, wallet = stage.world.of(AaveV3), customer.collateral.asset, customer.wallet
    amount, first = stage.holding(asset, wallet) * stage.rng.randint(50, 100) // 100, list[Transaction]()
    if asset.token == stage.world.weth and not amount:
        amount = (stage.spendable(wallet, aave_v3.AAVE_GAS) - ETHER // 2) * 9 // 10
        first = [wrap(asset.token, wallet, amount)]
    if amount <= 0 or asset.usd(amount) < 10:
        return []
    customer.has_supplied = True
    return [*first, approve(asset.token, wallet, aave.pool), aave_v3.supply(aave, wallet, asset, amount)]


def _borrow(stage: Stage, customer: Customer) -> list[Transaction]:
    """At today's prices; a price that is reported in the same block may make a bold loan fail."""
    aave, asset = stage.world.of(AaveV3), customer.debt.asset
    share = stage.rng.uniform(*(_BOLD if stage.rng.random() < _BOLD_SHARE else _CAREFUL))
    most = aave_v3.borrowable(stage.miner, aave, customer.wallet, asset)
    customer.has_borrowed = True
    return [aave_v3.borrow(aave, customer.wallet, asset, int(most * share))]


def _repay(stage: Stage, customer: Customer, owed: int) -> list[Transaction]:
    """All that is owed; the interest on top comes from the exchange."""
    aave, asset, wallet = stage.world.of(AaveV3), customer.debt.asset, customer.wallet
    return [
        *_interest(stage, asset, wallet, owed),
        approve(asset.token, wallet, aave.pool),
        aave_v3.repay(aave, wallet, asset),
    ]


def _interest(stage: Stage, asset: Asset, wallet: Address, owed: int) -> list[Transaction]:
    missing = owed * 101 // 100 + 1 - stage.holding(asset, wallet)
    if missing <= 0:
        return []
    if asset.token == stage.world.weth:
        return (
            [wrap(asset.token, wallet, missing)]
            if stage.spendable(wallet, aave_v3.AAVE_GAS) > missing
            else []
        )
    return [pay(asset, stage.exchange.hot, wallet, missing)]


def _end_of_loan(stage: Stage, market: SpotLender, pledger: Address, owed: int) -> list[Transaction]:
    """Pays back what was borrowed, which nobody has spent, and takes the collateral."""
    pledged = stage.miner.number(market.address, "deposited(address)", pledger)
    return [
        approve(market.money.token, pledger, market.address),
        spot_lender.repay(market.address, pledger, owed),
        spot_lender.release(market.address, pledger, pledged),
    ]
