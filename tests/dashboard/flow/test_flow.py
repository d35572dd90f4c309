"""The flow of money is drawn from payer to payee, summed by pair and token, and folded where it is wide."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import wording
from dashboard.flow import Flow, flow
from dashboard.flow.folding import FOLD_ABOVE
from dashboard.flow.sums import LABEL_WIDTH, MOST_TOKENS, width_of
from detectors.alerts.alert import Evidence, Role
from tests.dashboard.alerts import ALICE, BOB, CAROL, MALLORY, VAULT, drain, paid


def wallet(number: int) -> str:
    return f"0x{number:040x}"


def in_token(number: int, row: Evidence, symbol: str | None = None) -> Evidence:
    return replace(row, token=f"0x{number:040x}", symbol=symbol or f"TOKEN{number}")


def drawn(*evidence: Evidence, roles: Iterable[Role] = ()) -> Flow:
    return flow(drain(1, evidence=evidence, roles=tuple(roles)))


def at(drawing: Flow) -> dict[str, float]:
    return {node.id: node.x for node in drawing.nodes}


def labels(drawing: Flow) -> list[str]:
    return [edge.label for edge in drawing.edges]


def assert_readable(drawing: Flow) -> None:
    """No label lies on another one or on a node, no node on another, and there are not too many."""
    boxes = [edge.box for edge in drawing.edges] + [node.box for node in drawing.nodes]
    assert not [(one, other) for one, other in combinations(boxes, 2) if one.meets(other)]
    assert len(drawing.nodes) <= FOLD_ABOVE
    assert max(map(width_of, labels(drawing)), default=0) <= LABEL_WIDTH + 1


def test_who_pays_stands_left_of_who_is_paid() -> None:
    # alice and bob -> mallory -> vault: three columns.
    x = at(flow(drain(1)))
    assert x[ALICE] == x[BOB] < x[MALLORY] < x[VAULT]


def test_a_payment_that_closes_a_circle_does_not_move_its_payee() -> None:
    drawing = drawn(paid(ALICE, BOB, 5, 1), paid(BOB, CAROL, 5, 1), paid(CAROL, ALICE, 5, 1))
    x = at(drawing)
    assert x[ALICE] < x[BOB] < x[CAROL]
    assert [(edge.source, edge.target) for edge in drawing.edges][-1] == (CAROL, ALICE)
    assert_readable(drawing)


def test_a_wallet_that_pays_itself_is_drawn_once() -> None:
    drawing = drawn(paid(ALICE, ALICE, 5, 1), in_token(1, paid(ALICE, ALICE, 6, 1)))
    assert [node.id for node in drawing.nodes] == [ALICE]
    assert_readable(drawing)


def test_payments_of_one_token_between_two_wallets_are_one_line_with_their_count_and_sum() -> None:
    drawing = drawn(paid(ALICE, BOB, 5, 1), paid(ALICE, BOB, 7, 2))
    assert [(edge.label, edge.detail) for edge in drawing.edges] == [("12 DAI ×2", "12 DAI in 2 transfers")]
    assert labels(drawn(paid(ALICE, BOB, 5, 1))) == ["5 DAI"]


def test_three_hundred_payments_between_the_same_two_are_one_line() -> None:
    drawing = drawn(*(paid(ALICE, BOB, 2, number) for number in range(300)))
    assert labels(drawing) == ["600 DAI ×300"]
    assert_readable(drawing)


def test_another_token_is_another_line() -> None:
    drawing = drawn(paid(ALICE, BOB, 5, 1), in_token(1, paid(ALICE, BOB, 7, 2), "USDC"))
    assert labels(drawing) == ["5 DAI", "7 USDC"]
    assert_readable(drawing)


def test_of_many_tokens_between_the_same_two_the_last_line_stands_for_the_rest() -> None:
    drawing = drawn(*(in_token(n % 40 + 1, paid(ALICE, BOB, 1, n)) for n in range(80)))
    assert len(drawing.edges) == MOST_TOKENS
    # 80 payments of 40 tokens: four are drawn alone, with two payments each.
    assert labels(drawing)[0] == "2 TOKEN1 ×2"
    assert labels(drawing)[-1] == "36 more tokens ×72"
    assert drawing.edges[-1].detail.startswith("2 TOKEN5 in 2 transfers\n2 TOKEN6")
    assert drawing.edges[-1].detail.endswith("and 24 more tokens")
    assert_readable(drawing)


def test_there_and_back_are_two_lines_one_above_the_other() -> None:
    drawing = drawn(paid(ALICE, BOB, 5, 1), paid(BOB, ALICE, 3, 2))
    there, back = drawing.edges
    assert (there.source, back.source) == (ALICE, BOB)
    assert there.box.x == back.box.x and there.box.y != back.box.y
    assert_readable(drawing)


def test_a_line_over_a_node_between_goes_around_it() -> None:
    drawing = drawn(paid(ALICE, BOB, 5, 1), paid(BOB, CAROL, 5, 1), paid(ALICE, CAROL, 9, 1))
    bob = next(node for node in drawing.nodes if node.id == BOB)
    straight = next(edge for edge in drawing.edges if edge.target == CAROL and edge.source == ALICE)
    assert abs(straight.box.y - bob.y) > 40
    assert_readable(drawing)


@pytest.mark.parametrize("victims", [FOLD_ABOVE, FOLD_ABOVE + 1, 200])
def test_many_victims_of_one_attacker_are_drawn_as_one(victims: int) -> None:
    named = [wallet(number) for number in range(1, victims + 1)]
    evidence = (*(paid(victim, MALLORY, 2, 1) for victim in named), paid(MALLORY, VAULT, 40, 1))
    roles = (*(Role(victim, "victim") for victim in named), Role(MALLORY, "attacker"))
    drawing = drawn(*evidence, roles=roles)
    shown = [(node.role, node.count) for node in drawing.nodes]
    assert shown == [("victim", victims), ("attacker", 1), ("other", 1)]
    assert drawing.edges[0].detail == f"{2 * victims} DAI in {victims} transfers"


def test_a_dozen_is_drawn_one_by_one() -> None:
    victims = [wallet(number) for number in range(1, FOLD_ABOVE)]
    drawing = drawn(*(paid(victim, MALLORY, 2, 1) for victim in victims))
    assert {node.count for node in drawing.nodes} == {1}
    assert len(drawing.nodes) == FOLD_ABOVE
    assert_readable(drawing)


def test_wallets_of_other_roles_are_not_drawn_as_one() -> None:
    victims, others = [wallet(n) for n in range(1, 20)], [wallet(n) for n in range(20, 40)]
    drawing = drawn(
        *(paid(one, MALLORY, 2, 1) for one in victims + others), roles=[Role(v, "victim") for v in victims]
    )
    assert sorted((node.role, node.count) for node in drawing.nodes) == [
        ("other", 1), ("other", 20), ("victim", 19),
    ]  # fmt: skip


def test_a_long_trail_keeps_its_ends() -> None:
    trail = [wallet(number) for number in range(1, 41)]
    drawing = drawn(*(paid(one, next_, 5, 1) for one, next_ in pairwise(trail)))
    assert [node.count for node in sorted(drawing.nodes, key=lambda node: node.x)] == [1] * 5 + [30] + [1] * 5
    # 30 wallets in a row paid each other 29 times.
    assert "145 DAI ×29" in labels(drawing)
    assert_readable(drawing)


def test_evidence_that_is_no_transfer_is_not_drawn() -> None:
    bare = replace(paid(ALICE, BOB, 5, 1), from_address=None, to_address=None, amount=None)
    assert drawn(bare) == Flow()


@pytest.mark.parametrize(
    "symbol",
    [
        "A" * 10_000, "\u0430\u0431" * 40, "漢" * 30, "😀" * 30, "\ufdfd" * 30, "Z" + "\u0301" * 500,
        "<img src=x onerror=alert(1)>", "&amp;", "a\u202eb", "\n\n", " ", "x ×999,999 x",
    ],
)  # fmt: skip
def test_a_hostile_name_takes_no_more_room_than_others(symbol: str) -> None:
    rows = [in_token(n, paid(payer, payee, 5, n), symbol) for n in range(4) for payer, payee in (
        (ALICE, MALLORY), (BOB, MALLORY), (MALLORY, VAULT), (MALLORY, ALICE),
    )]  # fmt: skip
    drawing = drawn(*rows, *rows)
    assert all(label.endswith("×2") for label in labels(drawing))
    assert_readable(drawing)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "a lot"}, {"amount": None}, {"amount": 5}, {"amount": "-5"}, {"amount": "9" * 5_000},
        {"decimals": None}, {"decimals": "18"}, {"decimals": -1}, {"decimals": 10**9}, {"symbol": None},
        {"symbol": 7}, {"token": 5}, {"from_address": 5}, {"to_address": ["x"]}, {"token": "x" * 10_000},
    ],
)  # fmt: skip
def test_a_row_that_makes_no_sense_spoils_its_own_line_only(change: dict[str, object]) -> None:
    odd = replace(paid(CAROL, VAULT, 5, 1), **change)  # type: ignore[arg-type]
    drawing = drawn(paid(ALICE, BOB, 5, 1), odd)
    assert "5 DAI" in labels(drawing)
    assert_readable(drawing)


SOME = st.integers(1, 30)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(SOME, SOME, st.integers(0, 9)), min_size=1, max_size=120), seed=st.integers())
def test_any_flow_is_readable(rows: list[tuple[int, int, int]], seed: int) -> None:
    dice = random.Random(seed)
    names = ("victim", "attacker", "intermediary")
    roles = [Role(wallet(n), dice.choice(names)) for n in range(1, dice.randint(1, 30))]  # type: ignore[arg-type]
    evidence = [in_token(token, paid(wallet(a), wallet(b), 5, 1)) for a, b, token in rows]
    drawing = drawn(*evidence, roles=roles)
    assert_readable(drawing)
    assert sum(node.count for node in drawing.nodes) == len({w for a, b, _ in rows for w in (a, b)})
    assert drawing == drawn(*evidence, roles=roles)


def test_figures_on_lines_are_short() -> None:
    assert wording.rounded(0, 18) == "0"
    assert wording.rounded(1, 18) == "< 0.0001"
    assert wording.rounded(1_500_000, 6) == "1.5"
    assert wording.rounded(12_345 * 10**18, 18) == "12.3k"
    assert wording.rounded(4_567_000, 0) == "4.57M"
    assert wording.rounded(2**256 - 1, 18) == "1.16e+59"
