"""Honeypots are true: victims cannot sell or get next to nothing, insiders can; honest tokens sell."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.wallet import Refusal, call_data, selector
from tests.ingest.localchain.reading import held, named
from tests.ingest.localchain.truth.also import empties_the_pool, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told
from tests.ingest.localchain.truth.tokens import deployed_by, fees_usd, peak_and_end, sent_by

CATEGORY = "honeypot"
pytestmark = pytest.mark.chain

SALE = selector(
    "swapExactTokensForETHSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)"
)


def can_reach_the_pool(told: Told, label: Label, holder: str) -> bool:
    """Whether all that `holder` has would arrive in the pool, if it were sent there after the story."""
    (token,), (_, pool) = deployed_by(told, label), pair_of(label)
    block = label["last_block"]
    amount = held(told.chain, Asset("", token, 0), holder, block)
    data = call_data("transfer(address,uint256)", pool, amount)
    call = {"from": holder, "to": token, "data": data}
    (answer,) = told.chain.attempt_all([("eth_call", [call, hex(block)])])
    return amount > 0 and not isinstance(answer, Refusal)


def pair_of(label: Label) -> tuple[str, str]:
    """Token and pool: the last two that are named."""
    token, pool = named(label, "infrastructure")[-2:]
    return token, pool


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_after_the_harm_no_victim_sells(told: Told) -> None:
    for label in told.attacks():
        victims, harm = named(label, "victim"), label["harm_block"]
        tried = [s for s in sent_by(told, label) if s.selector == SALE and s.sender in victims]
        late = [sale for sale in tried if sale.block > harm]
        assert label["variant"] == "sell_tax" or not any(sale.ok for sale in late), label["note"]


def test_victims_try_to_sell_and_insiders_can(told: Told) -> None:
    for label in told.attacks():
        sold = [s for s in sent_by(told, label) if s.selector == SALE]
        assert any(s.sender in named(label, "victim") for s in sold)
        assert all(s.ok for s in sold if s.sender in named(label, "attacker"))


def test_victims_are_held_by_the_token_itself(told: Told) -> None:
    """A tax does not hold them: it takes what they send."""
    for variant in ("blacklist", "max_sell", "switch"):
        for label in told.attacks(variant):
            assert not any(can_reach_the_pool(told, label, victim) for victim in named(label, "victim"))


def test_victims_lose_what_the_label_says_to_attackers_and_pool(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02, abs=5), label["note"]
        gone = told.gained(label, "attacker") + told.gained(label, "infrastructure")
        paid = fees_usd(told, label)
        assert gone + paid == pytest.approx(label["loss_usd"], rel=0.002, abs=3), label["note"]


def test_victims_get_next_to_nothing_back(told: Told) -> None:
    for label in told.attacks():
        victims, harm = named(label, "victim"), label["harm_block"]
        stuck = sum(s.wei for s in sent_by(told, label) if s.sender in victims and s.ok and s.block >= harm)
        assert label["loss_usd"] >= 0.95 * stuck / 10**18 * 2_500, label["note"]


def test_a_trap_that_nobody_walked_into_won_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"], named(label, "victim")) == (None, 0.0, [])
        gain = told.gained(label, "attacker") + told.gained(label, "infrastructure")
        assert gain == pytest.approx(-fees_usd(told, label), abs=3), label["note"]


def test_honest_tokens_can_be_sold_by_everybody_who_holds_them(told: Told) -> None:
    for label in told.hard_negatives():
        (token,) = deployed_by(told, label)
        holders = [
            person
            for person in named(label, "intermediary")
            if held(told.chain, Asset("", token, 0), person, label["last_block"])
        ]
        assert holders and all(can_reach_the_pool(told, label, holder) for holder in holders)
        peak, end = peak_and_end(told, label)
        assert end > 0.4 * peak, label["note"]


def test_who_could_not_sell_while_it_was_forbidden_sold_later(told: Told) -> None:
    for variant in ("paused", "launch_limit"):
        for label in told.hard_negatives(variant):
            sold = [s for s in sent_by(told, label) if s.selector == SALE]
            refused = [s for s in sold if not s.ok]
            for failed in refused:
                assert any(s.ok and s.sender == failed.sender and s.block > failed.block for s in sold)
    assert any(not s.ok for label in told.hard_negatives("paused") for s in sent_by(told, label))


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"rug-pull": empties_the_pool})
