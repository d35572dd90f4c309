"""Who controls a contract, and which code it runs: owners, roles (OpenZeppelin), proxies (EIP-1967)."""

from __future__ import annotations

import polars as pl

from ingest import schema
from ingest.decode.event import Decoder, rule

OWNERSHIP = Decoder(
    schema.OWNERSHIP,
    (
        rule("OwnershipTransferred(address indexed before, address indexed after)", action=pl.lit("owner")),
        rule("AdminChanged(address before, address after)", action=pl.lit("admin")),
        rule(
            "RoleGranted(bytes32 indexed role, address indexed after, address indexed sender)",
            action=pl.lit("role_granted"),
        ),
        rule(
            "RoleRevoked(bytes32 indexed role, address indexed before, address indexed sender)",
            action=pl.lit("role_revoked"),
        ),
        rule("Upgraded(address indexed after)", action=pl.lit("implementation")),
        rule("BeaconUpgraded(address indexed after)", action=pl.lit("beacon")),
    ),
)


def ownership(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Changes of control (shape: `schema.OWNERSHIP`)."""
    return OWNERSHIP(blocks, logs)
