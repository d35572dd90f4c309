"""Mixer flows are true: what went into the pools came out of them, to wallets that the label names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ingest.localchain.play.deploying import world
from ingest.localchain.protocols.mixer import Mixer
from tests.ingest.localchain.reading import named, receipts_of
from tests.ingest.localchain.truth.also import is_pulled_by_allowance, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "mixer-flow"
pytestmark = pytest.mark.chain

# Topics of Tornado Cash's events on mainnet.
DEPOSIT = "0xa945e51eec50ab98c161376f0db4cf2aeba3ec92755fe2fcd388bdbbb80ff196"
WITHDRAWAL = "0xe9e508bad6d4c3227e881ca19068f099da81b5164dd6d62b2eaf1e8bc6c34931"
POOLS = {pool.address: pool.wei for pool in world().of(Mixer).pools}


@dataclass(frozen=True, slots=True)
class Passage:
    """A deposit or a withdrawal: whose it is, and its value without the relayer's fee."""

    block: int
    wallet: str
    wei: int


def passages(told: Told, label: Label, topic: str) -> list[Passage]:
    return [
        Passage(int(receipt["blockNumber"], 16), *_passed(receipt, log))
        for receipt in receipts_of(told.chain, label["transactions"])
        for log in receipt["logs"]
        if log["topics"][0] == topic
    ]


def _passed(receipt: Any, log: Any) -> tuple[str, int]:
    """Who paid in, or was paid; and how much of the pool's denomination."""
    if log["topics"][0] == DEPOSIT:
        return receipt["from"], POOLS[log["address"]]
    data = log["data"][2:]
    return "0x" + data[24:64], POOLS[log["address"]] - int(data[128:], 16)


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_notes_are_paid_in_before_they_are_paid_out_and_to_the_same_people(told: Told) -> None:
    for label in told.attacks():
        paid, drawn = passages(told, label, DEPOSIT), passages(told, label, WITHDRAWAL)
        assert paid and drawn, label["note"]
        assert {one.wallet for one in (*paid, *drawn)} <= set(named(label, "attacker")), label["note"]
        assert min(one.block for one in paid) < min(one.block for one in drawn)
        # A relayer takes a hundredth at most.
        assert 0 < sum(one.wei for one in drawn) <= sum(one.wei for one in paid)


def test_who_draws_a_note_has_its_value_at_the_end_of_the_block(told: Told) -> None:
    for label in told.attacks("through_relayer"):
        for drawn in passages(told, label, WITHDRAWAL):
            before, after = (
                int(told.chain.ask("eth_getBalance", drawn.wallet, hex(block)), 16)
                for block in (drawn.block - 1, drawn.block)
            )
            assert after - before == drawn.wei


def test_what_was_stolen_first_is_what_the_victim_lost(told: Told) -> None:
    robbed = [label for label in told.attacks() if named(label, "victim")]
    assert robbed
    for label in told.attacks():
        assert bool(label["harm_block"]) == bool(named(label, "victim"))
        if harm := label["harm_block"]:  # before it, victims lead their own lives
            lost = told.wealth(named(label, "victim"), harm - 1) - told.wealth(named(label, "victim"), harm)
            assert lost == pytest.approx(label["loss_usd"], rel=0.02), label["note"]


def test_gas_habits_link_deposits_to_withdrawals_without_a_relayer(told: Told) -> None:
    for label in told.attacks("own_gas"):
        base = [
            int(told.chain.ask("eth_getBlockByNumber", r["blockNumber"], False)["baseFeePerGas"], 16)
            for r in receipts_of(told.chain, label["transactions"])
        ]
        tips = {
            int(receipt["effectiveGasPrice"], 16) - fee
            for receipt, fee in zip(receipts_of(told.chain, label["transactions"]), base, strict=True)
            if {log["topics"][0] for log in receipt["logs"]} & {DEPOSIT, WITHDRAWAL}
        }
        assert len(tips) == 1


def test_an_attempt_that_failed_brought_nothing_out(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert passages(told, label, WITHDRAWAL) == []
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)


def test_relayers_earn_fees_and_pay_nobody_out_of_their_own_pocket(told: Told) -> None:
    for label in told.hard_negatives("relayer_at_work"):
        (relayer,) = named(label, "infrastructure")
        assert relayer in world().of(Mixer).relayers
        # Its gas; it may draw notes of others in the same blocks.
        assert told.gained_by(label, [relayer]) > -30


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"approval-phishing": is_pulled_by_allowance})
