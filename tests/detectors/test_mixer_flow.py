"""Mixer flow: mallory mixes what he stole; alice only wants to be private."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.mixer_flow import MixerFlow
from ingest.blocks import frames as answered
from tests.contract.allowances import allows, pulls
from tests.contract.stories.mixer_flow import DEPOSIT, POOLS, WITHDRAWAL, is_paid_out, pays_in
from tests.fixtures.frames import ChainBuilder, address, keccak, word
from tests.fixtures.mainnet import recorded_block

ALICE, BOB, CAROL, MALLORY, RELAYER, SHOP, TRUDY = (
    address(name) for name in ("alice", "bob", "carol", "mallory", "relayer", "shop", "trudy")
)
ETHER = 10**18
DAY = 86_400


def alerts(chain: ChainBuilder) -> list[Alert]:
    detectors: list[Any] = [MixerFlow()]
    engine = Engine(1, detectors, follows=False)
    engine.take(chain.batch())
    return list(engine.standing())


def attackers(alert: Alert) -> set[str]:
    return {role.address for role in alert.roles if role.role == "attacker"}


def town() -> ChainBuilder:
    """An hour after the stream began; three people have paid in a note each."""
    chain = ChainBuilder().block()
    for person in (ALICE, BOB, CAROL):
        chain.native(person, SHOP, 10**16)
        pays_in(chain, person, ETHER)
    return chain.block(3600)


def hexed(*who: bytes) -> set[str]:
    return {"0x" + one.hex() for one in who}


def test_a_new_wallet_that_got_all_at_once_and_mixes_it_is_found_and_who_paid_it_is_not_accused() -> None:
    chain = town().native(ALICE, MALLORY, 3 * ETHER).block()
    pays_in(chain, MALLORY, ETHER)
    pays_in(chain, MALLORY, ETHER)
    (alert,) = alerts(chain)
    assert attackers(alert) == hexed(MALLORY)
    assert alert.measured["reason"] == "wallet"


def test_who_mixes_a_third_of_what_he_got_is_let_be() -> None:
    chain = town().native(ALICE, MALLORY, 3 * ETHER).block()
    pays_in(chain, MALLORY, ETHER)
    assert alerts(chain) == []


def test_one_small_note_of_a_new_wallet_is_privacy_and_a_large_one_is_not() -> None:
    for wei, found in ((ETHER // 10, 0), (ETHER, 1)):
        chain = town().native(ALICE, MALLORY, wei + 10**16).block()
        pays_in(chain, MALLORY, wei)
        assert len(alerts(chain)) == found


def test_who_pays_in_more_than_he_was_seen_to_get_had_money_before() -> None:
    chain = town().native(ALICE, MALLORY, ETHER).block()
    for _ in range(2):
        pays_in(chain, MALLORY, ETHER)
    assert alerts(chain) == []


def test_who_got_it_bit_by_bit_is_let_be() -> None:
    chain = town()
    for payer in (ALICE, BOB, CAROL):
        chain.native(payer, MALLORY, ETHER)
    for _ in range(2):
        pays_in(chain.block(), MALLORY, ETHER)
    assert alerts(chain) == []


def test_money_of_an_exchange_may_be_mixed() -> None:
    chain = town()
    for n in range(14):
        chain.native(address(f"customer {n}"), SHOP, ETHER).native(SHOP, address(f"client {n}"), ETHER)
    pays_in(chain.native(SHOP, ALICE, ETHER).native(SHOP, MALLORY, 2 * ETHER).block(), MALLORY, ETHER)
    assert alerts(chain) == []


def test_a_wallet_that_pays_in_and_is_paid_out_is_tied_to_itself() -> None:
    chain = town()
    is_paid_out(chain, ALICE, ETHER, RELAYER)
    (alert,) = alerts(chain)
    assert (attackers(alert), alert.measured["reason"]) == (hexed(ALICE), "reuse")
    assert alert.score == 0.95


def test_a_shop_that_mixes_and_is_given_a_note_is_not() -> None:
    chain = town()
    for n in range(14):
        chain.native(address(f"customer {n}"), SHOP, ETHER)
    pays_in(chain, SHOP, ETHER)
    is_paid_out(chain.block(), SHOP, ETHER, RELAYER)
    assert alerts(chain) == []


def test_who_was_paid_by_a_depositor_beside_the_mixer_is_tied_to_him_with_more_doubt() -> None:
    chain = town().native(BOB, MALLORY, 10**16).block()
    is_paid_out(chain, MALLORY, ETHER, RELAYER)
    (alert,) = alerts(chain)
    assert attackers(alert) == hexed(BOB, MALLORY)
    assert alert.measured["doubt"] == 0.2


def test_a_depositor_who_deals_with_the_whole_village_is_no_tie_to_who_was_once_paid_by_him() -> None:
    found = {}
    for neighbours in (3, 20):
        chain = town().native(ALICE, MALLORY, ETHER // 100).block()
        for number in range(neighbours):
            chain.native(ALICE, address(f"neighbour {number}"), ETHER // 100)
        pays_in(chain.block(), ALICE, ETHER)
        is_paid_out(chain.block(), MALLORY, ETHER, RELAYER)
        found[neighbours] = [alert.measured["reason"] for alert in alerts(chain)]
    assert found == {3: ["paid"], 20: []}


def test_a_depositor_whose_wallet_is_emptied_to_whom_a_mixer_pays_is_robbed_and_no_accomplice() -> None:
    for goes_on in (False, True):
        chain = town().native(ALICE, MALLORY, 3 * ETHER).block()
        if goes_on:
            chain.native(ALICE, SHOP, 10**16)
        is_paid_out(chain.block(), MALLORY, ETHER, RELAYER)
        assert [alert.measured["reason"] for alert in alerts(chain)] == (["paid"] if goes_on else [])


def test_the_very_notes_of_one_depositor_are_his_and_those_of_two_are_nobodys() -> None:
    for others, expected in ((0, 1), (1, 0)):
        chain = town()
        for owner in (address("dave"), address("erin"))[: 1 + others]:
            for wei in (10 * ETHER, 10 * ETHER, ETHER // 10):
                pays_in(chain, owner, wei)
        for wei in (10 * ETHER, ETHER // 10, 10 * ETHER):
            is_paid_out(chain.block(), MALLORY, wei, RELAYER)
        assert len(alerts(chain)) == expected


def test_a_private_note_to_a_new_wallet_ties_nobody() -> None:
    chain = town()
    is_paid_out(chain, address("new wallet"), ETHER, RELAYER)
    assert alerts(chain) == []


def test_an_event_that_moved_nothing_makes_no_mixer() -> None:
    chain = town().native(ALICE, MALLORY, 2 * ETHER).block()
    fake, note = address("no mixer"), word(1)
    with chain.transaction(MALLORY, fake):
        chain.log(fake, (DEPOSIT, note), word(1) + word(chain.now))
    with chain.transaction(RELAYER, fake):
        chain.log(fake, (WITHDRAWAL, word(RELAYER)), word(MALLORY) + note + word(0))
    assert alerts(chain) == []


def test_a_listed_swapper_without_events_is_a_mixer_of_any_amount() -> None:
    chain = town().lists(SHOP, "mixer").native(ALICE, MALLORY, 3 * ETHER).block()
    (alert,) = alerts(chain.native(MALLORY, SHOP, 2 * ETHER))
    assert attackers(alert) == hexed(MALLORY)


def test_notes_are_remembered_longer_than_their_rows() -> None:
    chain = town()
    chain.block(100 * DAY).native(ALICE, CAROL, 1)
    is_paid_out(chain.block(), ALICE, ETHER, RELAYER)
    (alert,) = alerts(chain)
    assert attackers(alert) == hexed(ALICE)


def test_who_was_paid_by_a_mixer_long_ago_may_mix_again_and_a_new_wallet_that_does_is_found() -> None:
    for days, found in ((2, ["again"]), (340, [])):
        chain = town()
        is_paid_out(chain, MALLORY, ETHER, RELAYER)
        chain.block(days * DAY).native(ALICE, MALLORY, ETHER // 2)
        pays_in(chain.block(), MALLORY, ETHER)
        assert [alert.measured["reason"] for alert in alerts(chain)] == found


def spread(*wallets: bytes, by: bytes = BOB, share: int = 30) -> ChainBuilder:
    """Bob pays ten to each wallet that he makes, and each mixes some of it."""
    chain = town()
    for wallet in wallets:
        chain.native(by, wallet, 10 * ETHER)
    chain.block()
    for wallet in wallets:
        chain.native(wallet, SHOP, 10**16)
        for _ in range(share // 10):
            pays_in(chain, wallet, ETHER)
    return chain


def test_new_wallets_of_one_payer_that_each_mix_a_part_are_one_depositor_spread_out() -> None:
    (alert,) = alerts(spread(MALLORY, TRUDY))
    assert attackers(alert) == hexed(MALLORY, TRUDY)
    assert (alert.measured["reason"], alert.score) == ("spread", 0.6)


def test_one_new_wallet_that_mixes_a_part_is_private_as_are_several_that_mix_a_tenth() -> None:
    assert alerts(spread(MALLORY)) == []
    assert alerts(spread(MALLORY, TRUDY, share=10)) == []


def test_who_was_paid_a_little_by_the_same_payer_and_mixes_money_of_his_own_is_no_sibling() -> None:
    chain = town().native(BOB, TRUDY, 10**16).block()
    chain.native(SHOP, TRUDY, 10 * ETHER).block()
    pays_in(chain, TRUDY, ETHER)
    chain.native(BOB, MALLORY, 10 * ETHER).block()
    for _ in range(3):
        pays_in(chain, MALLORY, ETHER)
    assert alerts(chain) == []


def test_new_wallets_of_who_pays_many_are_customers() -> None:
    chain = town()
    for n in range(14):
        chain.native(BOB, address(f"client {n}"), ETHER)
    for wallet in (MALLORY, TRUDY):
        chain.native(BOB, wallet, 10 * ETHER)
    chain.block()
    for wallet in (MALLORY, TRUDY, MALLORY, TRUDY):
        pays_in(chain, wallet, ETHER)
    assert alerts(chain) == []


def test_who_comes_out_of_a_mixer_takes_by_a_grant_and_mixes_any_of_it_is_found() -> None:
    for takes, found in ((False, []), (True, ["loot"])):
        chain, usd = town(), address("usd")
        for n in range(14):
            chain.erc20(usd, address(f"payer {n}"), ALICE, 100)
        is_paid_out(chain, MALLORY, ETHER, RELAYER)
        allows(chain, usd, ALICE, MALLORY)
        if takes:
            pulls(chain.block(), usd, ALICE, MALLORY, 1_000, MALLORY)
        chain.block().native(address("venue"), MALLORY, 9 * ETHER)
        pays_in(chain.block(), MALLORY, ETHER)
        assert [alert.measured["reason"] for alert in alerts(chain)] == found


def test_who_is_thrown_a_token_by_somebody_elses_act_has_taken_nothing() -> None:
    chain, usd = town(), address("usd")
    is_paid_out(chain, MALLORY, ETHER, RELAYER)
    allows(chain, usd, ALICE, TRUDY)
    pulls(chain.block(), usd, ALICE, MALLORY, 1_000, TRUDY)
    chain.block().native(address("venue"), MALLORY, 9 * ETHER)
    pays_in(chain.block(), MALLORY, ETHER)
    assert alerts(chain) == []


@pytest.mark.parametrize("payer", [ALICE, None])
def test_so_many_notes_in_one_call_that_not_all_are_read_turn_no_detector_off(payer: bytes | None) -> None:
    chain, count = town(), 230
    if payer:
        chain.native(payer, MALLORY, 240 * ETHER).block()
    with chain.transaction(MALLORY, POOLS[ETHER], count * ETHER):
        for note in range(count):
            chain.log(POOLS[ETHER], (DEPOSIT, word(note)), word(1) + word(chain.now))
    detectors: list[Any] = [MixerFlow()]
    engine = Engine(1, detectors, follows=False)
    engine.take(chain.batch())
    assert engine.state.off == {}
    assert [alert.measured["reason"] for alert in engine.standing()] == (["wallet"] if payer else [])


def test_a_recorded_withdrawal_of_tornado_cash_is_decoded() -> None:
    batch = answered.batch(1, [recorded_block("mainnet/11743952.json.gz")], ["none"])
    (note,) = batch.mixers.rows(named=True)
    assert note["pool"].hex() == "12d66f87a04a9e220743712ce6d9bb1b5616b8fc"
    assert (note["action"], note["recipient"].hex()) == (
        "withdraw",
        "0d292ea36543a066d6ba4d8044407cba75883c60",
    )


def fails_to_pay_in(chain: ChainBuilder, who: bytes, wei: int, pool: bytes = POOLS[ETHER]) -> None:
    with chain.transaction(who, pool, wei, status=0, data=keccak(b"deposit(bytes32)")[:4]):
        pass


def test_who_wakes_and_fails_to_pay_in_and_hands_it_to_somebody_new_gave_the_mixer_up() -> None:
    chain = town()
    fails_to_pay_in(chain, MALLORY, ETHER // 2)
    (alert,) = alerts(chain.block().native(MALLORY, TRUDY, 3 * ETHER))
    assert (alert.severity, alert.measured["reason"], alert.measured["notes"]) == ("low", "failed", 0)
    assert attackers(alert) == hexed(MALLORY)


def test_who_tries_again_and_pays_in_is_no_more_than_private() -> None:
    chain = town()
    fails_to_pay_in(chain, MALLORY, ETHER // 2)
    pays_in(chain.block(), MALLORY, ETHER)
    assert alerts(chain.block().native(MALLORY, TRUDY, 3 * ETHER)) == []


def test_who_then_pays_somebody_known_or_less_or_days_later_or_had_a_life_gave_nothing_up() -> None:
    for payee, wei, rest, life in (
        (SHOP, 3 * ETHER, 12, False), (TRUDY, ETHER // 3, 12, False), (TRUDY, 3 * ETHER, 2 * DAY, False),
        (TRUDY, 3 * ETHER, 12, True),
    ):  # fmt: skip
        chain = town()
        if life:
            chain.native(MALLORY, SHOP, 10**16)
        fails_to_pay_in(chain, MALLORY, ETHER // 2)
        assert alerts(chain.block(rest).native(MALLORY, payee, wei)) == []


def test_to_fail_at_what_is_no_pool_yet_is_nothing() -> None:
    new = POOLS[10 * ETHER]
    for before in (False, True):
        chain = town()
        if before:
            pays_in(chain, BOB, 10 * ETHER)
        fails_to_pay_in(chain, MALLORY, ETHER // 2, new)
        pays_in(chain, CAROL, 10 * ETHER)
        found = alerts(chain.block().native(MALLORY, TRUDY, 3 * ETHER))
        assert [alert.measured["reason"] for alert in found] == (["failed"] if before else [])
