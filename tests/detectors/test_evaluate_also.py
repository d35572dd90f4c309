"""What an alert may say beside the category of a label: other things that are true, and less than another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detectors.alerts.alert import Alert, Role
from detectors.evaluate import HORIZON_BLOCKS, Label, Verdict, judge
from detectors.evaluate.measures import category_row
from detectors.evaluate.report import Report, evaluate
from detectors.evaluate.text_table import table
from tests.detectors.alerts import ALICE, BOB, MALLORY, TRUDY, label, labels, layered, transaction

CAROL = f"0x{'c' * 40}"


def drain(block: int = 100, *attackers: str, **changes: Any) -> Alert:
    """Said of mallory, who by his label layers."""
    plain = {"category": "wallet-drain", "detector": "wallet-drain", "id": f"drain {block} {attackers}"}
    return layered(block, *attackers, **(plain | changes))


def theft(**changes: Any) -> Label:
    """Mallory's layering begins with a drained wallet."""
    return label(**({"also": frozenset({"wallet-drain"})} | changes))


def yielded(alert: Alert) -> Alert:
    return replace(alert, suppressed_by={"kind": "part-of", "id": "another", "reason": "says more"})


def verdict(alerts: list[Alert], *made: Label) -> Verdict:
    return judge(alerts, labels(*made))


def report(alerts: list[Alert], *made: Label) -> Report:
    return evaluate(alerts, labels(*made), frozenset({"layering", "wallet-drain"}))


# Other things that are true


def test_something_else_that_is_true_of_a_story_is_neither_found_nor_false_nor_unmatched() -> None:
    said = verdict([drain()], theft())
    assert [(hit.alert.category, hit.label.id) for hit in said.also] == [("wallet-drain", "attack")]
    assert (said.found, said.hits, said.unmatched, said.elsewhere, said.flags) == ((), (), (), (), ())
    for category in ("layering", "wallet-drain"):
        row = category_row(said, category)
        assert (row.found, row.false_alarms, row.precision) == (0, 0, None)
    assert (category_row(said, "wallet-drain").alerts, category_row(said, "wallet-drain").also_true) == (1, 1)


def test_where_nobody_says_that_it_is_true_it_is_false_as_before() -> None:
    said = verdict([drain()], label())
    assert (said.also, said.unmatched) == ((), (drain(),))


@pytest.mark.parametrize(
    ("alert", "counts"),
    [
        (drain(100, CAROL, transactions=(transaction(9_000),)), True),  # a shared transaction
        (drain(100, CAROL), False),  # shares nothing
        (drain(100, ALICE), False),  # names the victim
        (drain(105 + HORIZON_BLOCKS), True),
        (drain(106 + HORIZON_BLOCKS), False),  # too late
        (drain(category="reentrancy"), False),  # not true of it
    ],
)
def test_what_is_said_must_touch_the_story_in_time(alert: Alert, counts: bool) -> None:
    said = verdict([alert], theft())
    assert (bool(said.also), bool(said.unmatched)) == (counts, not counts)


def test_an_attack_that_is_labelled_so_is_found_before_the_same_is_true_of_another() -> None:
    drained = label("drained", category="wallet-drain", transactions=frozenset())
    said = verdict([drain()], theft(), drained)
    assert ([each.id for each in said.found], said.also) == (["drained"], ())


def test_what_is_true_of_an_attack_flags_no_hard_negative_that_it_shares() -> None:
    bobs = label("payroll", category="wallet-drain", kind="hard_negative", addresses=frozenset({BOB}))
    bobs = replace(bobs, transactions=frozenset({transaction(100)}), attackers=frozenset())
    assert verdict([drain()], bobs).flagged_hard_negatives == (bobs,)
    assert verdict([drain()], theft(), bobs).flagged_hard_negatives == ()


def test_what_is_true_of_a_hard_negative_is_no_flag_either() -> None:
    plain = {"kind": "hard_negative", "attackers": frozenset(), "addresses": frozenset({BOB})}
    said = verdict([drain(100, BOB)], theft(**plain))
    assert (len(said.also), said.flags, said.unmatched) == (1, (), ())


def test_a_victim_called_an_attacker_is_counted_whatever_else_is_true() -> None:
    said = verdict([drain(100, MALLORY, ALICE)], theft())
    assert said.victims_named_attacker == ((drain(100, MALLORY, ALICE).id, ALICE),)


def test_the_same_said_twice_of_one_subject_is_a_duplicate_here_too() -> None:
    said = verdict([drain(100), drain(101)], theft())
    assert said.duplicates == ((drain(100).id, drain(101).id),)


# Alerts that yield to one that says more


def test_a_yielded_alert_finds_what_it_is_about() -> None:
    said = verdict([yielded(layered())], label())
    assert ([each.id for each in said.found], said.missed) == (["attack"], ())
    assert (said.raised, said.suppressed, len(said.yielded)) == ((), 0, 1)
    row = category_row(said, "layering")
    assert (row.found, row.alerts, row.yielded, row.false_alarms) == (1, 0, 1, 0)


