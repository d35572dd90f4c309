"""Honest use of flash loans: nobody pays for it who has not agreed to."""

from __future__ import annotations

from ingest.localchain.chain.actions import approve, buy
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.protocols import aave_v3
from ingest.localchain.protocols.aave_v3 import AaveV3
from ingest.localchain.protocols.uniswap_v3 import UniswapV3
from ingest.localchain.story_parts import flash_loans as flash
from ingest.localchain.story_parts import pool_math as curves
from ingest.localchain.story_parts.flash_loans import FLASH_GAS, Kind
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.loans import REPORTER, open_loan
from ingest.localchain.story_parts.pool_math import Curve
from ingest.localchain.world.pools import pair_address
from ingest.localchain.world.stage import ETHER, Acts, Bundle, Outcome, Stage, Story, hashes, roles, wait

CATEGORY = "flash-loan-attack"
WARM_UP = 20
LONGEST = 20

ARBITRAGE = Own("broker", "Arbitrage", ("address", "address"))
LIQUIDATOR = Own("broker", "Liquidator", ("address", "address", "address"))
COLLATERAL_SWAP = Own("broker", "CollateralSwap", ("address", "address"))
REFINANCE = Own("broker", "Refinance", ("address", "address", "address"))

_TRADE = "tradeOnLoan(uint8,address,(address,uint24,bool),uint256,uint256)"


def arbitrage(stage: Stage) -> Story:
    """Somebody buys much on V2; a bot buys on V3, sells there, and needs no money of its own for it."""
    world, miner = stage.world, stage.miner
    token = world.token(stage.rng.choice(("LINK", "WBTC", "USDC")))
    pool = world.of(UniswapV3).pool(world.weth, token.token)
    spent = stage.ether(200, 1_500)
    whale = stage.dormant(spent + ETHER)
    bot = yield from _newcomer(stage)
    (made,) = yield [create(bot, ARBITRAGE, world.of(UniswapV3).router, world.weth)]
    avoid = world.of(UniswapV3).address(pool)
    kind = stage.rng.choice((Kind.AAVE, Kind.UNISWAP_V3))
    source = yield from flash.source(stage, kind, world.wrapped, avoid)
    yield from wait(stage.rng.randint(0, 2))
    dear = curves.v2_curve(miner, world, world.weth, token.token).after(spent).turned()
    amount = min(curves.best_round(curves.v3_curve(miner, world, pool, world.weth), dear), source.most)
    trade = (pair_address(world.factory, world.weth, token.token), pool.fee, False)
    arguments = (int(source.kind), source.lender, trade, amount, 1)
    both = [
        buy(world.router, whale, [world.weth, token.token], spent),
        call(bot, created(made), _TRADE, *arguments, gas=FLASH_GAS),
    ]
    bought: list[Mined] = yield Bundle(both)
    kept: list[Mined] = yield [call(bot, created(made), "collect()")]
    named = roles(intermediaries=[bot, created(made)], infrastructure=[source.lender, trade[0], avoid])
    note = f"V3 and V2 evened out in {token.symbol} with a loan of {world.wrapped.usd(amount):,.0f} dollars"
    return Outcome(hashes([made, bought[1], *kept]), named, note)


