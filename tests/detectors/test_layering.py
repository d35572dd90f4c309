"""Layering: alice's money is handed on by wallets that serve nothing else, and whose money only looks so."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.layering import Layering
from tests.fixtures.frames import ChainBuilder, address, keccak
from tests.fixtures.market import WETH, Market, Pool

ALICE, BOB, CAROL, DAVE, ERIN, SHOP, POOL, USD, GOLD = (
    address(name) for name in ("alice", "bob", "carol", "dave", "erin", "shop", "pool", "usd", "gold")
)
ETHER = 10**18
DAY = 86_400
TRANSFER = keccak(b"transfer(address,uint256)")[:4]


def alerts(chain: ChainBuilder) -> list[Alert]:
    detectors: list[Any] = [Layering()]
    engine = Engine(1, detectors, follows=False)
    engine.take(chain.batch())
    return list(engine.standing())


def roles(alert: Alert) -> dict[str, str]:
    return {role.address: role.role for role in alert.roles}


def hexed(who: bytes) -> str:
    return "0x" + who.hex()


def line(*wallets: bytes, kept: int = 0, seconds: int = 12) -> ChainBuilder:
    """Each hands on what it got but `kept` hundredths."""
    chain, wei = ChainBuilder(), 100 * ETHER
    for here, there in pairwise(wallets):
        chain.block(seconds).native(here, there, wei)
        wei = wei * (100 - kept) // 100
    return chain


def test_two_wallets_that_keep_nothing_are_a_line_and_alice_is_its_attacker() -> None:
    (alert,) = alerts(line(ALICE, BOB, CAROL, DAVE))
    assert alert.subject_id == hexed(ALICE)
    assert roles(alert) == {
        hexed(ALICE): "attacker", **{hexed(who): "intermediary" for who in (BOB, CAROL, DAVE)}
    }  # fmt: skip
    assert alert.value_wei == str(100 * ETHER)


def test_one_wallet_between_two_is_a_friend() -> None:
    assert alerts(line(ALICE, BOB, CAROL)) == []


def test_weeks_of_rest_do_not_hide_a_line() -> None:
    assert len(alerts(line(ALICE, BOB, CAROL, DAVE, seconds=21 * DAY))) == 1


def test_wallets_that_keep_a_share_have_a_use_for_it() -> None:
    for kept, found in ((9, 1), (20, 0)):
        assert len(alerts(line(ALICE, BOB, CAROL, DAVE, ERIN, kept=kept))) == found


def test_what_is_peeled_off_to_others_is_not_kept() -> None:
    chain, wei = ChainBuilder(), 100 * ETHER
    for here, there in pairwise([ALICE, BOB, CAROL, DAVE, ERIN]):
        chain.block().native(here, there, wei * 7 // 10).native(here, SHOP, wei * 3 // 10)
        wei = wei * 7 // 10
    (alert,) = alerts(chain)
    assert alert.subject_id == hexed(ALICE)


def test_pieces_are_one_sum() -> None:
    chain = ChainBuilder()
    for here, there in pairwise([ALICE, BOB, CAROL, DAVE]):
        chain.block().erc20(USD, here, there, 450).block(DAY).erc20(USD, here, there, 550)
    assert len(alerts(chain)) == 1


def test_money_of_its_own_and_worthless_tokens_do_not_hide_a_wallet() -> None:
    chain = ChainBuilder().block().native(SHOP, BOB, ETHER).erc20(GOLD, SHOP, CAROL, 7)
    for here, there in pairwise([ALICE, BOB, CAROL, DAVE]):
        chain.block().native(here, there, 100 * ETHER)
    assert len(alerts(chain)) == 1


def test_a_wallet_that_many_pay_serves_them() -> None:
    chain = ChainBuilder().block()
    for n in range(4):
        chain.native(address(f"customer {n}"), BOB, 9 * ETHER)
    for here, there in pairwise([ALICE, BOB, CAROL, DAVE]):
        chain.block().native(here, there, 100 * ETHER)
    assert alerts(chain) == []


def test_what_bob_changes_himself_is_followed() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 10 * ETHER)
    with chain.block().transaction(BOB, POOL, 10 * ETHER):
        chain.erc20(GOLD, POOL, BOB, 900)
    chain.block().erc20(GOLD, BOB, CAROL, 900).block().erc20(GOLD, CAROL, DAVE, 900)
    (alert,) = alerts(chain)
    assert alert.subject_id == hexed(ALICE)
    assert hexed(POOL) not in roles(alert)


def test_who_sells_an_airdrop_in_a_pool_of_few_traders_gathers_nothing() -> None:
    """Also where the router hands the coin on inside of calls, and nobody traces these."""
    market = Market(ChainBuilder().block())
    pool = market.fills(Pool(POOL, (GOLD, WETH), [10**24, 10**22]), SHOP)
    receivers = [address(f"receiver {n}") for n in range(5)]
    for who in receivers:
        market.chain.block().erc20(GOLD, ALICE, who, 800)
    for who in receivers:
        market.chain.block()
        market.sells_for_coin(who, pool, 800)
    assert alerts(market.chain) == []


def scattered(middle: list[bytes], openly: int = 0) -> ChainBuilder:
    """Alice scatters, in one transaction of a contract; each changes it and back; erin gathers."""
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, POOL):
        for wallet in middle:
            chain.erc20(WETH, ALICE, wallet, 10 * ETHER)
    chain.block()
    for wallet in middle:
        with chain.transaction(wallet, POOL):
            chain.erc20(WETH, wallet, POOL, 10 * ETHER).erc20(GOLD, POOL, wallet, 900)
        with chain.transaction(wallet, POOL):
            chain.erc20(GOLD, wallet, POOL, 900).erc20(WETH, POOL, wallet, 9 * ETHER)
    if openly:
        chain.block().erc20(WETH, ALICE, ERIN, openly)
    chain.block()
    for wallet in middle:
        chain.erc20(WETH, wallet, ERIN, 9 * ETHER)
    return chain


def test_who_scatters_through_a_contract_and_who_gathers_are_attackers() -> None:
    middle = [address(f"middle {n}") for n in range(5)]
    (alert,) = alerts(scattered(middle))
    assert alert.subject_id == hexed(ALICE)
    named = roles(alert)
    assert (named[hexed(ALICE)], named[hexed(ERIN)]) == ("attacker", "attacker")
    assert {named[hexed(wallet)] for wallet in middle} == {"intermediary"}


def test_a_contract_that_none_of_them_made_gathers_for_the_public_and_an_own_one_for_them() -> None:
    middle = [address(f"middle {n}") for n in range(5)]

    def paid_to(maker: bytes) -> int:
        chain = ChainBuilder().block().creates(maker, POOL).block()
        for wallet in middle:
            chain.native(ALICE, wallet, 10 * ETHER)
        chain.block()
        for wallet in middle:
            chain.native(wallet, POOL, 10 * ETHER)
        return len(alerts(chain))

    assert (paid_to(SHOP), paid_to(ALICE), paid_to(middle[0])) == (0, 1, 1)


def test_who_paid_what_nobody_saw_come_has_a_use_for_money_of_his_own() -> None:
    """An exchange of which the stream knows little yet, a deposit address before it, a customer after it."""

    def customers(old_payments: int) -> ChainBuilder:
        chain = ChainBuilder().block()
        for n in range(old_payments):
            chain.native(CAROL, address(f"customer {n}"), ETHER)
        chain.block().native(ALICE, BOB, 10 * ETHER).block().native(BOB, CAROL, 10 * ETHER)
        return chain.block().native(CAROL, DAVE, 9 * ETHER)

    assert [len(alerts(customers(paid))) for paid in (0, 1, 2)] == [1, 0, 0]


def test_three_who_gather_may_be_a_family_and_an_owner_who_pays_openly_hides_nothing() -> None:
    middle = [address(f"middle {n}") for n in range(5)]
    assert alerts(scattered(middle[:3])) == []
    assert alerts(scattered(middle, openly=3 * ETHER)) == []


def test_a_line_longer_than_the_walk_stays_one_alert() -> None:
    assert len(alerts(line(*(address(f"wallet {n}") for n in range(90))))) == 1


def test_money_that_comes_home_opens_no_second_trail_from_its_middle() -> None:
    wallets = [ALICE, BOB, CAROL, DAVE, ERIN]
    (alert,) = alerts(line(*wallets, ALICE))
    assert alert.subject_id == hexed(ALICE)


def test_a_hub_ends_a_line_and_does_not_hide_what_lies_before_it() -> None:
    def with_hub(*wallets: bytes) -> ChainBuilder:
        chain = ChainBuilder().block()
        for n in range(12):
            chain.native(address(f"customer {n}"), SHOP, ETHER).native(SHOP, address(f"payee {n}"), ETHER)
        for here, there in pairwise(wallets):
            chain.block().native(here, there, 100 * ETHER)
        return chain

    assert alerts(with_hub(ALICE, BOB, CAROL, SHOP)) == []
    assert alerts(with_hub(ALICE, BOB, SHOP, CAROL, DAVE)) == []
    (alert,) = alerts(with_hub(SHOP, ALICE, BOB, CAROL, DAVE, SHOP))
    assert alert.subject_id == hexed(ALICE)


def test_a_forged_line_of_a_strangers_token_names_nobody() -> None:
    chain = ChainBuilder()
    for here, there in pairwise([ALICE, BOB, CAROL, DAVE]):
        chain.block().erc20(GOLD, here, there, 100, by=ERIN)
    assert alerts(chain) == []


def test_whoever_makes_a_contract_with_the_money_is_named_too() -> None:
    chain = line(ALICE, BOB, CAROL, DAVE).block(DAY).creates(DAVE, address("contract"))
    (alert,) = alerts(chain)
    assert roles(alert)[hexed(DAVE)] == "attacker"
    assert "makes contracts" in alert.explanation


def test_a_contract_made_with_a_friends_money_says_nothing() -> None:
    assert alerts(line(ALICE, BOB, CAROL).block().creates(CAROL, address("contract"))) == []


def broken_off(
    *wallets: bytes, to: bytes = POOL, share: int = 100, usd: bool = False, fees: bytes | None = None
) -> ChainBuilder:
    """Each hands all on to the next; the last one's payment of so many hundredths to `to` fails."""
    chain, wei = ChainBuilder(), 100 * ETHER
    for here, there in pairwise(wallets):
        chain.block()
        if usd:
            chain.erc20(USD, here, there, 10**24)
            chain.native(fees or here, there, ETHER)
        else:
            chain.native(here, there, wei)
    chain.block()
    if usd:
        return chain.calls(wallets[-1], USD, TRANSFER, status=0)
    return chain.native(wallets[-1], to, wei * share // 100, status=0)


def test_who_hands_all_to_a_new_wallet_whose_first_payment_fails_tried_to_hide_it() -> None:
    for usd in (False, True):
        (alert,) = alerts(broken_off(ALICE, BOB, usd=usd))
        assert (alert.severity, alert.measured["failed"], alert.measured["wallets"]) == ("low", 1, 1)
        assert roles(alert) == {hexed(ALICE): "attacker", hexed(BOB): "intermediary"}
        assert "nothing came of it" in alert.explanation


def test_an_attempt_that_is_mended_is_the_same_alert_graver() -> None:
    chain = broken_off(ALICE, BOB).block().native(BOB, CAROL, 100 * ETHER).block()
    (alert,) = alerts(chain.native(CAROL, DAVE, 100 * ETHER))
    assert (alert.subject_id, alert.severity) == (hexed(ALICE), "medium")


def test_a_line_that_breaks_off_is_told_from_its_beginning() -> None:
    (alert,) = alerts(broken_off(ALICE, BOB, CAROL))
    assert roles(alert) == {hexed(ALICE): "attacker", **{hexed(w): "intermediary" for w in (BOB, CAROL)}}


def test_a_payment_that_fails_says_nothing_of_who_has_a_life() -> None:
    """Of bob who paid before, of alice who pays others too, of bob who has his fees from elsewhere, and of
    one who fails to pay a little of it.
    """
    before = ChainBuilder().block().native(ALICE, BOB, 100 * ETHER).block().native(BOB, SHOP, ETHER)
    assert alerts(before.native(BOB, POOL, 99 * ETHER, status=0)) == []
    others = ChainBuilder().block().native(ALICE, BOB, 100 * ETHER).native(ALICE, SHOP, ETHER)
    assert alerts(others.block().native(BOB, POOL, 99 * ETHER, status=0)) == []
    assert alerts(broken_off(ALICE, BOB, usd=True, fees=CAROL)) == []
    assert alerts(broken_off(ALICE, BOB, share=24)) == []


def test_a_call_of_something_else_that_fails_is_no_payment() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 100 * ETHER).block()
    assert alerts(chain.calls(BOB, POOL, keccak(b"swap()")[:4], status=0)) == []


