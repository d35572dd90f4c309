"""Sanctioned exposure is true: a listed wallet's money came to those whom the label names as takers."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.reading import moved_by, named, receipts_of
from tests.ingest.localchain.truth.also import goes_through_the_mixer, runs_through_wallets, says_what_is_true
from tests.ingest.localchain.truth.played import Told

CATEGORY = "sanctioned-exposure"
pytestmark = pytest.mark.chain


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_one_listed_wallet_pays_and_the_others_named_are_not_listed(told: Told) -> None:
    for label in told.attacks():
        listed, *takers = named(label, "attacker")
        assert listed in told.sanctioned
        assert takers and not told.sanctioned & {*takers, *named(label, "intermediary")}


def test_takers_receive_what_the_listed_wallet_gave(told: Told) -> None:
    for label in told.attacks():
        listed, *takers = named(label, "attacker")
        given = told.lost_by(label, [listed])
        assert given > 200, label["note"]
        # What is not passed on: notes too small for the mixer, the exchanger's cut, a twentieth at a hop.
        assert told.received(label, takers) > 0.6 * given - 300, label["note"]


def test_clean_money_is_mixed_in_before_associates_are_paid(told: Told) -> None:
    for label in told.attacks("mixed_with_clean"):
        (hot,) = named(label, "infrastructure")
        _, hub, *takers = named(label, "attacker")
        moves = moved_by(told.chain, label["transactions"])
        clean = [move.block for move in moves if (move.sender, move.receiver) == (hot, hub)]
        paid = [move.block for move in moves if move.sender == hub and move.receiver in takers]
        assert max(clean) <= min(paid)


def test_a_payment_that_failed_moved_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert receipts_of(told.chain, label["transactions"])[-2]["status"] == "0x0"
        assert named(label, "attacker")[0] in told.sanctioned
        # A swap into the token it wanted to pay in may have come before.
        assert abs(told.lost_by(label, named(label, "attacker"))) < 0.15 * told.wealth(
            named(label, "attacker"), label["first_block"] - 1
        )


def test_strangers_get_dust_of_a_listed_wallet_and_lose_nothing_to_it(told: Told) -> None:
    for label in told.hard_negatives():
        listed = named(label, "infrastructure")[0]
        strangers = named(label, "intermediary")
        assert listed in told.sanctioned and strangers
        moves = [m for m in moved_by(told.chain, label["transactions"]) if m.receiver == listed]
        assert not {move.sender for move in moves} & set(strangers)
        assert told.lost_by(label, [listed]) < 250, label["note"]


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"layering": runs_through_wallets, "mixer-flow": goes_through_the_mixer})
