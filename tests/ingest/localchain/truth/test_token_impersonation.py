"""Impersonations are true: the token reads like a listed one, lies elsewhere, and cost real money."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import Asset
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols.token_zoo import TokenZoo
from ingest.localchain.world.world import ETH
from tests.ingest.localchain.reading import held, moved_by, named
from tests.ingest.localchain.skeleton import skeleton
from tests.ingest.localchain.truth.also import empties_the_pool, says_what_is_true
from tests.ingest.localchain.truth.played import Told
from tests.ingest.localchain.truth.tokens import NOBODY, deployed_by, fees_usd, peak_and_end, text_of

CATEGORY = "token-impersonation"
pytestmark = pytest.mark.chain

LISTED = [*(asset for asset in world().tokens if asset != world().hostile), world().wrapped]


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_the_false_token_reads_like_a_listed_one_and_is_not(told: Told) -> None:
    real = {skeleton(asset.symbol) for asset in LISTED}
    for label in told.attacks():
        (token,) = deployed_by(told, label)
        assert token not in [asset.address for asset in LISTED]
        assert skeleton(text_of(told.chain, token, "symbol")) in real, label["note"]


def test_all_but_the_namesake_are_spelt_otherwise(told: Told) -> None:
    spelt = {asset.symbol for asset in LISTED}
    for label in told.attacks():
        (token,) = deployed_by(told, label)
        symbol = text_of(told.chain, token, "symbol")
        assert (symbol in spelt) == (label["variant"] == "namesake"), label["note"]


def test_victims_hold_false_coins_and_lose_what_the_label_says(told: Told) -> None:
    for label in told.attacks():
        (token,) = deployed_by(told, label)
        coin = Asset("", token, 0)
        assert all(held(told.chain, coin, v, label["last_block"]) for v in named(label, "victim"))
        assert label["loss_usd"] > 0
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02, abs=5), label["note"]


def test_the_swindler_has_what_they_lost(told: Told) -> None:
    for label in told.attacks():
        gain = told.gained(label, "attacker") + fees_usd(told, label)
        assert gain == pytest.approx(label["loss_usd"], rel=0.002, abs=3), label["note"]


def test_where_nobody_fell_for_it_nothing_was_won(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"], named(label, "victim")) == (None, 0.0, [])
        assert told.gained(label, "attacker") == pytest.approx(-fees_usd(told, label), abs=3)


def test_bridged_and_wrapped_tokens_are_worth_what_they_cost(told: Told) -> None:
    """People are as rich as before, but for what came or went over the bridge."""
    priced = (ETH, world().wrapped, *world().of(TokenZoo).bridged)
    at = {asset.address: asset for asset in priced}
    for label in (*told.hard_negatives("bridged"), *told.hard_negatives("wrapped")):
        people = named(label, "intermediary")
        before, after = (
            sum(asset.usd(held(told.chain, asset, p, block)) for asset in priced for p in people)
            for block in (label["first_block"] - 1, label["last_block"])
        )
        moves = moved_by(told.chain, label["transactions"])
        came = sum(at[m.token].usd(m.amount) for m in moves if m.sender == NOBODY)
        went = sum(at[m.token].usd(m.amount) for m in moves if m.receiver == NOBODY)
        assert after - came + went == pytest.approx(before, rel=0.03), label["note"]
        assert any(m.sender in people and m.receiver in people for m in moves), "somebody paid with it"


def test_a_similar_brand_keeps_its_pool(told: Told) -> None:
    for label in told.hard_negatives("similar_brand"):
        (token,) = deployed_by(told, label)
        assert skeleton(text_of(told.chain, token, "symbol")) not in {skeleton(a.symbol) for a in LISTED}
        peak, end = peak_and_end(told, label)
        assert end > 0.5 * peak


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"rug-pull": empties_the_pool})