def test_a_customer_of_an_exchange_whose_payment_fails_is_a_customer() -> None:
    chain = ChainBuilder().block()
    for n in range(8):
        chain.native(address(f"customer {n}"), ALICE, ETHER).native(ALICE, address(f"customer {n}"), ETHER)
    chain.native(ALICE, BOB, 100 * ETHER).block()
    assert alerts(chain.native(BOB, POOL, 99 * ETHER, status=0)) == []


def test_worthless_tokens_of_two_strangers_do_not_hide_a_line() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 100 * ETHER)
    for stranger in (ERIN, SHOP):
        chain.erc20(GOLD, stranger, BOB, 10**30)
    chain.block().native(BOB, CAROL, 99 * ETHER)
    for stranger in (ERIN, SHOP):
        chain.erc20(GOLD, stranger, CAROL, 10**30)
    assert len(alerts(chain.block().native(CAROL, DAVE, 98 * ETHER))) == 1


def test_two_who_pay_the_coin_or_the_same_token_make_a_wallet_serve_them_unless_it_is_dust() -> None:
    for wei, found in ((10**16, 1), (10**17, 0)):
        chain = ChainBuilder().block()
        for here, there in pairwise((ALICE, BOB, CAROL, DAVE)):
            for stranger in (ERIN, SHOP):
                chain.native(stranger, here, wei)
            chain.block().erc20(USD, here, there, 10**24)
        assert len(alerts(chain)) == found


