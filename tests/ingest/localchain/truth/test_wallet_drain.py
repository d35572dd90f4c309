"""Wallet drains are true: the victims lost what the label says, and the thief has it."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.reading import moved_by, named, receipts_of
from tests.ingest.localchain.truth.also import is_pulled_by_allowance, says_what_is_true
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


def test_emptied_wallets_are_empty(told: Told) -> None:
    for label in told.attacks("stolen_keys") + told.attacks("slow_drain"):
        # What the fees of the last payments left.
        assert max(told.wealth_of_each(named(label, "victim"), label["last_block"])) < 10, label["note"]


def test_a_partial_drain_leaves_something_to_everybody(told: Told) -> None:
    for label in told.attacks("partial_drain"):
        before = told.wealth_of_each(named(label, "victim"), label["first_block"] - 1)
        after = told.wealth_of_each(named(label, "victim"), label["last_block"])
        assert all(0.05 * then < now < 0.95 * then for then, now in zip(before, after, strict=True))


def test_what_several_collectors_took_ends_at_one_of_them(told: Told) -> None:
    for label in told.attacks("several_collectors"):
        first, *others = told.wealth_of_each(named(label, "attacker"), label["last_block"])
        assert first == pytest.approx(label["loss_usd"], rel=0.02) and sum(others) < 10 * len(others)


def test_slow_drains_take_longer_than_an_hour(told: Told) -> None:
    for label in told.attacks("slow_drain"):
        ends = [
            int(told.chain.ask("eth_getBlockByNumber", hex(label[end]), False)["timestamp"], 16)
            for end in ("first_block", "last_block")
        ]
        assert ends[1] - ends[0] > 2 * 3_600


def test_a_false_claim_takes_native_value_without_an_allowance(told: Told) -> None:
    for label in told.attacks("fee_of_a_claim"):
        assert {m.token for m in moved_by(told.chain, label["transactions"])} == {None}
        assert not [log for r in receipts_of(told.chain, label["transactions"]) for log in r["logs"]]


def test_an_attack_that_failed_cost_its_victims_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert "0x0" in {receipt["status"] for receipt in receipts_of(told.chain, label["transactions"])}
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        fees = 4 * len(named(label, "victim"))  # of their own approvals, in dollars
        assert told.lost(label) == pytest.approx(0, abs=fees), label["note"]


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"approval-phishing": is_pulled_by_allowance})
