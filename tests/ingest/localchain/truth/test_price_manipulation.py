"""Price manipulations are true: the pool was pushed, the lender paid for it, and the pool came back."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.wallet import call_data
from tests.ingest.localchain.reading import named, receipts_of
from tests.ingest.localchain.truth.also import deploys_code_that_robs, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "price-manipulation"
pytestmark = pytest.mark.chain

# keccak-256 of "Sync(uint112,uint112)", as Uniswap V2 pairs log their reserves after every trade.
SYNC = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1"


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_lender_and_borrowers_lose_what_the_label_says(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.001, abs=0.1), label["note"]


def test_the_attacker_gains_and_no_more_than_that(told: Told) -> None:
    for label in told.attacks():
        # A small pool of two known assets may stand a little beside the world's prices, to his advantage.
        assert 0 < told.gained(label, "attacker") <= label["loss_usd"] * 1.05, label["note"]


def test_the_price_was_far_off_when_harm_was_done_and_is_back_in_the_end(told: Told) -> None:
    for label in told.attacks():
        (pair,) = named(label, "infrastructure")
        prices = _prices(told, label, pair)
        first, last = _price_at(told, pair, label["first_block"] - 1), prices[-1]
        farthest = max(max(p / first, first / p) for p in prices)
        assert farthest > 1.4, label["note"]
        # The pledged tokens stay out of the pool, so it does not come back altogether.
        assert max(last / first, first / last) < 0.9 * farthest, label["note"]


def test_a_failed_attack_cost_the_lender_nothing_and_was_refused(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) == 0
        assert "0x0" in {r["status"] for r in receipts_of(told.chain, label["transactions"])}


def test_honest_traders_harm_nobody(told: Told) -> None:
    for label in told.hard_negatives():
        receipts = receipts_of(told.chain, label["transactions"])
        assert {r["status"] for r in receipts} == {"0x1"}, label["note"]
        assert not named(label, "victim") and not named(label, "attacker")


def _prices(told: Told, label: Label, pair: str) -> list[float]:
    """What one token cost in the other after each trade of the label's transactions, in order."""
    receipts = receipts_of(told.chain, label["transactions"])
    logs = [log for r in receipts for log in r["logs"] if (log["address"], log["topics"][0]) == (pair, SYNC)]
    return [int(log["data"][2:66], 16) / int(log["data"][66:130], 16) for log in logs]


def _price_at(told: Told, pair: str, block: int) -> float:
    answer = told.chain.ask("eth_call", {"to": pair, "data": call_data("getReserves()")}, hex(block))
    return int(answer[2:66], 16) / int(answer[66:130], 16)


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"suspicious-contract": deploys_code_that_robs})
