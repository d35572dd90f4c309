"""Anomalous wallets are true: machines meet more wallets in minutes, in more assets, than any person does."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.reading import moved_by, named, receipts_of
from tests.ingest.localchain.truth.also import comes_home, runs_through_wallets, says_nothing_else
from tests.ingest.localchain.truth.played import Told

CATEGORY = "anomalous-wallet"
pytestmark = pytest.mark.chain


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_a_machine_meets_dozens_of_wallets_in_five_assets_within_minutes(told: Told) -> None:
    for label in told.attacks():
        (machine,) = named(label, "attacker")
        moves = [m for m in moved_by(told.chain, label["transactions"]) if m.sender == machine]
        assert len({m.receiver for m in moves}) >= 40, label["note"]
        assert len({m.token for m in moves if m.token}) >= 5, label["note"]
        assert label["last_block"] - label["first_block"] < 20


def test_no_two_machines_are_alike(told: Told) -> None:
    told.leaves_to_soak("each machine is there once")
    for variant in sorted(told.variants("attack")):
        sizes = {len(label["transactions"]) for label in told.attacks(variant)}
        assert len(sizes) >= 2, variant


def test_a_machine_that_is_set_up_wrongly_moves_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        _, *others = label["transactions"]
        assert {receipt["status"] for receipt in receipts_of(told.chain, others)} == {"0x0"}
        assert moved_by(told.chain, others) == []


def test_new_people_do_as_little_as_others(told: Told) -> None:
    for label in told.hard_negatives():
        moves = moved_by(told.chain, label["transactions"])
        for wallet in named(label, "intermediary"):
            assert len({m.receiver for m in moves if m.sender == wallet}) <= 10


def test_nothing_else_is_true_of_it_and_nothing_else_is_said(told: Told) -> None:
    says_nothing_else(told, {"layering": runs_through_wallets, "cycle-laundering": comes_home})
