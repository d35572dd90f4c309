"""Loans that are paid back in the transaction that took them, where their lender says so.

ERC-3156 prescribes no event: its lenders emit MakerDAO's, or only a mint and a burn of the token lent (which
`transfers` shows). A flash swap of Uniswap V2 is a row of `swaps` that pays a token out and takes it back in.
"""

from __future__ import annotations

import polars as pl

from ingest import schema
from ingest.decode.event import Decoder, rule
from ingest.decode.words import ZERO

_FIRST = pl.lit(0)


def _each_token(flashes: pl.DataFrame) -> pl.DataFrame:
    """A V3 flash lends up to two tokens: a row for each of which anything was lent."""
    columns = [name for name in flashes.columns if name not in ("amount0", "amount1", "fee0", "fee1")]
    lent = [
        flashes.select(*columns, index_in_log=pl.lit(at), amount=f"amount{at}", fee=f"fee{at}")
        for at in (0, 1)
    ]
    return pl.concat(lent).filter(pl.col("amount") != ZERO)


FLASH_LOANS = Decoder(
    schema.FLASH_LOANS,
    (
        rule(
            "FlashLoan(address indexed recipient, address initiator, address indexed token, uint256 amount,"
            " uint8 rate_mode, uint256 fee, uint16 indexed referral)",
            lender="address",
            protocol=pl.lit("aave"),
            index_in_log=_FIRST,
        ),
        rule(
            "FlashLoan(address indexed recipient, address indexed initiator, address indexed token,"
            " uint256 amount, uint256 fee, uint16 referral)",
            lender="address",
            protocol=pl.lit("aave"),
            index_in_log=_FIRST,
        ),
        rule(
            "FlashLoan(address indexed recipient, address indexed token, uint256 amount, uint256 fee)",
            lender="address",
            protocol=pl.lit("balancer"),
            index_in_log=_FIRST,
        ),
        rule(
            "FlashLoan(address indexed recipient, address token, uint256 amount, uint256 fee)",
            lender="address",
            protocol=pl.lit("erc3156"),
            index_in_log=_FIRST,
        ),
        rule(
            "Flash(address indexed initiator, address indexed recipient, uint256 amount0, uint256 amount1,"
            " uint256 fee0, uint256 fee1)",
            _each_token,
            lender="address",
            protocol=pl.lit("uniswap_v3"),
        ),
    ),
)


def flash_loans(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Flash loans that their lenders announce (shape: `schema.FLASH_LOANS`)."""
    return FLASH_LOANS(blocks, logs)
