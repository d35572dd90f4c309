"""Wallet drains are true: the victims lost what the label says, and the thief has it."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.truth.played import Told

CATEGORY = "wallet-drain"
pytestmark = pytest.mark.chain


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_victims_lose_what_the_label_says_and_the_thief_gains_it(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02), label["note"]
        assert told.gained(label, "attacker") == pytest.approx(label["loss_usd"], rel=0.02), label["note"]


def test_an_attack_that_failed_cost_its_victims_nothing(told: Told) -> None:
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) == pytest.approx(0, abs=5), label["note"]  # fees of their own transactions
