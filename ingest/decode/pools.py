"""Pools that trade two tokens for each other, in the shapes of Uniswap V2 and V3, which many others share."""

from __future__ import annotations

import polars as pl

from ingest import schema
from ingest.decode.event import Decoder, rule
from ingest.decode.words import split_signed

_V2, _V3 = pl.lit("uniswap_v2"), pl.lit("uniswap_v3")


def _signed_amounts(swaps: pl.DataFrame) -> pl.DataFrame:
    """A V3 swap tells each token's change of the pool: above zero came in, below zero went out."""
    columns = []
    for token in ("amount0", "amount1"):
        received, paid = split_signed(swaps[token])
        columns += [received.alias(f"{token}_in"), paid.alias(f"{token}_out")]
    return swaps.with_columns(columns)


POOLS = Decoder(
    schema.POOLS,
    (
        rule(
            "PairCreated(address indexed token0, address indexed token1, address pool, uint256 pools)",
            factory="address",
            protocol=_V2,
        ),
        rule(
            "PoolCreated(address indexed token0, address indexed token1, uint24 indexed fee,"
            " int24 tick_spacing, address pool)",
            factory="address",
            protocol=_V3,
        ),
    ),
)

SWAPS = Decoder(
    schema.SWAPS,
    (
        rule(
            "Swap(address indexed sender, uint256 amount0_in, uint256 amount1_in,"
            " uint256 amount0_out, uint256 amount1_out, address indexed recipient)",
            pool="address",
            protocol=_V2,
        ),
        rule(
            "Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1,"
            " uint160 sqrt_price_x96, uint128 liquidity, int24 tick)",
            _signed_amounts,
            pool="address",
            protocol=_V3,
        ),
    ),
)

LIQUIDITY = Decoder(
    schema.LIQUIDITY,
    (
        rule(
            "Mint(address indexed sender, uint256 amount0, uint256 amount1)",
            pool="address",
            protocol=_V2,
            action=pl.lit("mint"),
        ),
        rule(
            "Burn(address indexed sender, uint256 amount0, uint256 amount1, address indexed recipient)",
            pool="address",
            protocol=_V2,
            action=pl.lit("burn"),
        ),
        rule(
            "Mint(address sender, address indexed owner, int24 indexed tick_lower, int24 indexed tick_upper,"
            " uint128 liquidity, uint256 amount0, uint256 amount1)",
            pool="address",
            protocol=_V3,
            action=pl.lit("mint"),
        ),
        rule(
            "Burn(address indexed owner, int24 indexed tick_lower, int24 indexed tick_upper,"
            " uint128 liquidity, uint256 amount0, uint256 amount1)",
            pool="address",
            protocol=_V3,
            action=pl.lit("burn"),
        ),
        rule(
            "Collect(address indexed owner, address recipient, int24 indexed tick_lower,"
            " int24 indexed tick_upper, uint128 amount0, uint128 amount1)",
            pool="address",
            protocol=_V3,
            action=pl.lit("collect"),
        ),
    ),
)

RESERVES = Decoder(
    schema.RESERVES,
    (rule("Sync(uint112 reserve0, uint112 reserve1)", pool="address"),),
)


def pools(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Pools that were made (shape: `schema.POOLS`). Only here is it said which tokens a pool trades."""
    return POOLS(blocks, logs)


def swaps(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Swaps in chain order (shape: `schema.SWAPS`). Amounts are what the pool says it received and paid."""
    return SWAPS(blocks, logs)


def liquidity(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Liquidity that came into pools or left (shape: `schema.LIQUIDITY`)."""
    return LIQUIDITY(blocks, logs)


def reserves(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """What V2 pools held after each change (shape: `schema.RESERVES`)."""
    return RESERVES(blocks, logs)
