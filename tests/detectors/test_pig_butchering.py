"""Pig butchering by people: ever larger sums, and habits that only look so."""

from __future__ import annotations

import pytest

from tests.contract.allowances import allows, ends, fails_to_take, pulls
from tests.detectors.granted import ALICE, BOB, CAROL, HOT, MALLORY, SPENDER, USD, Town, roles
from tests.fixtures.frames import address, word

ETHER, DAY = 10**18, 86_400


def pulled(town: Town, units: tuple[int, ...], days: int = 3) -> Town:
    """Alice is told to save up, and the spender takes that for mallory."""
    allows(town.chain, USD, ALICE, SPENDER)
    for amount in units:
        town.chain.block(days * DAY).erc20(USD, HOT, ALICE, amount * ETHER)
        pulls(town.chain.block(), USD, ALICE, MALLORY, amount * ETHER, SPENDER)
    return town


def test_three_sums_each_larger_name_who_took_and_who_was_paid() -> None:
    (alert,) = pulled(Town(), (20, 45, 110)).alerts("pig-butchering")
    assert roles(alert) == {SPENDER: "attacker", MALLORY: "attacker", ALICE: "victim"}
    assert alert.measured["growth"] == 5.5


@pytest.mark.parametrize("units", [(30, 30, 30, 30), (90, 60, 40), (20, 22, 25), (20, 45)])
def test_what_does_not_rise_is_no_such_thing(units: tuple[int, ...]) -> None:
    assert pulled(Town(), units).alerts("pig-butchering") == []


def test_within_an_hour_it_is_one_sum() -> None:
    town = Town()
    allows(town.chain, USD, ALICE, SPENDER)
    for amount in (10, 20, 40):
        pulls(town.chain.block(60), USD, ALICE, MALLORY, amount * ETHER, SPENDER)
    assert town.alerts("pig-butchering") == []


def test_a_desk_whose_sums_go_up_and_down_for_long_is_lowered() -> None:
    """25.N1: refilled and emptied by the same receiver, again and again."""
    (alert,) = pulled(Town(), (30, 50, 70, 40, 90, 20, 60, 30)).alerts("pig-butchering")
    assert alert.suppressed_by is not None
    assert alert.suppressed_by["kind"] == "payment-desk"


