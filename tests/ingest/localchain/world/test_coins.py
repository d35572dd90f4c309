"""Names and codes of new tokens: all draw from the same dice, claims name a site, hostile names attack."""

from __future__ import annotations

from random import Random

import pytest

from ingest.localchain.story_parts import spam_names as leaflets
from ingest.localchain.story_parts.token_launches import part_of
from ingest.localchain.world.coins import usual_coin


def test_the_same_dice_make_the_same_coin() -> None:
    assert usual_coin(Random(4)) == usual_coin(Random(4))


def test_coins_differ_in_name_supply_and_code() -> None:
    coins = [usual_coin(Random(seed)) for seed in range(60)]
    assert len({coin.name for coin in coins}) > 30
    assert len({coin.supply for coin in coins}) > 6
    assert len({coin.code[:200] for coin in coins}) == 3, "three contracts"
    assert {coin.is_minted for coin in coins} == {True, False}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999_999_9, 1.0])
def test_a_part_is_never_more_than_the_whole(share: float) -> None:
    """As a product with a float can be."""
    whole = 10**30
    assert int(whole * 1.0) > whole
    assert 0 <= part_of(whole, share) <= whole
    assert part_of(1_000_000, 0.25) == 250_000


def test_a_claim_names_a_site_and_a_hostile_name_attacks() -> None:
    for seed in range(80):
        name, _ = leaflets.claim(Random(seed))
        assert "{}" not in name and "." in name
        attack, symbol = leaflets.hostile(Random(seed))
        assert len(attack) > 200 or any(mark in attack + symbol for mark in "<>\u202e\u200b[=\u0300")
        assert len(attack) <= 10_000


@pytest.mark.parametrize("symbol", ["USDC", "usdc", "$USDC", "USDC.", "\u202eUSDC\u202c", "WETH\u200b\u200b"])
def test_a_symbol_that_reads_like_a_listed_one_trades_on_it(symbol: str) -> None:
    assert leaflets.trades_on(symbol, ["USDC", "WETH"])


@pytest.mark.parametrize("symbol", ["USDCDROP.IO", "<script>alert(1)</script>USDC", "$", "", "ETH2"])
def test_a_symbol_that_reads_like_no_listed_one_trades_on_none(symbol: str) -> None:
    assert not leaflets.trades_on(symbol, ["USDC", "WETH"])
