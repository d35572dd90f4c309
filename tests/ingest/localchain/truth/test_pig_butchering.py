"""Pig butchering is true: over days and weeks, ever larger sums of the victim's reach the gang."""

from __future__ import annotations

import pytest

from ingest.localchain.world.clock import DAY
from tests.ingest.localchain.reading import moved_by, named
from tests.ingest.localchain.truth.also import is_pulled_by_allowance, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "pig-butchering"
pytestmark = pytest.mark.chain


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_victims_lose_what_the_label_says_and_the_gang_gains_it(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02, abs=20), label["note"]
        assert told.gained(label, "attacker") == pytest.approx(label["loss_usd"], rel=0.02, abs=20)


def test_the_sums_of_a_victim_rise_over_days(told: Told) -> None:
    for label in told.attacks():
        for victim in named(label, "victim"):
            taken = [m for m in moved_by(told.chain, label["transactions"]) if m.sender == victim]
            amounts = [m.amount for m in taken]
            assert len(amounts) >= 4 and amounts == sorted(amounts), label["note"]
            assert told.time(taken[-1].block) - told.time(taken[0].block) >= 4 * DAY


def test_a_victim_with_second_thoughts_lost_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) == pytest.approx(0, abs=5)
        assert told.gained(label, "attacker") <= 0


def test_a_subscription_takes_the_same_sum_each_month(told: Told) -> None:
    for label in told.hard_negatives("subscription"):
        for customer in named(label, "intermediary"):
            taken = [m for m in moved_by(told.chain, label["transactions"]) if m.sender == customer]
            assert len(taken) == 4 and len({m.amount for m in taken}) == 1
            assert told.time(taken[-1].block) - told.time(taken[0].block) >= 90 * DAY


def test_a_saver_gets_everything_back(told: Told) -> None:
    for label in told.hard_negatives("savings_plan"):
        assert told.lost(label, "intermediary") == pytest.approx(0, abs=_fees(label))


def _fees(label: Label) -> float:
    """Five dollars a transaction is more than any of them costs."""
    return 5.0 * len(label["transactions"])


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"approval-phishing": is_pulled_by_allowance})
