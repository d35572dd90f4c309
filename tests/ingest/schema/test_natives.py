"""What chains call their coin and who wraps it: each by its own id, and nothing of mainnet elsewhere."""

from __future__ import annotations

import pytest

from ingest import schema
from ingest.schema.natives import NATIVE_COINS

WETH, WBNB = "c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2", "bb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c"


@pytest.mark.parametrize(
    ("chain_id", "symbol"),
    [(1, "ETH"), (56, "BNB"), (137, "POL"), (43114, "AVAX"), (100, "xDAI"), (42220, "CELO"), (31337, "ETH")],
)
def test_each_chain_calls_its_coin_by_its_own_name(chain_id: int, symbol: str) -> None:
    assert schema.native_symbol(chain_id) == symbol


def test_of_a_chain_that_nobody_knows_nothing_is_claimed() -> None:
    assert schema.native_symbol(987_654_321) is None
    assert schema.wrapped_natives(987_654_321) == frozenset()


def test_the_wrapped_coin_of_a_chain_is_none_elsewhere() -> None:
    assert schema.wrapped_natives(1) == {bytes.fromhex(WETH)}
    assert schema.wrapped_natives(56) == {bytes.fromhex(WBNB)}
    assert schema.wrapped_natives(43_114_000) == frozenset()


def test_a_coin_that_is_a_token_too_is_known_by_its_contract() -> None:
    """CELO, POL and the coins of Moonbeam: a Transfer of theirs moves the coin."""
    assert schema.wrapped_natives(42220) == {bytes.fromhex("471ece3750da237f93b8e339c536989b8978a438")}
    assert bytes(18) + b"\x10\x10" in schema.wrapped_natives(137)
    assert bytes(18) + b"\x08\x02" in schema.wrapped_natives(1284)


def test_every_entry_is_an_address_and_a_plain_symbol() -> None:
    for coin in NATIVE_COINS.values():
        assert all(len(address) == 20 and any(address) for address in coin.wrapped)
        assert coin.symbol.isascii() and coin.symbol.isalnum() and len(coin.symbol) <= 6
