"""Approval phishing by people: who takes what others granted, and who only seems to."""

from __future__ import annotations

from tests.contract.allowances import allows, pulls
from tests.detectors.granted import ALICE, BOB, CAROL, DAVE, HOT, MALLORY, SPENDER, USD, Town, roles
from tests.fixtures.frames import address
from tests.fixtures.market import PERMIT2

ETHER = 10**18
VICTIMS = (ALICE, BOB, CAROL)


def robbed(town: Town, to: bytes = MALLORY, victims: tuple[bytes, ...] = VICTIMS) -> Town:
    """Each granted to the spender, who takes nearly all."""
    for victim in victims:
        allows(town.chain, USD, victim, SPENDER)
    town.chain.block()
    for n, victim in enumerate(victims):
        pulls(town.chain, USD, victim, to, 90 * ETHER + n, SPENDER)
    return town


def test_two_people_are_enough_where_they_granted_to_a_wallet() -> None:
    (alert,) = robbed(Town(), victims=(ALICE, BOB)).alerts("approval-phishing")
    assert roles(alert) == {SPENDER: "attacker", MALLORY: "attacker", ALICE: "victim", BOB: "victim"}


def test_one_is_not() -> None:
    assert robbed(Town(), victims=(ALICE,)).alerts("approval-phishing") == []


def test_what_was_given_back_lowers_it() -> None:
    town = robbed(Town())
    town.chain.block()
    for n, victim in enumerate(VICTIMS):
        town.chain.erc20(USD, MALLORY, victim, 90 * ETHER + n)
    (alert,) = town.alerts("approval-phishing")
    assert alert.suppressed_by is not None
    assert alert.suppressed_by["kind"] == "value-back-to-owner"


def test_a_taking_that_is_given_back_at_once_tells_nothing_anew_of_the_others() -> None:
    """Blocks later, when what was told before lies behind all that is looked at then."""
    town = robbed(Town(), victims=(ALICE, BOB))
    allows(town.chain.blocks(60), USD, CAROL, SPENDER)
    told = town.chain.head
    pulls(town.chain.block(), USD, CAROL, MALLORY, 90 * ETHER, SPENDER)
    town.chain.erc20(USD, MALLORY, CAROL, 90 * ETHER)
    (alert,) = town.alerts("approval-phishing")
    assert alert.updated_block <= told
    assert alert.suppressed_by is None


def test_a_worthless_token_given_for_it_is_no_price() -> None:
    town, worthless = Town(), address("worthless")
    for victim in VICTIMS:
        allows(town.chain, USD, victim, SPENDER)
    for n, victim in enumerate(VICTIMS):
        with town.chain.block().transaction(SPENDER, USD):
            town.chain.erc20(USD, victim, MALLORY, 90 * ETHER + n).erc20(worthless, SPENDER, victim, 10**30)
    assert len(town.alerts("approval-phishing")) == 1


def test_a_split_payout_names_both_who_are_paid() -> None:
    town, partner = Town(), address("partner")
    for victim in VICTIMS:
        allows(town.chain, USD, victim, SPENDER)
    for n, victim in enumerate(VICTIMS):
        with town.chain.block().transaction(SPENDER, USD):
            town.chain.erc20(USD, victim, MALLORY, 72 * ETHER + n).erc20(USD, victim, partner, 18 * ETHER + n)
    (alert,) = town.alerts("approval-phishing")
    assert {MALLORY, partner, SPENDER} <= {who for who, role in roles(alert).items() if role == "attacker"}


def test_who_grants_to_a_known_taker_is_named_at_once() -> None:
    town = robbed(Town())
    allows(town.chain.block(), USD, DAVE, SPENDER)
    (alert,) = town.alerts("approval-phishing")
    assert roles(alert)[DAVE] == "victim"


def test_an_old_router_robbed_by_a_stranger_is_infrastructure() -> None:
    """2.P5: no approval near, the spender served many before."""
    town, router, pool, eur = Town(), address("router"), address("pool"), address("eur")
    for customer in [*VICTIMS, *(address(f"customer {n}") for n in range(20))]:
        town.opens(customer)
        allows(town.chain, USD, customer, router)
        with town.chain.transaction(customer, router):
            town.chain.erc20(USD, customer, pool, ETHER).erc20(eur, pool, customer, ETHER)
    with town.chain.block(40 * 86_400).transaction(SPENDER, router):
        for n, victim in enumerate(VICTIMS):
            town.chain.erc20(USD, victim, MALLORY, 90 * ETHER + n)
    (alert,) = town.alerts("approval-phishing")
    assert roles(alert)[router] == "infrastructure"
    assert roles(alert)[SPENDER] == "attacker"


def test_a_signature_transfer_of_permit2_shows_by_its_flow_alone() -> None:
    """2.P3: a contract that nobody approved moves it, and nothing but transfers is logged."""
    town, mover = Town(), address("mover")
    for victim in VICTIMS:
        allows(town.chain, USD, victim, PERMIT2)
    for n, victim in enumerate(VICTIMS):
        with town.chain.block().transaction(SPENDER, mover):
            town.chain.erc20(USD, victim, MALLORY, 90 * ETHER + n)
    (alert,) = town.alerts("approval-phishing")
    assert {who for who, role in roles(alert).items() if role == "victim"} == set(VICTIMS)


def test_an_exchange_that_collects_is_left_in_peace() -> None:
    assert robbed(Town(), to=HOT).alerts("approval-phishing") == []


def test_the_same_fee_from_everybody_is_a_price() -> None:
    town = Town()
    for victim in VICTIMS:
        allows(town.chain, USD, victim, SPENDER)
    for victim in VICTIMS:
        pulls(town.chain.block(), USD, victim, MALLORY, 90 * ETHER, SPENDER)
    assert town.alerts("approval-phishing") == []


def test_wallets_that_the_spender_funded_are_his_own() -> None:
    town = Town(people=())
    for n, wallet in enumerate(VICTIMS):
        town.chain.native(SPENDER, wallet, ETHER).erc20(USD, SPENDER, wallet, 100 * ETHER + n)
    assert robbed(town).alerts("approval-phishing") == []


def test_forged_logs_of_a_worthless_token_accuse_nobody() -> None:
    town, forged = Town(), address("forged")
    with town.chain.block().transaction(SPENDER, forged):
        for n, victim in enumerate(VICTIMS):
            town.chain.erc20(forged, victim, MALLORY, 90 * ETHER + n)
    assert town.alerts("approval-phishing") == []
