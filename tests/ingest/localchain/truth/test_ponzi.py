"""Ponzi schemes are true: late investors lost what early ones and the operator have."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.reading import named
from tests.ingest.localchain.truth.also import (
    deploys_code_that_robs,
    is_pulled_by_allowance,
    says_nothing_else,
)
from tests.ingest.localchain.truth.played import Told

CATEGORY = "ponzi"
pytestmark = pytest.mark.chain


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_late_investors_lose_what_the_label_says(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0 and named(label, "victim")
        assert len(named(label, "victim")) + len(named(label, "intermediary")) >= 8, "a scheme needs many"
        fees = 5.0 * len(label["transactions"])  # dollars; more than any of them costs
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02, abs=fees), label["note"]


def test_the_operator_and_the_early_have_what_the_late_lost(told: Told) -> None:
    for label in told.attacks():
        gained = told.gained(label, "attacker") + told.gained(label, "intermediary")
        fees = 5.0 * len(label["transactions"])
        assert gained == pytest.approx(told.lost(label), rel=0.02, abs=fees), label["note"]
        assert told.gained(label, "attacker") > 0


def test_where_nobody_followed_everybody_got_it_back(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) == pytest.approx(0, abs=5.0 * len(label["transactions"]))


def test_savers_and_employees_lose_nothing(told: Told) -> None:
    for label in told.hard_negatives():
        assert told.lost(label, "intermediary") < 5.0 * len(label["transactions"])


def test_employees_are_paid(told: Told) -> None:
    for label in told.hard_negatives("streaming_payroll"):
        assert told.gained(label, "intermediary") > 200


def test_nothing_else_is_true_of_it_and_nothing_else_is_said(told: Told) -> None:
    says_nothing_else(
        told, {"approval-phishing": is_pulled_by_allowance, "suspicious-contract": deploys_code_that_robs}
    )
