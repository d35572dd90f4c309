"""The flow of money is drawn from payer to payee, and folded where it is wide."""

from __future__ import annotations

from dataclasses import replace

from dashboard.flow import FOLD_ABOVE, Flow, flow, rounded
from detectors.alert import Role
from tests.dashboard.alerts import ALICE, BOB, CAROL, MALLORY, VAULT, drain, paid


def at(drawing: Flow) -> dict[str, int]:
    return {node.id: node.x for node in drawing.nodes}


def test_who_pays_stands_left_of_who_is_paid() -> None:
    # alice and bob -> mallory -> vault: three columns.
    x = at(flow(drain(1)))
    assert x[ALICE] == x[BOB] < x[MALLORY] < x[VAULT]


def test_a_payment_that_closes_a_circle_does_not_move_its_payee() -> None:
    circle = (paid(ALICE, BOB, 5, 1), paid(BOB, CAROL, 5, 1), paid(CAROL, ALICE, 5, 1))
    drawing = flow(drain(1, evidence=circle))
    x = at(drawing)
    assert x[ALICE] < x[BOB] < x[CAROL]
    assert [(edge.source, edge.target) for edge in drawing.edges][-1] == (CAROL, ALICE)


def test_a_wallet_that_pays_itself_is_drawn_once() -> None:
    drawing = flow(drain(1, evidence=(paid(ALICE, ALICE, 5, 1),)))
    assert [node.id for node in drawing.nodes] == [ALICE]


def test_payments_of_one_token_between_two_wallets_are_one_line_with_their_sum() -> None:
    drawing = flow(drain(1, evidence=(paid(ALICE, BOB, 5, 1), paid(ALICE, BOB, 7, 2))))
    assert [(edge.label, edge.detail) for edge in drawing.edges] == [("12 DAI", "12 DAI in 2 transfers")]


def test_another_token_is_another_line() -> None:
    other = replace(paid(ALICE, BOB, 7, 2, "USDC"), token="0x" + "71" * 20)
    drawing = flow(drain(1, evidence=(paid(ALICE, BOB, 5, 1), other)))
    assert [edge.label for edge in drawing.edges] == ["5 DAI", "7 USDC"]


def test_many_victims_of_one_attacker_are_drawn_as_one() -> None:
    victims = [f"0x{number:040x}" for number in range(1, FOLD_ABOVE + 1)]
    evidence = (*(paid(victim, MALLORY, 2, 1) for victim in victims), paid(MALLORY, VAULT, 40, 1))
    roles = (*(Role(victim, "victim") for victim in victims), Role(MALLORY, "attacker"))
    drawing = flow(drain(1, evidence=evidence, roles=roles))
    drawn = [(node.role, node.count) for node in drawing.nodes]
    assert drawn == [("victim", 24), ("attacker", 1), ("other", 1)]
    # 24 victims pay 2 each.
    assert drawing.edges[0].detail == "48 DAI in 24 transfers"


def test_evidence_that_is_no_transfer_is_not_drawn() -> None:
    bare = replace(paid(ALICE, BOB, 5, 1), from_address=None, to_address=None, amount=None)
    assert flow(drain(1, evidence=(bare,))) == Flow((), (), 0, 0)


def test_figures_on_lines_are_short() -> None:
    assert rounded(0, 18) == "0"
    assert rounded(1, 18) == "< 0.0001"
    assert rounded(1_500_000, 6) == "1.5"
    assert rounded(12_345 * 10**18, 18) == "12.3k"
    assert rounded(4_567_000, 0) == "4.57M"
    assert rounded(2**256 - 1, 18) == "1.16e+59"
