"""Asset drains are true: the contract lost nearly all it kept, and the takers have it."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.reading import held, named, receipts_of
from tests.ingest.localchain.truth.also import deploys_code_that_robs, says_what_is_true
from tests.ingest.localchain.truth.played import Told, priced

CATEGORY = "asset-drain"
pytestmark = pytest.mark.chain

FEES_USD = 100
LEAST_SHARE = 0.88
"""Of what it keeps, a drained contract loses so much at least."""


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_the_contract_lost_what_the_label_says_and_the_takers_have_it(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0, label["note"]
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.001, abs=FEES_USD), label["note"]
        gained = told.gained(label, "attacker")
        assert gained == pytest.approx(label["loss_usd"], rel=0.001, abs=FEES_USD), label["note"]


def test_nearly_all_was_taken_of_each_asset_and_nothing_before_the_first_harm(told: Told) -> None:
    for label in told.attacks():
        contract, harm = named(label, "victim")[0], label["harm_block"]
        before = {asset: held(told.chain, asset, contract, harm - 1) for asset in priced()}
        kept = {asset: n for asset, n in before.items() if n}
        assert kept, label["note"]
        for asset, amount in kept.items():
            assert held(told.chain, asset, contract, label["last_block"]) <= amount * (1 - LEAST_SHARE)
            assert held(told.chain, asset, contract, label["first_block"] - 1) == amount


def test_a_theft_in_vain_took_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) == pytest.approx(0, abs=FEES_USD), label["note"]


def test_what_leaves_an_honest_contract_is_still_with_those_it_belongs_to(told: Told) -> None:
    for label in told.hard_negatives():
        there = [entry["address"] for entry in label["roles"]]
        assert told.gained_by(label, there) == pytest.approx(0, abs=FEES_USD), label["note"]


def test_honest_contracts_are_really_emptied(told: Told) -> None:
    for label in told.hard_negatives():
        blocks = {int(r["blockNumber"], 16) for r in receipts_of(told.chain, label["transactions"])}
        first, last = min(blocks) - 1, max(blocks)
        contract = named(label, "infrastructure")[0]
        shares = [
            held(told.chain, asset, contract, last) / before
            for asset in priced()
            if (before := held(told.chain, asset, contract, first))
        ]
        assert min(shares) <= 0.1, label["note"]


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"suspicious-contract": deploys_code_that_robs})
