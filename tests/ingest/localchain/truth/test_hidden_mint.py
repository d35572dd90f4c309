"""Hidden mints are true: a token's own logs do not account for what was sold to those who bought it."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import Asset
from tests.ingest.localchain.reading import held, named
from tests.ingest.localchain.truth.also import empties_the_pool, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told
from tests.ingest.localchain.truth.tokens import (
    NOBODY,
    booked,
    deployed_by,
    fees_usd,
    moves_of,
    peak_and_end,
    sent_by,
    supply_of,
)

CATEGORY = "hidden-mint"
pytestmark = pytest.mark.chain


def overdrawn(told: Told, label: Label, role: str) -> int:
    """How much more those of a role have sent of the story's token than its logs say they received."""
    (token,) = deployed_by(told, label)
    balances = booked(moves_of(told.chain, token, label["last_block"]))
    return sum(max(0, -balances[address]) for address in named(label, role))


def minted(told: Told, label: Label) -> int:
    """What the token's logs say was made."""
    (token,) = deployed_by(told, label)
    return sum(m.amount for m in moves_of(told.chain, token, label["last_block"]) if m.sender == NOBODY)


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_attackers_sent_more_than_they_ever_received(told: Told) -> None:
    for label in told.attacks():
        assert overdrawn(told, label, "attacker") > minted(told, label) / 2, label["note"]


def test_supply_grows_without_a_mint_where_the_label_says_so(told: Told) -> None:
    for label in told.attacks("growing"):
        (token,) = deployed_by(told, label)
        assert supply_of(told.chain, token, label["last_block"]) >= 4 * minted(told, label)


def test_buyers_lose_what_the_label_says_to_attackers_and_pool(told: Told) -> None:
    for label in told.attacks():
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02, abs=5), label["note"]
        gone = told.gained(label, "attacker") + told.gained(label, "infrastructure")
        paid = fees_usd(told, label)
        assert gone + paid == pytest.approx(label["loss_usd"], rel=0.002, abs=3), label["note"]


def test_the_surplus_was_sold_for_most_of_what_the_pool_held(told: Told) -> None:
    for label in told.attacks():
        peak, end = peak_and_end(told, label)
        assert end < 0.4 * peak, label["note"]


def test_who_had_renounced_sold_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"], named(label, "victim")) == (None, 0.0, [])
        assert overdrawn(told, label, "attacker") == 0
        sellers = {sent.sender for sent in sent_by(told, label)} & set(named(label, "intermediary"))
        assert sellers, "buyers could still sell"


def test_honest_books_differ_from_the_logs_and_nobody_is_robbed(told: Told) -> None:
    for label in told.hard_negatives():
        peak, end = peak_and_end(told, label)
        assert end > 0.4 * peak, label["note"]
    for label in told.hard_negatives("rebase"):
        (token,) = deployed_by(told, label)
        balances = booked(moves_of(told.chain, token, label["last_block"]))
        holders = named(label, "intermediary")
        coin = Asset("", token, 0)
        assert any(held(told.chain, coin, h, label["last_block"]) != balances[h] for h in holders)
    for label in told.hard_negatives("announced_mint"):
        (token,) = deployed_by(told, label)
        assert supply_of(told.chain, token, label["last_block"]) == minted(told, label)


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"rug-pull": empties_the_pool})
