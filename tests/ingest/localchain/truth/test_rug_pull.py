"""Rug pulls are true: what buyers paid has left the pool for the wallets of those who made the token."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.reading import named
from tests.ingest.localchain.truth.also import is_pumped_by_a_group, says_what_is_true
from tests.ingest.localchain.truth.played import Told
from tests.ingest.localchain.truth.tokens import fees_usd, peak_and_end, sent_by

CATEGORY = "rug-pull"
pytestmark = pytest.mark.chain


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_buyers_lose_what_the_label_says(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02, abs=5), label["note"]


def test_what_buyers_lost_is_with_the_attackers_or_still_in_the_pool(told: Told) -> None:
    for label in told.attacks():
        taken, left = told.gained(label, "attacker"), told.gained(label, "infrastructure")
        paid = fees_usd(told, label)
        assert taken + left + paid == pytest.approx(label["loss_usd"], rel=0.002, abs=3), label["note"]


@pytest.mark.parametrize("variant", ["at_once", "in_parts", "handed_over", "v3_position"])
def test_who_takes_all_liquidity_takes_nearly_all_that_was_paid(told: Told, variant: str) -> None:
    for label in told.attacks(variant):
        gain = told.gained(label, "attacker") + fees_usd(told, label)
        assert gain == pytest.approx(label["loss_usd"], rel=0.05), label["note"]


def test_the_pool_is_nearly_empty_afterwards(told: Told) -> None:
    for label in told.attacks():
        peak, end = peak_and_end(told, label)
        assert end < 0.35 * peak, label["note"]


def test_harm_begins_when_buyers_have_paid(told: Told) -> None:
    for label in told.attacks():
        early = [t for t in sent_by(told, label) if t.block < label["harm_block"]]
        assert {t.sender for t in early if t.wei} & set(named(label, "victim")), label["note"]


def test_without_buyers_there_is_no_victim_and_nothing_won(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"], named(label, "victim")) == (None, 0.0, [])
        gain = told.gained(label, "attacker") + told.gained(label, "infrastructure")
        assert gain == pytest.approx(-fees_usd(told, label), abs=3), label["note"]


def test_honest_pools_keep_most_of_what_is_in_them(told: Told) -> None:
    for label in told.hard_negatives():
        peak, end = peak_and_end(told, label)
        assert peak > 10**18 and end > 0.5 * peak, label["note"]


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"pump-and-dump": is_pumped_by_a_group})