def liquidation(stage: Stage) -> Story:
    """Ether falls by a few percent at the oracle; a bot pays for a borrower who is short, with a loan."""
    world, aave = stage.world, stage.world.of(AaveV3)
    weth, debt = world.wrapped, world.token(stage.rng.choice(("USDC", "DAI")))
    loan = yield from open_loan(stage, weth, debt, between(stage, 5_000, 2_000_000), 0.999)
    bot = yield from _newcomer(stage)
    pair = pair_address(world.factory, world.weth, debt.token)
    (made,) = yield [create(bot, LIQUIDATOR, aave.pool, weth.token, pair)]
    source = yield from flash.source(stage, stage.rng.choice((Kind.AAVE, Kind.UNISWAP_V3)), debt, pair)
    stage.miner.give(REPORTER, 10 * ETHER)
    yield []
    # Below a health of one anybody may pay half of the debt, below 0.95 all of it.
    price = aave_v3.price(stage.miner, aave, weth)
    health = aave_v3.health(stage.miner, aave, loan.owner)
    lower = int(price * stage.rng.uniform(0.955, 0.995) / health)
    arguments = (int(source.kind), source.lender, debt.token, loan.owner, loan.owed // 2)
    both = [
        aave_v3.set_price(aave, REPORTER, weth, lower),
        call(bot, created(made), "run(uint8,address,address,address,uint256)", *arguments, gas=FLASH_GAS),
    ]
    fell: list[Mined] = yield Bundle(both)
    yield from wait(stage.rng.randint(0, 2))
    yield [aave_v3.set_price(aave, REPORTER, weth, price)]
    named = roles(
        intermediaries=[bot, created(made), loan.owner],
        infrastructure=dict.fromkeys((aave.pool, source.lender, pair)),
    )
    note = f"a debt of {debt.usd(loan.owed):,.0f} dollars in {debt.symbol}, half of it paid"
    return Outcome(hashes([made, fell[1]]), named, note)


def collateral_swap(stage: Stage) -> Story:
    """A borrower changes from ether to another collateral without paying the debt first."""
    world, aave = stage.world, stage.world.of(AaveV3)
    old, new = world.wrapped, world.token(stage.rng.choice(("WBTC", "LINK")))
    loan = yield from open_loan(stage, old, world.token("USDC"), between(stage, 3_000, 1_000_000), 0.4)
    pair = pair_address(world.factory, old.token, new.token)
    (made,) = yield [create(loan.owner, COLLATERAL_SWAP, aave.pool, pair)]
    source = yield from flash.source(stage, Kind.AAVE, new)
    curve = curves.v2_curve(stage.miner, world, old.token, new.token)
    receipt = loan.collateral.supplied.token
    # The premium of the loan, and a percent in case the price moves.
    amount = min(curve.gives(loan.amount) * 98 // 100, source.most)
    arguments = (int(source.kind), source.lender, old.token, receipt, new.token, amount)
    yield from wait(stage.rng.randint(0, 2))
    run = "run(uint8,address,address,address,address,uint256)"
    swapped: list[Mined] = yield [
        approve(receipt, loan.owner, created(made)),
        call(loan.owner, created(made), run, *arguments, gas=FLASH_GAS),
    ]
    named = roles(intermediaries=[loan.owner, created(made)], infrastructure=[aave.pool, pair])
    note = f"{old.usd(loan.amount):,.0f} dollars of ether as collateral become {new.symbol}"
    return Outcome(hashes([made, *swapped]), named, note)


def refinance(stage: Stage) -> Story:
    """A borrower owes another coin from now on: a loan pays the old debt, and the new debt pays the loan."""
    world, aave = stage.world, stage.world.of(AaveV3)
    old, new = stage.rng.sample([world.token("USDC"), world.token("DAI")], 2)
    loan = yield from open_loan(stage, world.wrapped, old, between(stage, 3_000, 1_000_000), 0.5)
    pair = pair_address(world.factory, old.token, new.token)
    (made,) = yield [create(loan.owner, REFINANCE, aave.pool, pair, new.token)]
    kind = stage.rng.choice((Kind.AAVE, Kind.UNISWAP_V3))
    source = yield from flash.source(stage, kind, old, pair)
    curve = curves.v2_curve(stage.miner, world, old.token, new.token)
    most = _enough(curve, loan.owed)
    owed = aave.reserve(new.token).owed.token
    arguments = (int(source.kind), source.lender, old.token, loan.owed, most)
    run = "run(uint8,address,address,uint256,uint256)"
    changed: list[Mined] = yield [
        call(loan.owner, owed, "approveDelegation(address,uint256)", created(made), most),
        call(loan.owner, created(made), run, *arguments, gas=FLASH_GAS),
    ]
    named = roles(
        intermediaries=[loan.owner, created(made)],
        infrastructure=dict.fromkeys((aave.pool, source.lender, pair)),
    )
    note = f"a debt of {old.usd(loan.owed):,.0f} dollars changes from {old.symbol} to {new.symbol}"
    return Outcome(hashes([made, *changed]), named, note)


VARIANTS = {
    "arbitrage": arbitrage,
    "liquidation": liquidation,
    "collateral_swap": collateral_swap,
    "refinance": refinance,
}


def _newcomer(stage: Stage) -> Acts:
    bot = stage.fresh()
    yield from fund(stage, bot, stage.ether(0.5, 3))
    return bot


def _enough(curve: Curve, owed: int) -> int:
    """What to borrow of the new coin for `owed` of the old one and the fees of loan and market."""
    needed = owed * curve.given // curve.paid
    return needed * 1_015 // 1_000
