"""Explanations of honest loans: each holds where it should, and not for what only says so."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.base import Finding
from detectors.explanations.arbitrage import Arbitrage
from detectors.explanations.collateral_swap import CollateralSwap
from detectors.explanations.liquidation import Liquidation
from tests.detectors.seen.views import seen
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.lenders import BORROW, LIQUIDATION, REPAY, SUPPLY, WITHDRAW
from tests.fixtures.market import ETHER, USD, WETH, Market, Pool

BOT, MARKET, OWNER, PAIR, TWIN, CAT, OTHER = (
    address(name) for name in ("bot", "market", "owner", "pair", "twin", "cat", "other")
)


def reason(market: Market, explanation: Any) -> str | None:
    """Why a finding about the last transaction is harmless."""
    batch = market.batch()
    view = seen(batch, None, *explanation.reads)
    last = batch.transactions.row(-1, named=True)
    finding = Finding(
        block_number=last["block_number"], timestamp=last["timestamp"], category="flash-loan-attack",
        subject_kind="wallet", subject=BOT, score=0.5, severity="high",
        transaction=last["transaction_hash"], roles=(), rows=(),
    )  # fmt: skip
    said: str | None = explanation.reason(view, finding)
    return said


def twins(apart: int) -> tuple[Market, Pool, Pool]:
    """Two pools of one token, the second dearer by so many percent."""
    market = Market(ChainBuilder().block())
    one = market.opens(Pool(PAIR, (CAT, WETH), [10**6 * ETHER, 100 * ETHER]), False)
    other = market.opens(Pool(TWIN, (CAT, WETH), [10**6 * ETHER, (100 + apart) * ETHER]), False)
    return market, one, other


@pytest.mark.parametrize(("apart", "holds"), [(20, True), (0, False)])
def test_a_round_that_brings_more_back_is_an_arbitrage_and_one_that_loses_is_none(
    apart: int, holds: bool
) -> None:
    market, one, other = twins(apart)
    with market.chain.transaction(BOT, BOT):
        units = market.swaps(one, 1, ETHER, BOT, BOT)
        market.swaps(other, 0, units, BOT, BOT)
    assert (reason(market, Arbitrage()) is not None) == holds


def test_one_pool_both_ways_and_a_sale_through_two_are_no_arbitrage() -> None:
    market, one, other = twins(20)
    with market.chain.transaction(BOT, BOT):
        market.swaps(one, 0, market.swaps(one, 1, ETHER, BOT, BOT), BOT, BOT)
    assert reason(market, Arbitrage()) is None
    with market.chain.transaction(BOT, BOT):
        market.swaps(one, 0, ETHER, BOT, BOT)
        market.swaps(other, 0, ETHER, BOT, BOT)
    assert reason(market, Arbitrage()) is None


def test_a_payment_of_others_beside_is_in_no_sum_of_an_arbitrage() -> None:
    """A robbed lender looks like a pool: what only transfers show never explains."""
    market, one, _ = twins(0)
    with market.chain.transaction(BOT, BOT):
        units = market.swaps(one, 1, ETHER, BOT, BOT)
        market.chain.erc20(CAT, BOT, MARKET, units).erc20(WETH, MARKET, BOT, 2 * ETHER)
    assert reason(market, Arbitrage()) is None


def liquidated(market: Market, debt: int, seized: int, told: bool = True) -> None:
    chain = market.chain
    with chain.transaction(BOT, MARKET):
        chain.erc20(WETH, BOT, MARKET, debt).erc20(USD, MARKET, BOT, seized)
        if told:
            topics = (LIQUIDATION, word(USD), word(WETH), word(OWNER))
            chain.log(MARKET, topics, word(debt) + word(seized) + word(BOT) + word(0))


def test_a_debt_paid_for_collateral_is_a_liquidation_unless_far_too_much_is_seized() -> None:
    for seized, holds in ((1_050, True), (10_000, False)):
        market = Market(ChainBuilder().block())
        pool = market.fills(Pool(PAIR, (USD, WETH), [10**6, 1000 * ETHER]), OTHER)
        market.trades(OTHER, pool, 0, 1000)
        market.chain.blocks(8)
        liquidated(market, ETHER, seized)
        assert (reason(market, Liquidation()) is not None) == holds
    market = Market(ChainBuilder().block())
    liquidated(market, ETHER, 1, told=False)
    assert reason(market, Liquidation()) is None


def changes(market: Market, *events: tuple[bytes, bytes, int], moves: bool = True) -> None:
    """A transaction of the owner in which the market tells of his position, by asset."""
    chain = market.chain
    with chain.transaction(OWNER, MARKET):
        for event, asset, amount in events:
            if moves:
                chain.erc20(asset, OWNER, MARKET, amount)
            if event in (SUPPLY, BORROW):
                rest = word(2) + word(0) if event == BORROW else b""
                chain.log(
                    MARKET, (event, word(asset), word(OWNER), word(0)), word(OWNER) + word(amount) + rest
                )
            else:
                data = word(amount) + (word(0) if event == REPAY else b"")
                chain.log(MARKET, (event, word(asset), word(OWNER), word(OWNER)), data)


@pytest.mark.parametrize(
    ("events", "words"),
    [
        (((WITHDRAW, USD, 9), (SUPPLY, CAT, 8)), "collateral was changed"),
        (((REPAY, USD, 9), (BORROW, CAT, 8)), "a debt was refinanced"),
        (((SUPPLY, USD, 9), (BORROW, CAT, 8)), None),
        (((WITHDRAW, USD, 9), (SUPPLY, USD, 8)), None),
    ],
)
def test_one_collateral_for_another_or_one_debt_for_another(events: Any, words: str | None) -> None:
    market = Market(ChainBuilder().block())
    changes(market, *events)
    said = reason(market, CollateralSwap())
    assert said is None if words is None else said is not None and words in said


def test_what_a_market_only_tells_of_changes_nothing() -> None:
    market = Market(ChainBuilder().block())
    changes(market, (WITHDRAW, USD, 9), (SUPPLY, CAT, 8), moves=False)
    assert reason(market, CollateralSwap()) is None
