"""What each figure of a row must be, worked out by hand for small books and labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detectors.alerts.alert import Alert
from detectors.evaluate import Label, Verdict, judge
from detectors.evaluate.calibration import binned, of_alerts
from detectors.evaluate.categories import ANY
from detectors.evaluate.labels import Unlabelled
from detectors.evaluate.measures import Blocks, Figure, Point, Row, category_row, row
from tests.detectors.alerts import BOB, label, labels, layered


def person(number: int) -> str:
    return f"0x{number:040x}"


def attack(number: int, **changes: Any) -> Label:
    """The attack of person `number` in blocks 95 to 105, sharing nothing with any other."""
    who = frozenset({person(number)})
    plain = {"attackers": who, "victims": frozenset(), "addresses": who, "transactions": frozenset()}
    return label(f"attack {number:03}", **(plain | changes))


def payroll(number: int = 0, **changes: Any) -> Label:
    nobody: frozenset[str] = frozenset()
    plain = {"kind": "hard_negative", "attackers": nobody, "addresses": frozenset({person(7_000 + number)})}
    return attack(7_000 + number, **(plain | changes))


def about(number: int, block: int = 100, **changes: Any) -> Alert:
    return layered(block, person(number), **({"id": f"about {number} in {block}"} | changes))


def judged(alerts: list[Alert], *made: Label, unlabelled: Unlabelled = "honest") -> Verdict:
    return judge(alerts, replace(labels(*made), unlabelled=unlabelled))


def layering(alerts: list[Alert], *made: Label, unlabelled: Unlabelled = "honest") -> Row:
    return category_row(judged(alerts, *made, unlabelled=unlabelled), "layering")


def value(figure: Figure | None) -> float:
    assert figure is not None
    return figure.value


def test_two_of_four_found_with_two_false_alarms_is_a_half_of_everything() -> None:
    """Precision 2 / (2 + 2), recall 2 / 4, F1 2*2 / (2*2 + 2 missed + 2 false)."""
    alerts = [about(1), about(2), about(50), about(7_000)]
    made = layering(alerts, attack(1), attack(2), attack(3), attack(4), payroll(0), payroll(1))
    assert (made.attacks, made.found, made.alerts, made.false_alarms) == (4, 2, 4, 2)
    assert (value(made.precision), value(made.recall), value(made.f1)) == (0.5, 0.5, 0.5)
    # Wilson for 2 of 4: (0.5 + 0.480 ± 1.960 * sqrt(0.0625 + 0.0600)) / 1.960 = 0.5 ± 0.350
    assert made.precision == Figure(0.5, 0.15, 0.85, 4)
    assert (made.hard_negatives, made.hard_negatives_flagged, value(made.hard_negatives_share)) == (2, 1, 0.5)


def test_a_second_alert_about_a_found_attack_makes_nothing_better() -> None:
    once = layering([about(1), about(50)], attack(1))
    twice = layering([about(1), about(1, 101, subject_id=BOB), about(50)], attack(1))
    assert value(once.precision) == value(twice.precision) == 0.5


def test_when_everything_is_flagged_recall_is_full_and_precision_is_nothing() -> None:
    made = layering([about(number) for number in range(1_000)], *(attack(number) for number in range(3)))
    assert (value(made.recall), value(made.precision)) == (1.0, 0.003)
    assert value(made.f1) == pytest.approx(2 * 3 / (2 * 3 + 997), abs=5e-5)


def test_an_empty_book_has_no_precision_and_an_f1_of_nothing() -> None:
    made = layering([], attack(1))
    assert (made.precision, value(made.recall), value(made.f1)) == (None, 0.0, 0.0)
    assert (made.lead, made.lead_before, made.latency, made.curve) == (None, None, None, ())


def test_an_empty_world_has_no_figures() -> None:
    made = layering([], unlabelled="honest")
    assert (made.precision, made.recall, made.f1, made.hard_negatives_share) == (None, None, None, None)
    alarmed = layering([about(1)])
    assert (value(alarmed.precision), alarmed.recall, alarmed.f1) == (0.0, None, None)


def test_thirty_attacks_are_enough_and_twenty_nine_are_not() -> None:
    assert layering([], *(attack(number) for number in range(30))).enough
    assert not layering([], *(attack(number) for number in range(29))).enough


def test_where_the_rest_is_unknown_only_alerts_about_hard_negatives_are_false() -> None:
    alerts = [about(1), about(50), about(51), about(7_000)]
    made = layering(alerts, attack(1), attack(2), payroll(), unlabelled="unknown")
    assert (made.false_alarms, value(made.precision), value(made.f1)) == (1, 0.5, 0.5)


def test_where_the_rest_is_unknown_and_no_hard_negative_is_known_there_is_no_precision() -> None:
    made = layering([about(1), about(50)], attack(1), unlabelled="unknown")
    assert (made.precision, made.f1, made.curve, value(made.recall)) == (None, None, (), 1.0)


def test_lead_and_latency_are_counted_from_the_first_alert() -> None:
    """Leads: 101 - 98 = 3, 100 - 104 = -4, 99 - 99 = 0; a fourth attack does no harm.

    Latencies from block 95: 3, 9, 4, 1; in order 1 3 4 9: quartiles 2.5, 3.5, 5.25.
    """
    alerts = [about(1, 98), about(1, 99, subject_id=BOB), about(2, 104), about(3, 99), about(4, 96)]
    made = layering(
        alerts, attack(1, harm_block=101), attack(2, harm_block=100), attack(3, harm_block=99), attack(4)
    )
    assert sorted(made.lead_blocks) == [-4, 0, 3]
    assert made.lead == Blocks(3, -2.0, 0.0, 1.5)
    assert value(made.lead_before) == pytest.approx(1 / 3, abs=5e-5)  # at the harm is not before it
    assert made.latency == Blocks(4, 2.5, 3.5, 5.25)


def test_recall_is_told_for_each_variant_and_for_attacks_that_failed() -> None:
    made = layering(
        [about(1), about(2), about(3)],
        attack(1, variant="peel"),
        attack(2, variant="peel", succeeded=False),
        attack(3, variant="slow"),
        attack(4, variant="slow"),
        attack(5, variant="slow", succeeded=False),
    )
    assert {name: (each.value, each.n) for name, each in made.variants.items()} == {
        "peel": (1.0, 2),
        "slow": (0.3333, 3),
    }
    assert made.recall_succeeded == Figure(0.6667, 0.2077, 0.9385, 3)  # 2 of 3, as tables of Wilson's have it
    assert made.recall_failed is not None
    assert (made.recall_failed.value, made.recall_failed.n) == (0.5, 2)


def test_the_curve_tells_what_each_least_score_would_have_given() -> None:
    """Scores: attack 1 at 0.9 and 0.4, a false alarm at 0.7, attack 2 at 0.5, one of four missed twice."""
    alerts = [
        about(1, 98, score=0.4),
        about(1, 99, score=0.9, subject_id=BOB),
        about(50, score=0.7),
        about(2, score=0.5),
    ]
    made = layering(alerts, attack(1), attack(2), attack(3), attack(4))
    assert made.curve == (
        Point(0.9, 1.0, 0.25),
        Point(0.7, 0.5, 0.25),
        Point(0.5, 0.6667, 0.5),
    )


def test_alerts_of_equal_score_are_one_point_of_the_curve() -> None:
    made = layering([about(1), about(50), about(51)], attack(1))
    assert made.curve == (Point(0.7, 0.3333, 1.0),)


def anomaly(number: int) -> Alert:
    return about(number, category="anomalous-wallet", id=f"anomaly {number}")


def test_anomalies_are_precise_about_every_attack_and_recall_only_their_own() -> None:
    """Right: their own attack 1 and the layering of 3; false: one; missed: their own 2.

    Precision 2/3, recall 1/2, F1 = 2 * (2/3)(1/2) / (2/3 + 1/2) = 4/7.
    """
    own = [attack(1, category="anomalous-wallet"), attack(2, category="anomalous-wallet")]
    said = judged([anomaly(1), anomaly(3), anomaly(50)], *own, attack(3))
    made = category_row(said, "anomalous-wallet")
    assert (made.found, made.also_right, made.false_alarms) == (1, 1, 1)
    assert (value(made.precision), value(made.recall)) == (0.6667, 0.5)
    assert value(made.f1) == pytest.approx(4 / 7, abs=5e-5)
    assert made.curve[-1] == Point(0.7, 0.6667, 0.5)
    assert category_row(said, "layering").found == 0


def test_all_together_an_anomaly_about_another_attack_counts_neither_way() -> None:
    said = judged([anomaly(3), about(4)], attack(3), attack(4))
    made = row(said, "overall", lambda _: True)
    assert (made.found, made.false_alarms, value(made.precision), value(made.recall)) == (1, 0, 1.0, 0.5)


def test_a_row_of_several_categories_has_no_variants() -> None:
    """A variant called plain in two categories is two different things."""
    said = judged([], attack(1, variant="plain"), attack(2, variant="plain", category="wallet-drain"))
    assert row(said, "overall", lambda _: True).variants == {}


def test_a_baseline_is_measured_by_the_same_row() -> None:
    alerts = [about(number, category=ANY) for number in (1, 2, 50, 51)]
    made = row(judged(alerts, attack(1), attack(2, category="rug-pull")), "naive", lambda _: True)
    assert (made.found, made.false_alarms) == (2, 2)
    assert value(made.f1) == pytest.approx(4 / 6, abs=5e-5)


def test_calibration_counts_what_was_right_by_score() -> None:
    """0.72 and 0.78 lie in one bin, one of them right: mean 0.75; 1 lies in the last; 0.3 opens its own."""
    bins = binned([(0.72, True), (0.78, False), (1.0, True), (0.3, False)])
    assert [(each.low, each.high, each.mean, each.right.value) for each in bins] == [
        (0.3, 0.4, 0.3, 0.0),
        (0.7, 0.8, 0.75, 0.5),
        (0.9, 1.0, 1.0, 1.0),
    ]


def test_an_alert_that_cannot_be_judged_is_not_in_the_calibration() -> None:
    known = judged([about(1), about(50)], attack(1))
    unknown = judged([about(1), about(50)], attack(1), unlabelled="unknown")
    assert [each.right.n for each in of_alerts(known)] == [2]
    assert [each.right.n for each in of_alerts(unknown)] == [1]
