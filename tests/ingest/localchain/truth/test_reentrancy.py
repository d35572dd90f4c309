"""Reentrancy is true: the bank was entered again while it paid, and paid more than the raider had in it."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.play.deploying import world
from ingest.localchain.world.world import ETH
from tests.ingest.localchain.reading import held, named, receipts_of
from tests.ingest.localchain.truth.also import deploys_code_that_robs, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told
from tests.ingest.localchain.truth.tracing import deepest

CATEGORY = "reentrancy"
pytestmark = pytest.mark.chain

FEES_USD = 150


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def wrapped_by(told: Told, hook_token: str) -> Asset:
    """The token, at its underlying token's price: anybody may unwrap it, one for one."""
    answer = told.chain.ask("eth_call", {"to": hook_token, "data": call_data("underlying()")}, "latest")
    underlying = next(token for token in world().tokens if token.address == "0x" + answer[-40:])
    return Asset("", hook_token, underlying.cents, underlying.decimals)


def bank_lost(told: Told, label: Label) -> float:
    """Dollars that the bank holds less after the attack's transactions than before: native value, or the
    hooked token that it keeps.
    """
    (bank,), tokens = named(label, "victim"), named(label, "infrastructure")
    if not tokens:
        return told.lost(label)
    token = wrapped_by(told, tokens[0])
    before, after = (
        held(told.chain, token, bank, block) for block in (label["first_block"] - 1, label["last_block"])
    )
    return token.usd(before - after)


def test_the_bank_lost_what_the_label_says(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0, label["note"]
        assert bank_lost(told, label) == pytest.approx(label["loss_usd"], rel=0.001, abs=0.02), label["note"]


def test_the_raider_has_what_the_bank_lost(told: Told) -> None:
    for label in told.attacks():
        gained = told.gained(label, "attacker")
        assert gained == pytest.approx(label["loss_usd"], rel=0.001, abs=FEES_USD), label["note"]


def test_the_bank_was_entered_while_it_paid_from_the_first_harmful_transaction_on(told: Told) -> None:
    for label in told.attacks():
        (bank,) = named(label, "victim")
        depths = [deepest(told.chain, transaction, bank) for transaction in label["transactions"]]
        blocks = [int(r["blockNumber"], 16) for r in receipts_of(told.chain, label["transactions"])]
        first = next(number for number, depth in enumerate(depths) if depth > 1)

        assert max(depths) <= 12  # the deepest of the published bands is 11, and one call may move
        assert blocks[first] == label["harm_block"], label["note"]


def test_a_strike_that_failed_was_reverted_and_cost_the_bank_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert bank_lost(told, label) <= 0, label["note"]
        assert "0x0" in {r["status"] for r in receipts_of(told.chain, label["transactions"])}


def test_honest_contracts_are_entered_again_without_loss(told: Told) -> None:
    for label in told.hard_negatives():
        contracts = [*named(label, "infrastructure"), *named(label, "intermediary")]
        deep = max(deepest(told.chain, t, c) for t in label["transactions"] for c in contracts)
        assert deep > 1, label["note"]
        assert {r["status"] for r in receipts_of(told.chain, label["transactions"])} == {"0x1"}


def test_a_saver_has_in_hand_and_in_the_books_what_went_in(told: Told) -> None:
    for label in told.hard_negatives("saver"):
        (owner, wallet), (bank,) = named(label, "intermediary"), named(label, "infrastructure")
        question = {"to": bank, "data": call_data("balances(address)", wallet)}
        claim = ETH.usd(int(told.chain.ask("eth_call", question, "latest"), 16))
        assert told.gained(label, "intermediary") + claim == pytest.approx(0, abs=FEES_USD), owner


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"suspicious-contract": deploys_code_that_robs})