def test_who_pays_the_spenders_fees_is_his_own_victim_at_most() -> None:
    town = Town()
    own = address("alice's second")
    town.chain.native(ALICE, own, ETHER // 10)
    allows(town.chain, USD, ALICE, own)
    for amount in (10, 20, 60):
        pulls(town.chain.block(3 * DAY), USD, ALICE, MALLORY, amount * ETHER, own)
    assert town.alerts("pig-butchering") == []


def test_bait_from_another_wallet_hides_nothing() -> None:
    """25.P2"""
    town = pulled(Town(), (20, 45))
    town.chain.block().erc20(USD, address("friend"), ALICE, 5 * ETHER)
    town.chain.block(3 * DAY).erc20(USD, HOT, ALICE, 110 * ETHER)
    pulls(town.chain.block(), USD, ALICE, MALLORY, 110 * ETHER, SPENDER)
    assert len(town.alerts("pig-butchering")) == 1


def test_one_total_pull_right_after_the_exchange_paid() -> None:
    """25.P1"""
    town = Town()
    allows(town.chain, USD, ALICE, SPENDER)
    pulls(town.chain.block(), USD, ALICE, MALLORY, 100 * ETHER, SPENDER)
    (alert,) = town.alerts("pig-butchering")
    assert roles(alert)[ALICE] == "victim"


def test_with_a_second_owner_it_is_another_story() -> None:
    town = Town()
    allows(town.chain, USD, ALICE, SPENDER)
    allows(town.chain, USD, BOB, SPENDER)
    pulls(town.chain.block(), USD, ALICE, MALLORY, 100 * ETHER, SPENDER)
    assert town.alerts("pig-butchering") == []


def test_a_contract_that_pays_whom_alice_names_is_no_platform_and_who_she_pays_no_attacker() -> None:
    """Ever more wages over a contract that pays many, as Disperse does; and the same with a receiver that she
    did not name.
    """

    def alerts(named: bool) -> int:
        town, maker, payer = Town(), address("maker"), address("payer of many")
        town.opens(ALICE, 500 * ETHER)
        town.chain.creates(maker, payer)
        allows(town.chain, USD, ALICE, payer)
        for amount in (20, 45, 110):
            clerk = address(f"clerk {amount}")
            data = b"pay!" + (word(clerk) if named else b"")
            with town.chain.block(3 * DAY).transaction(ALICE, payer, data=data):
                town.chain.erc20(USD, ALICE, payer, amount * ETHER).erc20(USD, payer, clerk, amount * ETHER)
        return len(town.alerts("pig-butchering"))

    assert (alerts(named=False), alerts(named=True)) == (1, 0)


def test_a_platform_that_gives_shares_is_honest_and_one_that_gives_nothing_is_not() -> None:
    def alerts(shares: bool) -> int:
        town, maker, platform = Town(), address("maker"), address("platform")
        town.opens(ALICE, 500 * ETHER)
        town.chain.creates(maker, platform)
        allows(town.chain, USD, ALICE, platform)
        for amount in (20, 45, 110):
            with town.chain.block(3 * DAY).transaction(ALICE, platform):
                town.chain.erc20(USD, ALICE, platform, amount * ETHER)
                if shares:
                    town.chain.erc20(platform, bytes(20), ALICE, amount * ETHER)
        return len(town.alerts("pig-butchering"))

    assert (alerts(shares=False), alerts(shares=True)) == (1, 0)


def paid_by_hand(town: Town, rest_days: int, to: list[bytes]) -> Town:
    """After a rest a page takes a little from alice, who then pays these by hand, each more than the last."""
    allows(town.chain.block(rest_days * DAY), USD, ALICE, SPENDER, 5 * ETHER)
    pulls(town.chain.block(), USD, ALICE, MALLORY, 5 * ETHER, SPENDER)
    for who, amount in zip(to, (10, 20, 45), strict=True):
        town.chain.block(2 * DAY).erc20(USD, ALICE, who, amount * ETHER)
    return town


@pytest.mark.parametrize("months", [0, 4])
def test_friends_who_rested_longer_than_rows_are_kept_are_not_new(months: int) -> None:
    """Else a robbed person's friends, paid later by hand, would be called the robber's wallets."""
    town, friends = Town(), [address(f"friend {n}") for n in range(3)]
    for friend in friends:
        town.opens(friend)
    assert paid_by_hand(town, months * 30, friends).alerts("pig-butchering") == []
    strangers = [address(f"stranger {n}") for n in range(3)]
    (alert,) = paid_by_hand(Town(), months * 30, strangers).alerts("pig-butchering")
    assert roles(alert)[strangers[-1]] == "attacker"


def ended_in_time(town: Town, *people: bytes) -> Town:
    """Each grants, ends it, and the spender fails to take."""
    for who in people:
        allows(town.chain.block(), USD, who, SPENDER)
        ends(town.chain.block(), USD, who, SPENDER)
        fails_to_take(town.chain.block(), USD, SPENDER)
    return town


def test_what_failed_with_one_person_is_lowered_once_it_failed_with_several() -> None:
    (alert,) = ended_in_time(Town(), ALICE).alerts("pig-butchering")
    assert alert.suppressed_by is None
    (alert,) = ended_in_time(Town(), ALICE, BOB).alerts("pig-butchering")
    assert alert.suppressed_by is None
    (alert,) = ended_in_time(Town(), ALICE, BOB, CAROL).alerts("pig-butchering")
    assert alert.suppressed_by is not None
    assert alert.suppressed_by["kind"] == "several-owners"


def test_who_took_something_is_not_excused_by_others_who_ended_their_grants() -> None:
    town = pulled(Town(), (20, 45, 110))
    ends(town.chain.block(), USD, ALICE, SPENDER)
    fails_to_take(town.chain.block(), USD, SPENDER)
    (alert,) = ended_in_time(town, BOB, CAROL).alerts("pig-butchering")
    assert alert.suppressed_by is None