def test_a_yielded_alert_about_nothing_or_about_a_hard_negative_is_not_false() -> None:
    payroll = label("payroll", kind="hard_negative", attackers=frozenset(), addresses=frozenset({BOB}))
    said = verdict([yielded(layered(100, CAROL)), yielded(layered(101, BOB))], payroll)
    assert (said.unmatched, said.flags, said.flagged_hard_negatives) == ((), (), ())
    assert category_row(said, "layering").false_alarms == 0


def test_a_yielded_alert_finds_only_its_own_category() -> None:
    assert verdict([yielded(drain())], theft()).found == ()


def test_a_yielded_alert_that_calls_a_victim_an_attacker_is_counted_where_it_finds_something() -> None:
    finds, stray = yielded(layered(100, MALLORY, ALICE)), yielded(layered(101, ALICE))
    assert verdict([finds, stray], label()).victims_named_attacker == ((finds.id, ALICE),)


def test_a_yielded_alert_repeats_nothing() -> None:
    assert verdict([layered(), yielded(layered(101))], label()).duplicates == ()


def test_an_alert_suppressed_for_another_reason_finds_nothing_as_before() -> None:
    lowered = layered(suppressed_by={"kind": "arbitrage", "reason": "a cycle", "id": "x"})
    said = verdict([lowered], label())
    assert (said.found, said.suppressed, said.yielded) == ((), 1, ())


def test_yielded_is_told_beside_suppressed() -> None:
    lowered = layered(101, TRUDY, suppressed_by={"kind": "arbitrage", "reason": "a cycle"})
    made = report([yielded(layered()), lowered], label())
    assert "(beside 0 retracted, 1 suppressed, and 1 that yielded to one that says more)" in "\n".join(
        table(made)
    )
    assert made.to_dict()["alerts"]["yielded"] == 1
    assert made.statuses["layering"] == "not enough"  # judged, though nothing of it stands


def test_a_yielded_alert_is_not_in_the_calibration_of_what_was_raised() -> None:
    assert report([yielded(layered())], label()).by_alert == ()


# Anomalies: what they are about


def anomaly(block: int, *subjects: str, **changes: Any) -> Alert:
    plain = {
        "category": "anomalous-wallet", "detector": "anomalous-wallet", "id": f"anomaly {block}",
        "roles": tuple(Role(subject, "subject") for subject in subjects),
    }  # fmt: skip
    return layered(block, **(plain | changes))


def test_what_an_anomaly_is_about_counts_as_attackers_do_elsewhere() -> None:
    odd = label(category="anomalous-wallet")
    assert verdict([anomaly(100, MALLORY)], odd).found == (odd,)
    assert [hit.label.id for hit in verdict([anomaly(100, MALLORY)], label()).hits] == ["attack"]
    assert verdict([anomaly(100, CAROL)], odd).unmatched == (anomaly(100, CAROL),)


def test_the_subject_of_another_category_hits_nobody() -> None:
    assert verdict([layered(roles=(Role(MALLORY, "subject"),))], label()).found == ()


def test_an_anomaly_about_an_honest_wallet_flags_it() -> None:
    payroll = label("payroll", category="anomalous-wallet", kind="hard_negative", attackers=frozenset())
    payroll = replace(payroll, addresses=frozenset({BOB}))
    assert verdict([anomaly(100, BOB)], payroll).flagged_hard_negatives == (payroll,)


def test_a_subject_is_no_accusation_whoever_it_is() -> None:
    shared = anomaly(100, ALICE, transactions=(transaction(9_000),))
    said = verdict([shared, anomaly(101, ALICE)], label())
    assert (said.victims_named_attacker, said.misnamed) == ((), ())


def test_a_label_may_say_what_an_anomaly_is_about_too() -> None:
    plain: dict[str, Any] = {
        "attackers": frozenset(),
        "subjects": frozenset({BOB}),
        "addresses": frozenset({BOB}),
    }
    odd = label(category="anomalous-wallet", **plain)
    assert verdict([anomaly(100, BOB)], odd).found == (odd,)
    accused = anomaly(100, roles=(Role(BOB, "attacker"),))
    assert [(each.labelled, each.called) for each in verdict([accused], odd).misnamed] == [
        ("subject", "attacker")
    ]
    assert verdict([layered(100, BOB)], label(**plain)).found == ()  # of another category it is nobody's


def test_anomalies_have_a_row_of_their_own_about_attacks_of_any_category() -> None:
    """Of two attacks one is found by an anomaly; another anomaly is about nobody."""
    made = report([anomaly(100, MALLORY), anomaly(101, CAROL)], label(), label("hers", attackers={TRUDY}))
    row = made.anomalous
    assert (row.attacks, row.found, row.false_alarms, row.alerts) == (2, 1, 1, 2)
    assert row.precision is not None
    assert row.precision.value == 0.5
    assert any(line.startswith("anomalous-* ") for line in table(made))
    assert made.to_dict()["anomalous"]["found"] == 1


def test_without_anomalies_there_is_no_such_row() -> None:
    assert not any(line.startswith("anomalous-* ") for line in table(report([layered()], label())))
