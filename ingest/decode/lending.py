"""Lending markets: Aave's positions (V2 and V3) and liquidations, and Compound's liquidations."""

from __future__ import annotations

import polars as pl

from ingest import schema
from ingest.decode.event import Decoder, Rule, rule

_AAVE, _COMPOUND = pl.lit("aave"), pl.lit("compound")


def _aave(action: str, declaration: str) -> Rule:
    return rule(declaration, pool="address", protocol=_AAVE, action=pl.lit(action))


LENDING = Decoder(
    schema.LENDING,
    (
        _aave(
            "supply",
            "Supply(address indexed token, address sender, address indexed user, uint256 amount,"
            " uint16 indexed referral)",
        ),
        _aave(
            "supply",
            "Deposit(address indexed token, address sender, address indexed user, uint256 amount,"
            " uint16 indexed referral)",
        ),
        _aave(
            "withdraw",
            "Withdraw(address indexed token, address indexed user, address indexed recipient,"
            " uint256 amount)",
        ),
        _aave(
            "borrow",
            "Borrow(address indexed token, address recipient, address indexed user, uint256 amount,"
            " uint8 rate_mode, uint256 rate, uint16 indexed referral)",
        ),
        _aave(
            "borrow",
            "Borrow(address indexed token, address recipient, address indexed user, uint256 amount,"
            " uint256 rate_mode, uint256 rate, uint16 indexed referral)",
        ),
        _aave(
            "repay",
            "Repay(address indexed token, address indexed user, address indexed sender, uint256 amount,"
            " bool with_market_tokens)",
        ),
        _aave(
            "repay",
            "Repay(address indexed token, address indexed user, address indexed sender, uint256 amount)",
        ),
    ),
)

LIQUIDATIONS = Decoder(
    schema.LIQUIDATIONS,
    (
        rule(
            "LiquidationCall(address indexed collateral_token, address indexed debt_token,"
            " address indexed user, uint256 debt_amount, uint256 collateral_amount, address liquidator,"
            " bool as_market_tokens)",
            pool="address",
            protocol=_AAVE,
        ),
        rule(
            "LiquidateBorrow(address liquidator, address user, uint256 debt_amount, address collateral_token,"
            " uint256 collateral_amount)",
            pool="address",
            protocol=_COMPOUND,
        ),
    ),
)


def lending(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Supplies, withdrawals, loans and repayments (shape: `schema.LENDING`)."""
    return LENDING(blocks, logs)


def liquidations(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Liquidations (shape: `schema.LIQUIDATIONS`)."""
    return LIQUIDATIONS(blocks, logs)