def test_who_pays_others_too_is_an_origin_of_longer_lines_only_and_an_employer_of_none() -> None:
    """What alice pays bob may be taken by a thief, who hands it on: the line is his, and begins with bob."""
    for others, wallets, found in (
        (1, (BOB, CAROL), [ALICE]), (5, (BOB, CAROL), []),
        (9, (BOB, CAROL), []), (9, (BOB, CAROL, DAVE), [BOB]),
    ):  # fmt: skip
        chain, wei = ChainBuilder().block(), 100 * ETHER
        for n in range(others):
            chain.native(ALICE, address(f"employee {n}"), 60 * ETHER)
        for here, there in pairwise((ALICE, *wallets, ERIN)):
            chain.native(here, there, wei).block()
            wei -= ETHER
        assert [alert.subject_id for alert in alerts(chain)] == [hexed(who) for who in found]


def test_two_who_add_money_of_their_own_may_be_people_and_three_are_a_line() -> None:
    for wallets, found in (((BOB, CAROL), 0), ((BOB, CAROL, ERIN), 1)):
        chain, wei = ChainBuilder(), 10 * ETHER
        for here, there in pairwise((ALICE, *wallets, DAVE)):
            chain.block().native(here, there, wei)
            wei = wei * 3 // 2
        assert len(alerts(chain)) == found


