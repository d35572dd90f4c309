"""Sandwiches: what it says of one, to the wei; what it leaves alone; and whole blocks of mainnet."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.evaluate.recorded.trial import alerts_of
from detectors.library.sandwich import Sandwich
from ingest.blocks import frames as answered
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.mainnet import DATA, recorded, recorded_block
from tests.fixtures.market import ETHER, ROUTER, WETH, Market, Pool

ALICE, BOB, CAROL, MALLORY, OTHER, CAT, PAIR = (
    address(name) for name in ("alice", "bob", "carol", "mallory", "another wallet", "cat", "pair")
)


DETECTORS: list[Any] = [Sandwich()]


def market(version: int = 2) -> tuple[Market, Pool]:
    made = Market(ChainBuilder().block())
    pool = Pool(PAIR, (CAT, WETH), [10**6 * ETHER, 100 * ETHER], version)
    return made, made.opens(pool, introduced=False)


def alerts(made: Market) -> list[Alert]:
    engine = Engine(1, DETECTORS, follows=False, keep_all=True)
    engine.take(made.batch())
    assert engine.state.off == {}
    return engine.standing()


def shown(who: bytes) -> str:
    return "0x" + who.hex()


def roles(alert: Alert) -> dict[str, str]:
    return {role.address: role.role for role in alert.roles}


def test_the_victims_loss_is_told_to_the_wei_where_they_sell_for_the_coin() -> None:
    made, pool = market()
    alone = pool.out(0, 10**4 * ETHER)
    wei = made.trades(MALLORY, pool, 0, 5 * 10**4 * ETHER)
    got = made.trades(ALICE, pool, 0, 10**4 * ETHER)
    made.trades(MALLORY, pool, 1, wei)
    (alert,) = alerts(made)
    assert int(str(alert.value_wei)) == pytest.approx(alone - got, abs=2)
    assert alert.measured["loss_is"] == "exact"
    assert roles(alert) == {
        shown(MALLORY): "attacker", shown(ALICE): "victim", shown(PAIR): "infrastructure",
    }  # fmt: skip
    assert len(alert.transactions) == 3


def test_a_loss_in_a_token_is_worth_what_it_was_at_the_price_before() -> None:
    made, pool = market()
    alone = pool.out(1, 10 * ETHER)
    units = made.trades(MALLORY, pool, 1, 5 * ETHER)
    held = pool.reserves[0]
    made.buys_with_coin(ALICE, pool, 10 * ETHER)
    got = held - pool.reserves[0]
    made.trades(MALLORY, pool, 0, units)
    (alert,) = alerts(made)
    assert int(str(alert.value_wei)) == pytest.approx((alone - got) // 10**4, rel=1e-9)
    assert alert.severity == "medium"


def test_in_a_pool_of_the_third_version_the_loss_is_called_an_estimate() -> None:
    made, pool = market(3)
    units = made.trades(MALLORY, pool, 1, 5 * ETHER)
    made.trades(ALICE, pool, 1, 10 * ETHER)
    made.trades(MALLORY, pool, 0, units)
    (alert,) = alerts(made)
    assert alert.measured["loss_is"] == "an estimate"


def test_several_pools_of_one_bot_in_a_block_are_one_alert() -> None:
    made, pool = market()
    other = made.opens(Pool(address("twin"), (CAT, WETH), [10**6 * ETHER, 100 * ETHER]), introduced=False)
    for each in (pool, other):
        units = made.trades(MALLORY, each, 1, 5 * ETHER)
        made.trades(ALICE if each is pool else BOB, each, 1, 10 * ETHER)
        made.trades(MALLORY, each, 0, units)
    (alert,) = alerts(made)
    assert (alert.measured["pools"], alert.measured["victims"]) == (2, 2)


def test_a_token_that_takes_a_tax_of_two_percent_hides_nothing() -> None:
    made, pool = market()
    with made.chain.transaction(MALLORY, ROUTER):
        units = _taxed_buy(made, pool, MALLORY, 5 * ETHER)
    made.trades(ALICE, pool, 1, 10 * ETHER)
    made.trades(MALLORY, pool, 0, units * 98 // 100)
    (alert,) = alerts(made)
    assert alert.measured["apart"] == pytest.approx(0.02, abs=1e-4)


def _taxed_buy(made: Market, pool: Pool, who: bytes, wei: int) -> int:
    """The token keeps a fiftieth of what the pool sends."""
    units = made.swaps(pool, 1, wei, who, who, ROUTER)
    made.chain.erc20(CAT, who, CAT, units // 50)
    return units


def test_a_victim_who_loses_nearly_everything_is_a_victim_of_a_sandwich() -> None:
    made, pool = market()
    wei = made.trades(MALLORY, pool, 0, 40 * 10**6 * ETHER)
    made.trades(ALICE, pool, 0, 10**5 * ETHER)
    made.trades(MALLORY, pool, 1, wei)
    (alert,) = alerts(made)
    assert float(alert.measured["least_loss"]) > 100


def test_the_trader_behind_a_relayer_is_the_victim() -> None:
    """Bob signs and alice trades: what changed is hers."""
    made, pool = market()
    units = made.trades(MALLORY, pool, 1, 5 * ETHER)
    with made.chain.transaction(BOB, ROUTER):
        made.swaps(pool, 1, 10 * ETHER, ALICE, ALICE, ROUTER)
    made.trades(MALLORY, pool, 0, units)
    (alert,) = alerts(made)
    assert roles(alert)[shown(ALICE)] == "victim"
    assert shown(BOB) not in roles(alert)


def test_a_vault_through_which_others_trade_is_accused_of_nothing() -> None:
    """Bob's purchase leaves the token in a pool of a shape that nobody knows, carol's sale takes it there."""
    made, pool = market()
    vault = address("curve")
    with made.chain.transaction(BOB, ROUTER):
        units = made.swaps(pool, 1, 5 * ETHER, BOB, vault, ROUTER)
        made.chain.erc20(address("dollar"), vault, BOB, 1000)
    made.trades(ALICE, pool, 1, 10 * ETHER)
    with made.chain.transaction(CAROL, ROUTER):
        made.chain.erc20(address("dollar"), CAROL, vault, 1000)
        made.swaps(pool, 0, units, vault, CAROL, ROUTER)
    assert alerts(made) == []


def test_a_contract_that_everybody_calls_with_nothing_left_in_it_is_accused_of_nothing() -> None:
    made, pool = market()
    units = pool.out(1, 5 * ETHER)
    made.buys_with_coin(BOB, pool, 5 * ETHER)
    made.buys_with_coin(ALICE, pool, 10 * ETHER)
    made.sells_for_coin(CAROL, pool, units)
    assert alerts(made) == []


def test_the_own_other_wallet_between_is_no_victim() -> None:
    made, pool = market()
    units = made.trades(MALLORY, pool, 1, 5 * ETHER)
    made.trades(MALLORY, pool, 1, 5 * ETHER, to=OTHER)
    made.trades(MALLORY, pool, 0, units)
    assert alerts(made) == []


def test_purchases_that_failed_between_are_nobodys_loss() -> None:
    made, pool = market()
    units = made.trades(MALLORY, pool, 1, 5 * ETHER)
    made.chain.native(ALICE, ROUTER, 10 * ETHER, status=0)
    made.trades(MALLORY, pool, 0, units)
    assert alerts(made) == []


@pytest.mark.parametrize("seed", range(8))
def test_strangers_who_trade_at_random_are_accused_of_nothing(seed: int) -> None:
    rng = Random(seed)
    made, pool = market()
    for _ in range(30):
        made.chain.block()
        for who in rng.sample([ALICE, BOB, CAROL, MALLORY, OTHER], rng.randint(2, 5)):
            side = rng.randrange(2)
            made.trades(who, pool, side, pool.reserves[side] // rng.randint(20, 200))
    assert alerts(made) == []


def test_all_sandwiches_of_the_recorded_blocks_are_found_and_what_else_is_found_is_looked_at() -> None:
    known = json.loads(recorded("mainnet/known.json").read_text())
    expected = found = 0
    more: list[tuple[str, int]] = []
    for file in sorted((DATA / "mainnet").glob("*.json.gz")):
        name = file.name.split(".")[0]
        batch = answered.batch(1, [recorded_block(f"mainnet/{file.name}")], ["none"])
        raised = alerts_of([batch], DETECTORS)
        ends = [{each["front"], each["back"]} for each in known[name]["sandwiches"] or []]
        hits = [[alert for alert in raised if pair <= set(alert.transactions)] for pair in ends]
        expected, found = expected + len(ends), found + sum(map(bool, hits))
        same = {alert.id for hit in hits for alert in hit}
        more += [(name, len(alert.transactions)) for alert in raised if alert.id not in same]
    assert (expected, found) == (17, 17)
    # Two bots in tokens that take a tax: one around two victims, one around one. Both gain what they took.
    assert sorted(more) == [("18090213", 3), ("18090213", 4)]
