"""Layering is true: money left its source, ran through wallets that kept little, and came out elsewhere."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.reading import moved_by, named, receipts_of
from tests.ingest.localchain.truth.also import comes_home, goes_through_the_mixer, says_nothing_else
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "layering"
pytestmark = pytest.mark.chain


def source_of(label: Label) -> str:
    return named(label, "attacker")[0]


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_what_leaves_the_source_arrives_at_wallets_that_the_label_names(told: Told) -> None:
    for label in told.attacks():
        others = [one["address"] for one in label["roles"] if one["role"] != "infrastructure"][1:]
        lost = -told.gained_by(label, [source_of(label)])
        # On the way: fees, swaps and their fees, and small payments to others.
        assert lost > 5_000, label["note"]
        assert told.gained_by(label, others) == pytest.approx(lost, rel=0.1), label["note"]


def test_those_in_between_pass_on_nearly_all_they_are_given(told: Told) -> None:
    for label in told.attacks():
        moves = moved_by(told.chain, label["transactions"])
        members = {role["address"] for role in label["roles"]}
        payers = {move.sender for move in moves if move.receiver in members}
        passing = [wallet for wallet in named(label, "intermediary") if wallet in payers]
        assert len(passing) >= 2, label["note"]
        lost = -told.gained_by(label, [source_of(label)])
        # Two pieces of at least 40 % and 90 % of the rest leave 6 % or less behind, at each of six wallets.
        assert told.gained_by(label, passing) < 0.35 * lost, label["note"]


def test_fresh_wallets_were_never_seen_before(told: Told) -> None:
    for label in told.attacks("pass_through") + told.attacks("peel_chain"):
        counts = [
            int(told.chain.ask("eth_getTransactionCount", wallet, hex(label["first_block"] - 1)), 16)
            for wallet in named(label, "intermediary")
        ]
        assert set(counts) == {0}


def test_what_was_given_up_stays_where_it_is(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        *_, last = receipts_of(told.chain, label["transactions"])
        assert last["status"] == "0x0"
        (there,) = named(label, "intermediary")
        assert told.gained_by(label, [source_of(label), there]) == pytest.approx(0, abs=10)


def test_honest_doings_take_nothing_from_anybody(told: Told) -> None:
    for label in told.hard_negatives():
        assert (named(label, "attacker"), label["harm_block"], label["loss_usd"]) == ([], None, 0.0)


def test_nothing_else_is_true_of_it_and_nothing_else_is_said(told: Told) -> None:
    says_nothing_else(told, {"cycle-laundering": comes_home, "mixer-flow": goes_through_the_mixer})
