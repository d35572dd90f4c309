"""Cycles are true: money comes home to its origin, in time order, over the wallets that the label names."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest.localchain.play.deploying import world
from tests.ingest.localchain.reading import Moved, moved_by, named, receipts_of
from tests.ingest.localchain.truth.also import runs_through_wallets, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told, priced

CATEGORY = "cycle-laundering"
pytestmark = pytest.mark.chain

ASSETS = {asset.address: asset for asset in priced()}


def usd(moves: Sequence[Moved]) -> float:
    return sum(ASSETS[move.token].usd(move.amount) for move in moves)


def hops_home(origin: str, moves: Sequence[Moved]) -> int:
    """How many payments, each after the one before, bring money of `origin` back to it at the latest; 0 if
    none does.
    """
    away = {origin: 0}
    home = 0
    for move in moves:
        if move.sender in away:
            hops = away[move.sender] + 1
            if move.receiver == origin:
                home = max(home, hops)
            else:
                away[move.receiver] = max(away.get(move.receiver, 0), hops)
    return home


def test_the_way_home_is_counted_in_time_order() -> None:
    there, back = Moved(1, None, "alice", "bob", 5), Moved(2, None, "bob", "alice", 5)

    assert hops_home("alice", [there, back]) == 2
    assert hops_home("alice", [back, there]) == 0


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_money_comes_home_over_three_wallets_or_more(told: Told) -> None:
    for label in told.attacks():
        (origin,) = named(label, "attacker")
        wallets = {origin, *named(label, "intermediary")}
        moves = [m for m in moved_by(told.chain, label["transactions"]) if {m.sender, m.receiver} <= wallets]
        assert 3 <= hops_home(origin, moves) <= 2 * len(wallets), label["note"]
        out = usd([move for move in moves if move.sender == origin])
        home = usd([move for move in moves if move.receiver == origin])
        own = told.wealth(named(label, "intermediary"), label["first_block"] - 1)
        # In pieces, five wallets pass on 76 % each at the least: a quarter is left.
        assert 0.2 * out < home < 1.2 * out + own, label["note"]


def test_a_swap_on_the_way_leaves_no_asset_that_makes_the_round(told: Told) -> None:
    for label in told.attacks("changing_assets"):
        moves = moved_by(told.chain, label["transactions"])
        wallets = {*named(label, "attacker"), *named(label, "intermediary")}
        tokens = {m.token for m in moves if m.sender in wallets and m.receiver in wallets and m.token}
        (origin,) = named(label, "attacker")
        assert len(tokens) == 1
        assert hops_home(origin, [m for m in moves if m.token in tokens]) == 0


def test_what_broke_off_did_not_come_home(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        (origin,) = named(label, "attacker")
        assert receipts_of(told.chain, label["transactions"])[-1]["status"] == "0x0"
        assert hops_home(origin, moved_by(told.chain, label["transactions"])) == 0
        everybody = [origin, *named(label, "intermediary")]
        assert told.gained_by(label, everybody) == pytest.approx(0, abs=20)


def test_the_payment_that_failed_was_to_go_home(told: Told) -> None:
    for label in told.failed():
        (origin,) = named(label, "attacker")
        asked = told.chain.ask("eth_getTransactionByHash", label["transactions"][-1])
        assert origin.removeprefix("0x") in asked["input"]


def test_an_arbitrage_goes_round_within_one_transaction(told: Told) -> None:
    pools = set(ASSETS) - {None}
    for label in told.hard_negatives("arbitrage_cycle"):
        (bot,) = named(label, "intermediary")
        for hash_ in label["transactions"][2:]:
            moves = moved_by(told.chain, [hash_])
            assert moves[0].sender == bot == moves[-1].receiver
            assert moves[0].token == moves[-1].token == world().weth and moves[1].token in pools


def test_a_lender_has_the_loan_back_with_interest(told: Told) -> None:
    for label in told.hard_negatives("loan_repaid"):
        lender = named(label, "intermediary")[0]
        moves = moved_by(told.chain, label["transactions"])
        lent = sum(move.amount for move in moves if move.sender == lender)
        back = sum(move.amount for move in moves[2:] if move.receiver == lender)
        assert back == lent * 101 // 100


def runs_through_wallets_or_broke_off(told: Told, label: Label) -> bool:
    """Of a round that broke off: a hop of all there was, and a payment of it that failed, as in layering."""
    if label["succeeded"]:
        return runs_through_wallets(told, label)
    moves, line = moved_by(told.chain, label["transactions"]), named(label, "intermediary")
    handed_on = {move.receiver for move in moves} & set(line)
    return bool(handed_on) and receipts_of(told.chain, label["transactions"])[-1]["from"] == line[-1]


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"layering": runs_through_wallets_or_broke_off})
