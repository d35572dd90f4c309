"""Governance attacks are true: the treasury went to the thief, by votes that had been others' before."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.wallet import Address, call_data
from tests.ingest.localchain.reading import named, receipts_of
from tests.ingest.localchain.truth.also import (
    deploys_code_that_robs,
    is_borrowed_and_paid_back,
    says_what_is_true,
)
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "governance-attack"
pytestmark = pytest.mark.chain

FEES_USD = 100
VOTES_MOVED = "0xdec2bacdd2f05b59de34da9b523dff8be42e5e38e818c82fdb0bae774387a724"
"""keccak-256 of "DelegateVotesChanged(address,uint256,uint256)": delegate; votes before and after."""


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_the_treasury_lost_what_the_label_says(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0, label["note"]
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.001, abs=1), label["note"]


def test_the_attackers_have_it_from_the_block_of_the_first_harm(told: Told) -> None:
    for label in told.attacks():
        harm = label["harm_block"]
        thieves = named(label, "attacker")
        gained = told.wealth(thieves, harm) - told.wealth(thieves, harm - 1)
        assert gained == pytest.approx(label["loss_usd"], rel=0.001, abs=FEES_USD), label["note"]


def votes_gained(told: Told, label: Label) -> dict[Address, int]:
    """The most votes that each address came to have in the label's transactions."""
    votes: dict[Address, int] = {}
    for receipt in receipts_of(told.chain, label["transactions"]):
        for log in receipt["logs"]:
            if log["topics"][0] == VOTES_MOVED:
                who, after = "0x" + log["topics"][1][-40:], int(log["data"][66:], 16)
                votes[who] = max(votes.get(who, 0), after)
    return votes


def test_the_attackers_got_their_votes_in_the_attack_itself(told: Told) -> None:
    for label in told.attacks():
        if label["variant"] == "flash_loaned":
            continue
        gained = votes_gained(told, label)
        assert sum(gained.get(one, 0) for one in named(label, "attacker")) > 0, label["note"]


def test_split_voters_each_stay_under_a_twentieth_of_all_votes(told: Told) -> None:
    for label in told.attacks("split_voters"):
        token = named(label, "infrastructure")[-1]
        supply = int(
            told.chain.ask("eth_call", {"to": token, "data": call_data("totalSupply()")}, "latest"), 16
        )
        votes = votes_gained(told, label)
        assert len(votes) >= 6
        assert max(votes.values()) * 20 < supply


def test_flash_loaned_votes_are_lent_used_and_repaid_in_one_transaction(told: Told) -> None:
    for label in told.attacks("flash_loaned"):
        strike = receipts_of(told.chain, label["transactions"])[-1]
        (lender,) = named(label, "infrastructure")
        (treasury,) = named(label, "victim")
        assert int(strike["blockNumber"], 16) == label["harm_block"]
        assert {lender, treasury} <= {log["address"] for log in strike["logs"]}


def test_an_attack_in_vain_took_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) == pytest.approx(0, abs=1), label["note"]


def test_an_honest_treasury_pays_what_its_members_voted_for(told: Told) -> None:
    for label in told.hard_negatives():
        last = receipts_of(told.chain, label["transactions"])[-1]
        if last["status"] != "0x1":
            assert "did not pass" in label["note"]
            continue
        keeper, new, *_ = named(label, "infrastructure")
        block = int(last["blockNumber"], 16)
        paid = told.wealth([keeper], block - 1) - told.wealth([keeper], block)
        assert paid > 0, label["note"]
        if label["variant"] == "treasury_move":
            assert told.wealth([new], block) == pytest.approx(paid, abs=1)


def test_most_honest_motions_pass(told: Told) -> None:
    honest = told.hard_negatives()
    assert sum("did not pass" in label["note"] for label in honest) <= len(honest) // 4


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(
        told, {"flash-loan-attack": is_borrowed_and_paid_back, "suspicious-contract": deploys_code_that_robs}
    )
