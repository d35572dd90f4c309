"""Turns logs into events: pure, frame to frame, one file a family of protocols.

A log that does not decode stays in `logs` and is absent from the event frames: ordinary, not an error.
"""

from ingest.decode.approvals import approvals
from ingest.decode.flash_loans import flash_loans
from ingest.decode.governance import delegations, proposals, votes
from ingest.decode.lending import lending, liquidations
from ingest.decode.mixers import mixers
from ingest.decode.ownership import ownership
from ingest.decode.pools import liquidity, pools, reserves, swaps
from ingest.decode.shapes import ORDER
from ingest.decode.transfers import (
    DEPOSIT,
    TOKEN_TOPICS,
    TRANSFER,
    TRANSFER_BATCH,
    TRANSFER_SINGLE,
    WITHDRAWAL,
    WRAPPING_TOPICS,
    transfers,
    wrapping_logs,
    wraps,
)
from ingest.decode.vaults import vaults
from ingest.decode.words import amount_float
from ingest.decode.wrapping import BY_CODE, BY_SETTING, BY_VALUE

EVENTS = {
    "approvals": approvals,
    "pools": pools,
    "swaps": swaps,
    "liquidity": liquidity,
    "reserves": reserves,
    "lending": lending,
    "liquidations": liquidations,
    "flash_loans": flash_loans,
    "vaults": vaults,
    "mixers": mixers,
    "ownership": ownership,
    "proposals": proposals,
    "votes": votes,
    "delegations": delegations,
}
"""The decoder of each table of `schema.EVENT_TABLES`: blocks and logs to its rows."""

__all__ = [
    "BY_CODE",
    "BY_SETTING",
    "BY_VALUE",
    "DEPOSIT",
    "EVENTS",
    "ORDER",
    "TOKEN_TOPICS",
    "TRANSFER",
    "TRANSFER_BATCH",
    "TRANSFER_SINGLE",
    "WITHDRAWAL",
    "WRAPPING_TOPICS",
    "amount_float",
    "approvals",
    "delegations",
    "flash_loans",
    "lending",
    "liquidations",
    "liquidity",
    "mixers",
    "ownership",
    "pools",
    "proposals",
    "reserves",
    "swaps",
    "transfers",
    "vaults",
    "votes",
    "wrapping_logs",
    "wraps",
]
