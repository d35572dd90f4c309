"""Vault inflation is true: depositors got fewer shares than they paid for, and the thief has the rest."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.reading import named, receipts_of
from tests.ingest.localchain.truth.also import deploys_code_that_uses_the_vault, says_what_is_true
from tests.ingest.localchain.truth.played import Told

CATEGORY = "vault-inflation"
pytestmark = pytest.mark.chain

FEES_USD = 100
DEPOSIT = "0xdcbc1c05240f31ff3ad067ef1ee35ce4997762752e3a095284754544f4c709d7"
"""keccak-256 of "Deposit(address,address,uint256,uint256)", as in ERC-4626: caller, owner; assets, shares."""


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_depositors_lose_what_the_label_says_and_the_thief_gains_it(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0, label["note"]
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.001, abs=FEES_USD), label["note"]
        gained = told.gained(label, "attacker")
        assert gained == pytest.approx(label["loss_usd"], rel=0.001, abs=FEES_USD), label["note"]


def test_the_first_harm_is_a_victims_deposit_that_buys_at_most_one_share(told: Told) -> None:
    for label in told.attacks():
        bought = [
            (int(receipt["blockNumber"], 16), int(log["data"][66:], 16))
            for receipt in receipts_of(told.chain, label["transactions"])
            for log in receipt["logs"]
            if log["topics"][0] == DEPOSIT and "0x" + log["topics"][2][-40:] in named(label, "victim")
        ]
        assert bought[0][0] == label["harm_block"]
        assert max(shares for _, shares in bought) <= 1, label["note"]


def test_an_attack_in_vain_cost_nobody_else_anything(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) == pytest.approx(0, abs=FEES_USD), label["note"]


def test_honest_depositors_take_out_at_least_what_they_put_in(told: Told) -> None:
    for label in told.hard_negatives():
        gained = told.gained(label, "intermediary")
        assert gained >= -FEES_USD, label["note"]


def test_honest_vaults_really_grew(told: Told) -> None:
    for variant in ("yield_accrual", "gift", "lone_saver"):
        assert max(told.gained(label, "intermediary") for label in told.hard_negatives(variant)) > FEES_USD


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"suspicious-contract": deploys_code_that_uses_the_vault})
