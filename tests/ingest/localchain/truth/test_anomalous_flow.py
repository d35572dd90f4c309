"""Anomalous flows are true: within minutes more is paid than those who pay had paid ever before."""

from __future__ import annotations

from collections import Counter

import pytest

from ingest.localchain.world.world import ETH
from tests.ingest.localchain.reading import moved_by, named, receipts_of
from tests.ingest.localchain.truth.also import comes_home, runs_through_wallets, says_nothing_else
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "anomalous-flow"
pytestmark = pytest.mark.chain


def paid_before(told: Told, wallet: str, label: Label) -> int:
    """How many transactions the wallet had sent before the label's first block."""
    return int(told.chain.ask("eth_getTransactionCount", wallet, hex(label["first_block"] - 1)), 16)


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_dozens_of_payments_come_from_wallets_that_were_silent(told: Told) -> None:
    for label in told.attacks():
        senders = named(label, "attacker")
        moves = [m for m in moved_by(told.chain, label["transactions"]) if m.sender in senders]
        assert len(moves) >= 15, label["note"]
        assert max(paid_before(told, sender, label) for sender in senders) <= 1
        last = [m.block for m in moves[-15:]]
        assert max(last) - min(last) <= 12


def test_a_whale_moves_more_than_a_hundred_thousand_dollars(told: Told) -> None:
    for label in told.attacks("waking_whale"):
        (whale,) = named(label, "attacker")
        assert told.lost_by(label, [whale]) > 100_000
        assert told.gained_by(label, named(label, "intermediary")) > 100_000


def test_crumbs_are_crumbs(told: Told) -> None:
    for label in told.attacks("storm_of_crumbs"):
        moves = moved_by(told.chain, label["transactions"])
        assert len(moves) >= 100 and max(ETH.usd(m.amount) for m in moves) < 1


def test_a_new_token_is_tossed_to_and_fro(told: Told) -> None:
    for label in told.attacks("sudden_token"):
        hands = set(named(label, "attacker"))
        moves = [m for m in moved_by(told.chain, label["transactions"]) if m.token]
        among = Counter(m.token for m in moves if m.sender in hands and m.receiver in hands)
        assert len(among) == 1 and max(among.values()) >= 60


def test_a_pair_pays_each_other_as_much_as_it_gets(told: Told) -> None:
    for label in told.attacks("hammering_pair"):
        pair = named(label, "attacker")
        moves = moved_by(told.chain, label["transactions"])
        assert {(m.sender, m.receiver) for m in moves} == {tuple(pair), tuple(reversed(pair))}
        # Up to 302 transactions at a few cents each.
        assert told.lost_by(label, pair) < 50


def test_a_burst_that_failed_moved_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        burst = label["transactions"][1:]
        assert {receipt["status"] for receipt in receipts_of(told.chain, burst)} == {"0x0"}


def test_busy_hours_are_those_of_known_places(told: Told) -> None:
    for label in told.hard_negatives("withdrawals_at_noon"):
        (hot,) = named(label, "infrastructure")
        assert paid_before(told, hot, label) > 20


def test_nothing_else_is_true_of_it_and_nothing_else_is_said(told: Told) -> None:
    says_nothing_else(told, {"layering": runs_through_wallets, "cycle-laundering": comes_home})
