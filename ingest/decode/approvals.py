"""Allowances given and taken back: ERC-20, ERC-721, `ApprovalForAll` (721 and 1155), Permit2."""

from __future__ import annotations

import polars as pl

from ingest import schema
from ingest.decode.event import Decoder, rule
from ingest.decode.words import ZERO

_SOME = pl.col("amount") != ZERO
_NONE = pl.lit(ZERO)


def _said(standard: str, action: str) -> dict[str, pl.Expr]:
    return {"standard": pl.lit(standard), "action": pl.lit(action)}


APPROVALS = Decoder(
    schema.APPROVALS,
    (
        rule(
            "Approval(address indexed owner, address indexed spender, uint256 amount)",
            token="address",
            approved=_SOME,
            **_said("erc20", "approve"),
        ),
        rule(
            "Approval(address indexed owner, address indexed spender, uint256 indexed token_id)",
            token="address",
            approved=pl.col("spender") != schema.ZERO_ADDRESS,
            **_said("erc721", "approve"),
        ),
        rule(
            "ApprovalForAll(address indexed owner, address indexed spender, bool approved)",
            token="address",
            **_said("for_all", "approve"),
        ),
        rule(
            "Approval(address indexed owner, address indexed token, address indexed spender,"
            " uint160 amount, uint48 expiration)",
            approved=_SOME,
            **_said("permit2", "approve"),
        ),
        rule(
            "Permit(address indexed owner, address indexed token, address indexed spender,"
            " uint160 amount, uint48 expiration, uint48 nonce)",
            approved=_SOME,
            **_said("permit2", "permit"),
        ),
        rule(
            "Lockdown(address indexed owner, address token, address spender)",
            approved=pl.lit(False),
            amount=_NONE,
            **_said("permit2", "lockdown"),
        ),
    ),
)


def approvals(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Allowances in consecutive blocks (shape: `schema.APPROVALS`). An ERC-2612 permit is an ERC-20 Approval.

    The events say what was allowed then, not what is left of it: tokens emit none when an allowance is spent.
    """
    return APPROVALS(blocks, logs)
