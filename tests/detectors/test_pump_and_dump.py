"""Pump and dump: who made the price, who followed, and who only bought and sold."""

from __future__ import annotations

from detectors.library.pump_and_dump import PumpAndDump
from tests.detectors.launched import ALICE, BOB, CAROL, DAVE, ERIN, MALLORY, alerts, bought, launch, named
from tests.fixtures.frames import address
from tests.fixtures.market import ETHER

MAKER = address("maker")
GROUP = (MALLORY, DAVE, ERIN)


def test_the_group_is_named_and_the_followers_are_its_victims() -> None:
    made = launch(MAKER)
    bought(made, *GROUP, wei=3 * ETHER)
    bought(made, ALICE, BOB)
    for wallet in GROUP:
        made.sells(wallet)
    (alert,) = alerts(made.chain, PumpAndDump())
    assert named(alert, "attacker") == set(GROUP)
    assert named(alert, "victim") == {ALICE, BOB}
    lift = alert.measured["lift"]
    assert isinstance(lift, float)
    assert 3.5 < lift < 3.7  # nine put into ten: 1.9 squared is 3.61, but for the pool's fee


def test_there_is_one_alert_and_followers_who_sell_later_are_not_in_it() -> None:
    made = launch(MAKER)
    bought(made, *GROUP, wei=3 * ETHER)
    bought(made, ALICE, BOB)
    for wallet in GROUP:
        made.sells(wallet)
    made.chain.block()
    made.sells(ALICE)
    made.sells(BOB)
    (alert,) = alerts(made.chain, PumpAndDump())
    assert named(alert, "attacker") == set(GROUP)


def test_a_group_without_followers_only_pays_fees() -> None:
    made = launch(MAKER)
    bought(made, *GROUP, wei=3 * ETHER)
    for wallet in GROUP:
        made.sells(wallet)
    assert alerts(made.chain, PumpAndDump()) == []


def test_old_wallets_that_trade_in_the_same_blocks_again_and_again_are_one_hand() -> None:
    for blocks, found in ((3, 1), (2, 0)):
        made = launch(MAKER)
        for _ in range(blocks):
            bought(made, *GROUP)
        for wallet in GROUP:
            made.sells(wallet)
        standing = alerts(made.chain, PumpAndDump())
        assert [(named(alert, "attacker"), alert.severity) for alert in standing] == [
            (set(GROUP), "low")
        ] * found


def test_strangers_who_now_and_then_trade_in_one_block_are_not_one_hand() -> None:
    made = launch(MAKER)
    for _ in range(3):
        bought(made, *GROUP)
        bought(made, MALLORY)
    for wallet in GROUP:
        made.sells(wallet)
    assert alerts(made.chain, PumpAndDump()) == []


def test_who_keeps_a_fifth_has_not_left() -> None:
    made = launch(MAKER)
    bought(made, MALLORY, wei=9 * ETHER)
    bought(made, ALICE, BOB)
    made.sells(MALLORY, 0.8)
    assert alerts(made.chain, PumpAndDump()) == []


def test_strangers_who_leave_each_for_himself_are_no_group_but_those_of_one_funder_are() -> None:
    for boss in (None, CAROL):
        made = launch(MAKER)
        wallets = [address(f"wallet {n}") for n in range(3)]
        for wallet in wallets:
            made.chain.native(boss or address(f"exchange {wallet.hex()}"), wallet, 4 * ETHER)
        bought(made, *wallets, wei=ETHER)
        bought(made, ALICE, BOB)
        for wallet in wallets:
            made.sells(wallet)
            made.chain.block()
        found = alerts(made.chain, PumpAndDump())
        assert [named(alert, "attacker") for alert in found] == ([set(wallets)] if boss else [])


def test_who_came_one_by_one_and_sells_in_one_block_when_a_limit_is_lifted_is_no_group() -> None:
    made = launch(MAKER)
    for one, other in ((ALICE, BOB), (MALLORY, CAROL), (DAVE, ERIN)):
        bought(made, one)
        bought(made, other, wei=ETHER // 4)
    for person in (ALICE, MALLORY, DAVE):
        made.sells(person)
    assert alerts(made.chain, PumpAndDump()) == []


def test_the_first_buyers_are_no_group_where_all_sell_on_the_same_news() -> None:
    made = launch(MAKER)
    bought(made, *GROUP)
    for person in (ALICE, BOB, CAROL, address("frank")):
        bought(made, person, wei=ETHER // 4)
    for person in (*GROUP, ALICE, BOB, CAROL, address("frank")):
        made.sells(person)
    assert alerts(made.chain, PumpAndDump()) == []


def test_to_buy_and_sell_in_one_block_is_another_thing() -> None:
    made = launch(MAKER)
    made.buys(MALLORY, 9 * ETHER)
    made.buys(ALICE, ETHER)
    made.sells(MALLORY)
    assert alerts(made.chain, PumpAndDump()) == []


def test_the_makers_own_sale_is_a_rug_and_no_dump() -> None:
    made = launch(MALLORY, pooled=1.0)
    bought(made, MALLORY, wei=9 * ETHER)
    bought(made, ALICE, BOB)
    made.sells(MALLORY)
    assert alerts(made.chain, PumpAndDump()) == []


def test_where_followers_cannot_sell_it_is_a_honeypot() -> None:
    made = launch(MAKER)
    bought(made, *GROUP, wei=3 * ETHER)
    bought(made, ALICE, BOB)
    made.fails_to_sell(ALICE)
    made.chain.block()
    for wallet in GROUP:
        made.sells(wallet)
    assert alerts(made.chain, PumpAndDump()) == []


def test_who_flees_when_liquidity_leaves_is_no_dumper() -> None:
    made = launch(MAKER)
    bought(made, MALLORY, wei=9 * ETHER)
    bought(made, ALICE, BOB)
    made.removes(MAKER, 0.3)
    made.chain.block()
    made.sells(MALLORY)
    assert alerts(made.chain, PumpAndDump()) == []
