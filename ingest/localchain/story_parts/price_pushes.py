"""How the price in a pool is pushed up and used: what that takes, and the transactions that do it."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, Transaction, approve
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols import spot_lender
from ingest.localchain.story_parts import pool_math as curves
from ingest.localchain.story_parts.attackers import assailant, look_ordinary
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.loans import open_loan
from ingest.localchain.story_parts.pool_math import Curve
from ingest.localchain.story_parts.spot_price_protocols import Market, Place, bring, look, open_lender
from ingest.localchain.world import pools
from ingest.localchain.world.stage import Acts, Stage

_SLACK_PERCENT = 101
"""Of the collateral that is needed: a pool that is shared moves a little before it is used."""

_MOST_LENT_USD = 10_000_000
"""Beyond that nobody asks Aave, which has not many times as much."""


@dataclass(frozen=True, slots=True)
class Push:
    """Against `market`: `paid` of money into its pool, which then costs `times` as much; `pledged` tokens of
    what comes out are enough for `loot`."""

    market: Market
    paid: int
    times: float
    pledged: int
    loot: int


def plan_push(stage: Stage, place: Place, is_careful: bool, most: float) -> Acts:
    """Opens a lender and works out a push that pays: the price 2.5 to `most` times as high."""
    rng = stage.rng
    curve = curve_of(stage, place)
    paid = pools.amount_to_push(curve.paid, int(100 * (between(stage, 2.5, most) - 1)))
    bought, after = curve.gives(paid), curve.after(paid)
    # The least loan to value of all markets, so that what is bought is enough in any of them.
    loot = int(0.6 * bought * after.paid / after.given * rng.uniform(0.15, 0.75))
    market = yield from open_lender(stage, place, int(loot * rng.uniform(1, 1.8)), is_careful)
    if is_careful:
        yield [look(market)]
    needed = loot * 100 * after.given // (after.paid * market.loan_to_value)
    times = after.paid * curve.given / (after.given * curve.paid)
    return Push(market, paid, times, needed * _SLACK_PERCENT // 100, loot)


def curve_of(stage: Stage, place: Place) -> Curve:
    """The pool for those who pay in money."""
    return curves.v2_curve(stage.miner, stage.world, place.money.token, place.token.token)


def thief_with(stage: Stage, money: Asset, amount: int) -> Acts:
    """The address of one with so much money: from the exchange, or lent by Aave on collateral."""
    if money.usd(amount) < _MOST_LENT_USD and stage.rng.random() < 0.4:
        weth, usdc = stage.world.wrapped, stage.world.token("USDC")
        collateral = usdc if money.token == weth.token else weth
        # 0.7 of the 77 or 80 % that Aave lends on three times as much: enough also where prices have moved.
        loan = yield from open_loan(stage, collateral, money, 3 * money.usd(amount) + 10, 0.7)
        return loan.owner
    thief = yield from thief_without(stage)
    yield from bring(stage, money, [(thief, amount)])
    return thief


def thief_without(stage: Stage) -> Acts:
    """The address of one who has no more than what fees cost."""
    thief: Address = yield from assailant(stage, stage.ether(1, 4))
    yield from look_ordinary(stage, thief)
    return thief


def bid(stage: Stage, place: Place, buyer: Address, amount: int, to: Address = "") -> Transaction:
    """Buys the token for so much money; the router must be approved."""
    return pools.swap(stage.world, buyer, [place.money.token, place.token.token], amount, to=to)


def use(push: Push, thief: Address, loots: list[int]) -> list[Transaction]:
    """What was bought as collateral, and the loans against it."""
    lender = push.market.address
    return [
        approve(push.market.place.token.token, thief, lender),
        spot_lender.deposit(lender, thief, push.pledged),
        *(spot_lender.borrow(lender, thief, loot) for loot in loots),
    ]


def sale(stage: Stage, place: Place, seller: Address, amount: int) -> list[Transaction]:
    """Sells so many tokens for money."""
    return [
        approve(place.token.token, seller, stage.world.router, amount),
        pools.swap(stage.world, seller, [place.token.token, place.money.token], amount),
    ]
