"""Governance attacks: what mallory does with votes, and what members may do with theirs."""

from __future__ import annotations

from typing import Any

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.asset_drain import AssetDrain
from detectors.library.governance_attack import GovernanceAttack
from ingest.decode.shapes import signature
from tests.fixtures.councils import EXECUTED, Council
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB, CAROL, MALLORY, FOUNDER, DONOR, USD = (
    address(name) for name in ("alice", "bob", "carol", "mallory", "founder", "donor", "usd")
)
TOKEN, GOVERNOR, KEEPER, CODE = (address(name) for name in ("votes", "governor", "keeper", "code"))
HANDS = [address(f"hand {n}") for n in range(4)]
MEMBERS = (ALICE, BOB, CAROL)
OWNER = signature("OwnershipTransferred(address,address)")
DAY = 86_400


def council() -> Council:
    """Three members with ten votes each; the treasury has a thousand dollars."""
    chain = ChainBuilder().block()
    made = Council(chain, TOKEN, GOVERNOR, KEEPER)
    made.begins(FOUNDER)
    chain.erc20(TOKEN, bytes(20), FOUNDER, 1_000)
    for member in MEMBERS:
        made.gives(FOUNDER, member, 10)
    chain.erc20(USD, DONOR, KEEPER, 600).erc20(USD, DONOR, KEEPER, 400).block(30 * DAY)
    return made


def alerts(made: Council) -> list[Alert]:
    detectors: list[Any] = [AssetDrain(), GovernanceAttack()]
    engine = Engine(1, detectors, follows=False)
    engine.take(made.chain.batch())
    return [alert for alert in engine.standing() if alert.suppressed_by is None]


def bought(made: Council, votes: int = 100) -> int:
    """Mallory buys votes, and proposes something."""
    made.gives(FOUNDER, MALLORY, votes)
    number = made.proposes(MALLORY, "audit", [USD])
    made.chain.block()
    made.votes(MALLORY, number, votes)
    return number


def test_mallory_who_bought_most_votes_and_is_paid_is_named_and_the_treasury_is_the_victim() -> None:
    made = council()
    made.executes(MALLORY, bought(made), [(USD, MALLORY, 1_000)])
    (alert,) = alerts(made)
    roles = {role.address: role.role for role in alert.roles}
    assert roles == {"0x" + MALLORY.hex(): "attacker", "0x" + KEEPER.hex(): "victim"}
    assert alert.category == "governance-attack"
    assert (alert.measured["power"], alert.measured["share"]) == (1.0, 1.0)


def test_a_tenth_for_mallorys_work_is_a_grant() -> None:
    made = council()
    made.executes(MALLORY, bought(made), [(USD, MALLORY, 100)])
    assert alerts(made) == []


def test_what_members_carry_against_mallorys_few_votes_is_theirs() -> None:
    made = council()
    number = bought(made, votes=5)
    for member in MEMBERS:
        made.votes(member, number, 10)
    made.executes(MALLORY, number, [(USD, MALLORY, 1_000)])
    assert [alert.category for alert in alerts(made)] != ["governance-attack"]


def test_bob_who_gets_a_unit_beside_mallorys_thousand_is_no_attacker() -> None:
    made = council()
    made.executes(MALLORY, bought(made), [(USD, BOB, 1), (USD, MALLORY, 999)])
    (alert,) = alerts(made)
    assert "0x" + BOB.hex() not in {role.address for role in alert.roles}


def test_votes_in_four_hands_alert_before_anything_is_paid() -> None:
    made = council()
    made.chain.erc20(TOKEN, FOUNDER, MALLORY, 80)
    for hand in HANDS:
        made.gives(MALLORY, hand, 20)
    number = made.proposes(MALLORY, "audit", [USD])
    for hand in HANDS:
        made.votes(hand, number, 20)
    made.votes(ALICE, number, 10, side=0)
    (alert,) = alerts(made)
    named = {role.address for role in alert.roles if role.role == "attacker"}
    assert named == {"0x" + who.hex() for who in (MALLORY, *HANDS)}


def test_a_founder_who_hands_out_votes_and_proposes_first_is_none() -> None:
    made = council()
    for hand in HANDS:
        made.gives(FOUNDER, hand, 20)
    number = made.proposes(FOUNDER, "begin", [USD])
    for hand in HANDS:
        made.votes(hand, number, 20)
    assert alerts(made) == []


def test_members_whom_mallory_paid_and_who_let_her_vote_are_not_named() -> None:
    made = council()
    for member in MEMBERS:
        made.chain.native(MALLORY, member, 10**17)
        made.counts(MALLORY, 10, of=member)
    number = made.proposes(MALLORY, "audit", [USD])
    made.votes(MALLORY, number, 30)
    (alert,) = alerts(made)
    assert {role.address for role in alert.roles} == {"0x" + MALLORY.hex()}


def test_carol_for_whom_members_let_vote_unpaid_is_a_delegate() -> None:
    made = council()
    for member in (ALICE, BOB):
        made.counts(CAROL, 10, of=member)
    number = made.proposes(CAROL, "audit", [USD])
    made.votes(CAROL, number, 30)
    assert alerts(made) == []


def test_control_for_the_proposer_is_taken_as_money_is() -> None:
    made = council()
    number = bought(made)
    with made.chain.transaction(MALLORY, GOVERNOR):
        made.chain.log(GOVERNOR, (EXECUTED,), word(number))
        made.chain.log(KEEPER, (OWNER, word(GOVERNOR), word(MALLORY)))
    (alert,) = alerts(made)
    assert "hands control" in alert.explanation


def test_ten_times_the_supply_minted_for_the_proposer_is_taken_from_all() -> None:
    made = council()
    number = bought(made)
    with made.chain.transaction(MALLORY, GOVERNOR):
        made.chain.log(GOVERNOR, (EXECUTED,), word(number))
        made.chain.erc20(TOKEN, bytes(20), MALLORY, 10_000)
    (alert,) = alerts(made)
    assert "mints" in alert.explanation


def test_code_that_was_exchanged_after_the_vote_is_not_what_members_voted_for() -> None:
    made = council()
    made.chain.creates(MALLORY, CODE)
    number = made.proposes(MALLORY, "as audited", [CODE])
    for member in MEMBERS:
        made.votes(member, number, 10)
    made.chain.block().creates(MALLORY, CODE).block()
    made.executes(ALICE, number, [])
    (alert,) = alerts(made)
    roles = {role.address: role.role for role in alert.roles if role.role == "attacker"}
    assert roles == {"0x" + MALLORY.hex(): "attacker"}
