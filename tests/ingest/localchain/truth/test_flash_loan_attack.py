"""Flash-loan attacks are true: money was lent and came back in one transaction, and the protocol paid."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.localchain.chain.actions import PLAIN_GAS
from tests.ingest.localchain.reading import moved_by, named, receipts_of
from tests.ingest.localchain.truth.also import deploys_code_that_robs, pushes_a_pool, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "flash-loan-attack"
BLOCKS_APART = 12
TRANSACTIONS_A_BLOCK = 8
pytestmark = pytest.mark.chain


def test_every_variant_is_played_and_some_attacks_fail(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)
    assert told.failed()


def test_the_protocol_loses_what_the_label_says(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0
        # Both are rounded down to cents, asset by asset.
        assert told.lost(label) == pytest.approx(label["loss_usd"], abs=0.1), label["note"]


def test_the_attacker_gains_and_no_more_than_that(told: Told) -> None:
    for label in told.attacks():
        assert 0 < told.gained(label, "attacker") <= label["loss_usd"] * 1.001, label["note"]


def test_the_loan_comes_and_goes_in_the_first_harmful_transaction(told: Told) -> None:
    for label in told.attacks():
        (harmful,) = _borrowing(told, label)[:1]
        assert int(harmful["blockNumber"], 16) == label["harm_block"]
        lender, *_ = named(label, "infrastructure")
        moves = moved_by(told.chain, [harmful["transactionHash"]])
        attackers = set(named(label, "attacker"))
        # Aave's pool lends out of the token that stands for what was supplied to it.
        loan = next(m for m in moves if m.receiver in attackers)
        back = [m for m in moves if (m.sender, m.receiver) != (loan.sender, loan.receiver)]
        returned = [m for m in back if m.receiver == loan.sender and m.token == loan.token]
        assert max(m.amount for m in returned) >= loan.amount, (lender, label["note"])


def test_a_failed_attack_cost_the_protocol_nothing_and_was_reverted(told: Told) -> None:
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) == 0
        assert "0x0" in {r["status"] for r in receipts_of(told.chain, label["transactions"])}


def test_honest_users_of_loans_cost_nobody_more_than_what_they_agreed_to(told: Told) -> None:
    for label in told.hard_negatives():
        receipts = receipts_of(told.chain, label["transactions"])
        assert {r["status"] for r in receipts} == {"0x1"}, label["note"]
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert not named(label, "victim")


def _borrowing(told: Told, label: Label) -> list[Any]:
    """Receipts of the attack's successful calls that moved something into the attackers' contract."""
    attackers = set(named(label, "attacker"))
    receipts = receipts_of(told.chain, label["transactions"])
    return [
        r
        for r in receipts
        if r["status"] == "0x1"
        and int(r["gasUsed"], 16) > 10 * PLAIN_GAS
        and any(m.receiver in attackers for m in moved_by(told.chain, [r["transactionHash"]]))
    ]


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(
        told, {"price-manipulation": pushes_a_pool, "suspicious-contract": deploys_code_that_robs}
    )
