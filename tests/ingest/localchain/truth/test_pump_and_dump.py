"""Pumps are true: the group drives the price up and has left; what it gained, those lost who followed."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import Asset
from ingest.localchain.play.deploying import world
from tests.ingest.localchain.reading import held, named
from tests.ingest.localchain.truth.also import buys_and_sells_in_turn, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told
from tests.ingest.localchain.truth.tokens import deployed_by, fees_usd, peak_and_end, sent_by

CATEGORY = "pump-and-dump"
pytestmark = pytest.mark.chain


def prices(told: Told, label: Label) -> list[float]:
    """Wei for a token unit in the story's pool, after each of the story's blocks."""
    token, pool = named(label, "infrastructure")[-2:]
    blocks = range(label["first_block"], label["last_block"] + 1)
    held_there = [
        (held(told.chain, world().wrapped, pool, b), held(told.chain, Asset("", token, 0), pool, b))
        for b in blocks
    ]
    return [wei / tokens for wei, tokens in held_there if tokens]


def left_with(told: Told, label: Label, role: str) -> int:
    """What all of a role hold of the token after the story."""
    token = Asset("", named(label, "infrastructure")[0], 0)
    return sum(held(told.chain, token, address, label["last_block"]) for address in named(label, role))


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_the_price_goes_up_and_comes_down(told: Told) -> None:
    for label in told.attacks():
        course = prices(told, label)
        assert max(course) > 1.2 * course[0], label["note"]
        assert course[-1] < 0.85 * max(course), label["note"]


def test_the_group_buys_before_the_others_and_has_sold_everything(told: Told) -> None:
    for label in told.attacks():
        bought = [sent for sent in sent_by(told, label) if sent.wei and sent.to == world().router]
        senders = [sent.sender for sent in bought]
        first_follower = min(senders.index(v) for v in named(label, "victim") if v in senders)
        assert set(senders[:first_follower]) <= set(named(label, "attacker"))
        assert left_with(told, label, "attacker") == 0


def test_followers_lose_what_the_label_says(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02, abs=5), label["note"]


def test_the_loss_is_with_the_group_or_in_the_pool(told: Told) -> None:
    for label in told.attacks():
        gain, left = told.gained(label, "attacker"), told.gained(label, "infrastructure")
        paid = fees_usd(told, label)
        assert gain + left + paid == pytest.approx(label["loss_usd"], rel=0.002, abs=3), label["note"]


def test_most_pumps_pay(told: Told) -> None:
    """Where others paid less than the pool's fees, one does not: that is the group's risk."""
    gains = [told.gained(label, "attacker") for label in told.attacks()]
    assert sum(gain > 0 for gain in gains) >= 0.7 * len(gains)


def test_a_pump_that_nobody_follows_costs_its_group_the_fees(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"], named(label, "victim")) == (None, 0.0, [])
        assert told.gained(label, "attacker") < 0


def test_after_an_honest_burst_the_project_and_most_buyers_are_still_there(told: Told) -> None:
    for label in told.hard_negatives():
        (token,) = deployed_by(told, label)
        coin = Asset("", token, 0)
        people = named(label, "intermediary")
        holders = [p for p in people if held(told.chain, coin, p, label["last_block"])]
        peak, end = peak_and_end(told, label)
        assert len(holders) >= len(people) / 2 and end > 0.5 * peak, label["note"]


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"wash-trading": buys_and_sells_in_turn})
