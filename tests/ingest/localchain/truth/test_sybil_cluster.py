"""Sybil clusters are true: one owner paid for all the wallets, and they did the same in step."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from ingest.localchain.chain.wallet import selector
from ingest.localchain.play.deploying import world
from tests.ingest.localchain.reading import moved_by, named, receipts_of
from tests.ingest.localchain.truth.also import comes_home, runs_through_wallets, says_nothing_else
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "sybil-cluster"
pytestmark = pytest.mark.chain

CLAIM, VOTE = selector("claim()"), selector("vote(uint256)")


def calls(told: Told, label: Label, wanted: str) -> list[Any]:
    """Transactions of the label that call a function and succeed."""
    sent = told.chain.ask_all([("eth_getTransactionByHash", [hash_]) for hash_ in label["transactions"]])
    receipts = receipts_of(told.chain, label["transactions"])
    pairs = zip(sent, receipts, strict=True)
    return [one for one, receipt in pairs if one["input"][:10] == wanted and receipt["status"] == "0x1"]


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_wallets_of_one_owner_do_the_same_within_minutes(told: Told) -> None:
    for label in told.attacks():
        same = calls(told, label, CLAIM) or calls(told, label, VOTE)
        users = {one["from"] for one in same}
        assert 2 <= len(users) == len(same) and users <= set(named(label, "attacker")), label["note"]
        blocks = [int(one["blockNumber"], 16) for one in same]
        assert max(blocks) - min(blocks) <= 6


def test_an_airdrops_shares_went_to_the_group_and_are_its_loss(told: Told) -> None:
    farms = [label for label in told.attacks() if calls(told, label, CLAIM)]
    assert farms
    for label in farms:
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02), label["note"]
        first = calls(told, label, CLAIM)[0]
        assert int(first["blockNumber"], 16) == label["harm_block"]


def test_one_funder_paid_for_all_where_the_label_says_so(told: Told) -> None:
    for label in told.attacks("farm_from_one_funder"):
        funder, *wallets = named(label, "attacker")
        moves = moved_by(told.chain, label["transactions"])
        first = {move.receiver: move.sender for move in reversed(moves) if move.token is None}
        assert {first[wallet] for wallet in wallets} == {funder}


def test_in_a_chain_nobody_pays_for_two(told: Told) -> None:
    for label in told.attacks("farm_in_a_chain"):
        line = named(label, "attacker")
        moves = moved_by(told.chain, label["transactions"])[: len(line) - 1]
        assert [(move.sender, move.receiver) for move in moves] == list(pairwise(line))


def test_disperse_fills_all_wallets_in_one_block(told: Told) -> None:
    for label in told.attacks("farm_by_disperse"):
        wallets = named(label, "attacker")[1:]
        before, after = (told.wealth_of_each(wallets, label["first_block"] - back) for back in (1, 0))
        assert set(before) == {0} and min(after) > 5


def test_votes_are_counted_for_one_choice(told: Told) -> None:
    for label in told.attacks("bought_votes"):
        ballots = calls(told, label, VOTE)
        (poll,) = named(label, "infrastructure")
        data = selector("votes(uint256)") + f"{1:064x}"
        counted = told.chain.ask("eth_call", {"to": poll, "data": data}, "latest")
        assert int(counted, 16) == len(ballots) > 0


def test_who_came_too_late_got_nothing(told: Told) -> None:
    assert told.failed()
    drift = world().drift
    for label in told.failed():
        assert not calls(told, label, CLAIM) and not calls(told, label, VOTE)
        assert not [m for m in moved_by(told.chain, label["transactions"]) if m.token == drift.address]
        assert told.lost(label) == 0


def test_people_of_a_popular_poll_do_not_share_a_first_payer(told: Told) -> None:
    for label in told.hard_negatives("popular_poll"):
        voters = named(label, "intermediary")
        assert not {m.receiver for m in moved_by(told.chain, label["transactions"])} & set(voters)
        assert len(calls(told, label, VOTE)) == len(voters)


def test_nothing_else_is_true_of_it_and_nothing_else_is_said(told: Told) -> None:
    says_nothing_else(told, {"layering": runs_through_wallets, "cycle-laundering": comes_home})
