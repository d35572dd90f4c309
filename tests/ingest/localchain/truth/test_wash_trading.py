"""Wash trading is true: much was traded, by one group with itself, and nobody in it is richer or poorer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest

from ingest.blocks.trie import keccak
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols.nft_market import NftMarket
from ingest.localchain.world.pools import pair_address
from ingest.localchain.world.world import ETH
from tests.ingest.localchain.reading import moved_by, named, receipts_of
from tests.ingest.localchain.truth.also import comes_home, runs_through_wallets, says_nothing_else
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "wash-trading"
pytestmark = pytest.mark.chain

SOLD = "0x" + keccak(b"Sold(address,uint256,address,address,uint256,bool)").hex()
MARKET = world().of(NftMarket)
PICTURES = ("back_and_forth", "ring_of_owners", "slow_trades")


@dataclass(frozen=True, slots=True)
class Sold:
    block: int
    seller: str
    buyer: str
    usd: float


def sales(told: Told, label: Label) -> list[Sold]:
    """What the market says was sold."""
    return [
        Sold(
            int(receipt["blockNumber"], 16),
            "0x" + log["topics"][3][26:],
            "0x" + log["data"][26:66],
            ETH.usd(int(log["data"][66:130], 16)),
        )
        for receipt in receipts_of(told.chain, label["transactions"])
        for log in receipt["logs"]
        if (log["address"], log["topics"][0]) == (MARKET.market, SOLD)
    ]


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


@pytest.mark.parametrize("variant", PICTURES)
def test_a_picture_is_sold_within_the_group_again_and_again(told: Told, variant: str) -> None:
    for label in told.attacks(variant):
        group, victims = set(named(label, "attacker")), set(named(label, "victim"))
        made = sales(told, label)
        assert len([one for one in made if one.buyer in group]) >= 3, label["note"]
        assert {one.seller for one in made} <= group
        assert {one.buyer for one in made} <= group | victims
        assert all(one.buyer == then.seller for one, then in pairwise(made))


@pytest.mark.parametrize("variant", PICTURES)
def test_sales_leave_the_group_as_rich_as_it_was_but_for_fees(told: Told, variant: str) -> None:
    for label in told.attacks(variant):
        group = named(label, "attacker")
        within = [one for one in sales(told, label) if one.buyer in group]
        gained = sum(
            told.wealth(group, block) - told.wealth(group, block - 1)
            for block in sorted({one.block for one in within})
        )
        volume = sum(one.usd for one in within)
        # The market keeps half a percent; gas comes to a few dollars a sale.
        assert -0.006 * volume - 5 * len(within) < gained < 0, label["note"]


def test_a_believer_loses_what_the_label_says(told: Told) -> None:
    fooled = [label for label in told.attacks() if label["harm_block"]]
    assert fooled
    for label in fooled:
        (victim,) = named(label, "victim")
        last = sales(told, label)[-1]
        assert (last.buyer, last.usd, last.block) == (victim, label["loss_usd"], label["harm_block"])
        lost = -(told.wealth([victim], last.block) - told.wealth([victim], last.block - 1))
        assert lost == pytest.approx(label["loss_usd"], rel=0.02, abs=5)


def test_as_much_of_an_own_token_is_sold_as_was_bought(told: Told) -> None:
    for label in told.attacks("own_pool"):
        (token,) = named(label, "infrastructure")
        pool = pair_address(world().factory, token, world().weth)
        traders = named(label, "attacker")
        moves = [m for m in moved_by(told.chain, label["transactions"]) if m.token == token]
        bought = sum(m.amount for m in moves if m.sender == pool and m.receiver in traders)
        sold = sum(m.amount for m in moves if m.receiver == pool and m.sender in traders[1:])
        sold += sum(m.amount for m in moves[2:] if m.receiver == pool and m.sender == traders[0])
        assert bought == sold > 0, label["note"]


def test_where_it_failed_nothing_was_sold(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert sales(told, label) == []
        assert "0x0" in {receipt["status"] for receipt in receipts_of(told.chain, label["transactions"])}
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)


def test_a_market_maker_is_left_with_an_inventory(told: Told) -> None:
    for label in told.hard_negatives("market_maker"):
        (maker,) = named(label, "intermediary")
        moves = moved_by(told.chain, label["transactions"])
        tokens = {
            m.token for m in moves if m.token != world().weth and m.token and maker in (m.sender, m.receiver)
        }
        (token,) = tokens
        bought = sum(m.amount for m in moves if m.token == token and m.receiver == maker)
        sold = sum(m.amount for m in moves if m.token == token and m.sender == maker)
        assert min(bought, sold) > 0 and abs(bought - sold) > 0.01 * max(bought, sold)


def test_a_picture_that_is_resold_changes_hands_among_strangers(told: Told) -> None:
    for label in told.hard_negatives("resold_picture"):
        made = sales(told, label)
        assert len({one.buyer for one in made}) == len(made)


def test_nothing_else_is_true_of_it_and_nothing_else_is_said(told: Told) -> None:
    says_nothing_else(told, {"layering": runs_through_wallets, "cycle-laundering": comes_home})
