"""Approval phishing is true: owners who allowed a spender lost what the label says, to somebody else."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.wallet import call_data
from ingest.localchain.play.deploying import world
from tests.ingest.localchain.reading import named, receipts_of
from tests.ingest.localchain.truth.also import deploys_code_that_robs, runs_through_wallets, says_nothing_else
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "approval-phishing"
pytestmark = pytest.mark.chain


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


@pytest.mark.parametrize("variant", ["approvals", "claim_page", "permits", "permit2"])
def test_owners_lose_what_the_label_says_and_the_gang_gains_it(told: Told, variant: str) -> None:
    for label in told.attacks(variant):
        assert label["loss_usd"] > 0
        # A claim's "gas fee" goes to the gang as well: cents.
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.03, abs=20), label["note"]
        assert told.gained(label, "attacker") == pytest.approx(label["loss_usd"], rel=0.03, abs=20)


def test_whoever_allowed_it_never_sent_the_payment(told: Told) -> None:
    for label in told.attacks():
        harm = [r for r in receipts_of(told.chain, label["transactions"]) if _block(r) == label["harm_block"]]
        assert harm[-1]["from"] in named(label, "attacker")


def test_pictures_belong_to_the_gang_afterwards(told: Told) -> None:
    gallery = world().gallery
    for label in told.attacks("collections"):
        victims, gang = named(label, "victim"), named(label, "attacker")
        after, before = label["last_block"], label["first_block"]
        held_before = sum(_pictures(told, gallery, victim, before) for victim in victims)
        held_after = sum(_pictures(told, gallery, victim, after) for victim in victims)
        taken = sum(_pictures(told, gallery, one, after) for one in gang)
        assert 0 < taken <= held_before - held_after


def test_owners_who_revoked_in_time_lost_nothing_and_the_pull_was_refused(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) == pytest.approx(0, abs=5)  # the fees of their own transactions
        assert told.gained(label, "attacker") <= 0
        assert "0x0" in {receipt["status"] for receipt in receipts_of(told.chain, label["transactions"])}


def test_honest_users_have_what_they_gave_or_its_worth(told: Told) -> None:
    for label in told.hard_negatives("router"):
        assert told.lost(label, "intermediary") == pytest.approx(0, abs=0.05 * _traded(told, label) + 20)
    for label in told.hard_negatives("savings_withdrawn"):
        assert told.lost(label, "intermediary") == pytest.approx(0, abs=20)


def _traded(told: Told, label: Label) -> float:
    """All that its people held: an upper bound of what they can have traded."""
    return told.wealth(named(label, "intermediary"), label["first_block"])


def _block(receipt: dict[str, str]) -> int:
    return int(receipt["blockNumber"], 16)


def _pictures(told: Told, gallery: str, owner: str, block: int) -> int:
    call = {"to": gallery, "data": call_data("balanceOf(address)", owner)}
    return int(told.chain.ask("eth_call", call, hex(block)), 16)


def test_nothing_else_is_true_of_it_and_nothing_else_is_said(told: Told) -> None:
    says_nothing_else(told, {"layering": runs_through_wallets, "suspicious-contract": deploys_code_that_robs})