def test_dust_is_nobodys_loot() -> None:
    for wei, found in ((10**16, 0), (10**17, 1)):
        chain = ChainBuilder()
        for here, there in pairwise((ALICE, BOB, CAROL, DAVE)):
            chain.block().native(here, there, wei)
        assert len(alerts(chain)) == found


def test_a_place_where_others_pay_too_gathers_nothing() -> None:
    """Alice pays five friends, who all pay the same shop, which has other customers."""
    friends = [address(f"friend {n}") for n in range(5)]
    for customers, found in ((3, 1), (9, 0)):
        chain = ChainBuilder().block()
        for n in range(customers):
            chain.native(address(f"customer {n}"), SHOP, ETHER)
        for friend in friends:
            chain.native(ALICE, friend, 10 * ETHER)
        chain.block()
        for friend in friends:
            chain.native(friend, SHOP, 9 * ETHER)
        assert len(alerts(chain)) == found


def test_what_a_pool_prices_says_whom_a_wallet_serves_and_what_nobody_prices_does_not() -> None:
    """Two strangers pay bob and carol gold each. Somebody may have put gold and ether into a pool before, and
    then people trade it.
    """
    for priced, least, found in ((True, 10**18, 0), (True, 10**15, 1), (False, 10**18, 1)):
        market = Market(ChainBuilder())
        chain = market.chain.block()
        pool = Pool(POOL, (GOLD, WETH), [1000 * ETHER, 1000 * ETHER])
        for n in range(8):
            if priced and not n:
                market.fills(pool, SHOP)
            elif priced:
                with chain.transaction(SHOP, address("router")):
                    market.swaps(pool, 0, ETHER, SHOP, SHOP)
            chain.block()
        for here, there in pairwise((ALICE, BOB, CAROL)):
            chain.native(here, there, 100 * ETHER)
            for stranger in (ERIN, address("trader")):
                chain.erc20(GOLD, stranger, there, least)
            chain.block()
        assert len(alerts(chain.native(CAROL, DAVE, 99 * ETHER))) == found
