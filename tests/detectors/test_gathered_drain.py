"""What people lose over days, by collectors and by claims; who is left in peace; what hides it not."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.library.gathered_drain import GatheredDrain
from tests.detectors.drains import (
    ETHER,
    FEE,
    HELPER,
    HOT,
    LEFT,
    SPAM,
    THIEF,
    USD,
    VICTIMS,
    alerts_of,
    in_use,
)
from tests.fixtures.frames import ChainBuilder, address

TAKEN = LEFT - 3 * FEE
CONTRACT = address("claim page")


def a_day(chain: ChainBuilder) -> ChainBuilder:
    """The next block stands a day later."""
    chain._blocks[-1].timestamp += 100_000
    return chain.block()


def told(chain: ChainBuilder, size: int = 100) -> list[dict[str, Any]]:
    return alerts_of(chain, size, GatheredDrain())  # type: ignore[arg-type]


def roles(alert: dict[str, Any], role: str) -> set[str]:
    return {one["address"] for one in alert["roles"] if one["role"] == role}


def hexes(*wallets: bytes) -> set[str]:
    return {"0x" + wallet.hex() for wallet in wallets}


def one_by_one(chain: ChainBuilder, victims: list[bytes], sent: int = TAKEN) -> ChainBuilder:
    for victim in victims:
        a_day(chain).native(victim, THIEF, sent)
    return chain


def test_four_wallets_emptied_with_days_between_are_one_drain() -> None:
    (alert,) = told(one_by_one(in_use(False), VICTIMS))
    assert alert["category"] == "wallet-drain"
    assert (alert["subject"]["id"], roles(alert, "victim")) == ("0x" + THIEF.hex(), hexes(*VICTIMS))
    assert alert["value_wei"] == str(4 * TAKEN)
    assert told(one_by_one(in_use(False), VICTIMS), 1) == [alert]


def test_two_are_no_drain() -> None:
    assert told(one_by_one(in_use(False), VICTIMS[:2])) == []


def test_what_is_emptied_within_hours_is_said_once_by_the_other_detector() -> None:
    chain = in_use(False)
    for victim in VICTIMS:
        chain.block().native(victim, THIEF, TAKEN)
    assert told(chain) == []


def test_who_loses_only_a_part_keeps_his_wallet() -> None:
    assert told(one_by_one(in_use(False), VICTIMS, LEFT // 2)) == []


def test_a_loss_in_bites_is_one_loss() -> None:
    chain = in_use(False)
    for victim in VICTIMS:
        a_day(chain).native(victim, THIEF, LEFT // 2)
        chain.block().native(victim, THIEF, LEFT // 2 - 3 * FEE)
    (alert,) = told(chain)
    assert roles(alert, "victim") == hexes(*VICTIMS)


@pytest.mark.parametrize("gift", [1, ETHER // 1000])
def test_dust_and_worthless_tokens_of_the_thief_hide_nothing(gift: int) -> None:
    chain = in_use(False)
    for victim in VICTIMS:
        chain.native(THIEF, victim, gift).erc20(SPAM[0], HELPER, victim, 10**30)
    one_by_one(chain, VICTIMS)
    for victim in VICTIMS:
        chain.native(HELPER, victim, 1).erc20(SPAM[0], victim, HELPER, 5, by=HELPER)
    (alert,) = told(chain)
    assert roles(alert, "victim") == hexes(*VICTIMS)


def test_what_the_thief_lends_first_is_no_part_of_the_loss() -> None:
    chain = in_use(False)
    for victim in VICTIMS:
        chain.native(THIEF, victim, 5 * ETHER)
    (alert,) = told(one_by_one(chain, VICTIMS, 5 * ETHER + TAKEN))
    assert alert["value_wei"] == str(4 * TAKEN)


def test_who_only_pays_back_a_loan_is_no_victim() -> None:
    chain = in_use(False)
    for victim in VICTIMS:
        chain.native(THIEF, victim, 10 * ETHER)
    assert told(one_by_one(chain, VICTIMS, 10 * ETHER + ETHER // 5)) == []


def test_a_wallet_that_goes_on_paying_was_not_emptied() -> None:
    chain = in_use(False)
    for victim in VICTIMS:
        a_day(chain).native(victim, THIEF, TAKEN)
        chain.native(HOT, victim, ETHER).native(victim, HELPER, ETHER // 5)
    assert told(chain) == []


def test_claims_that_cost_all_native_value_and_leave_the_tokens() -> None:
    """Also where the contract sends it on: then the one who has it is named."""
    chain = in_use(with_token=True)
    for victim in VICTIMS:
        with chain.block().transaction(victim, CONTRACT, TAKEN):
            pass
    (alert,) = told(chain)
    assert alert["subject"]["id"] == "0x" + CONTRACT.hex()
    assert roles(alert, "victim") == hexes(*VICTIMS)


def test_who_gets_something_for_all_that_he_has_is_no_victim() -> None:
    chain = in_use(with_token=True)
    for victim in VICTIMS:
        with chain.block().transaction(victim, CONTRACT, TAKEN):
            chain.erc20(USD, CONTRACT, victim, 500)
    assert told(chain) == []


def by_collectors(hand_on: bool) -> ChainBuilder:
    chain, collectors = in_use(False), [THIEF, address("second collector")]
    for at, victim in enumerate(VICTIMS):
        chain.block().native(victim, collectors[at % 2], TAKEN)
    return chain.block().native(collectors[1], THIEF, 2 * TAKEN - FEE) if hand_on else chain


def test_collectors_that_hand_on_to_one_are_one_drain() -> None:
    (alert,) = told(by_collectors(hand_on=True))
    assert alert["subject"]["id"] == "0x" + THIEF.hex()
    assert roles(alert, "attacker") == hexes(THIEF, address("second collector"))
    assert roles(alert, "victim") == hexes(*VICTIMS)
    assert alert["measured"]["collectors"] == 1


def test_collectors_that_nothing_ties_are_none() -> None:
    assert told(by_collectors(hand_on=False)) == []


def test_deposit_addresses_are_not_in_use_whichever_wallet_they_are_swept_to() -> None:
    chain = in_use(False)
    for era in range(3):
        for at, customer in enumerate(VICTIMS):
            deposit = address(f"deposit {at}")
            a_day(chain).native(customer, deposit, ETHER // 10)
            chain.native(deposit, address(f"wallet of era {era}"), ETHER // 10 - FEE)
    assert told(chain) == []


def test_wallets_of_one_owner_are_one_owner() -> None:
    chain, own = in_use(False), [address(f"own {n}") for n in range(4)]
    chain.native(HOT, HELPER, 50 * ETHER)
    for at, wallet in enumerate(own):
        chain.native(HELPER, wallet, ETHER)
        for errand in range(2):
            chain.native(wallet, address(f"errand {at} {errand}"), ETHER // 10)
    assert told(one_by_one(chain, own)) == []


def test_wallets_that_one_hand_leads_do_the_same_and_are_one() -> None:
    """Airdrop hunters: funded by an exchange, used alike, gathered with days between."""
    chain, own = in_use(False), [address(f"hunter {n}") for n in range(4)]
    for wallet in own:
        chain.native(HOT, wallet, ETHER)
        for errand in range(2):
            chain.native(wallet, address(f"rollup {errand}"), ETHER // 10)
    assert told(one_by_one(chain, own)) == []


def test_a_busy_contract_has_customers_who_keep_something() -> None:
    chain, people = in_use(False), [address(f"bridge user {n}") for n in range(20)]
    for person in people:
        chain.native(HOT, person, 2 * ETHER)
    chain.block()
    for person in people:
        chain.native(person, CONTRACT, ETHER)
    for victim in VICTIMS:
        a_day(chain).native(victim, CONTRACT, TAKEN)
    assert told(chain) == []
