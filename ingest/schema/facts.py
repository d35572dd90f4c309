"""What becomes known with a block and is not in it: tokens' words, deployed code, lists of addresses,
and which contracts wrap the native coin.
"""

from __future__ import annotations

import polars as pl

from ingest.schema.table import BLOCK, CHAIN_ID, Column, Table

METADATA_BYTES = 256
"""Cap of a token's name and symbol, in bytes: a longer answer is cut there, as names are hostile."""

CODE_BYTES = 65_536
"""Cap of a contract's code, in bytes: 24,576 by EIP-170, more on some chains; a longer one is cut there."""

TOKEN_METADATA = Table(
    "token_metadata",
    "facts: what a token said of itself at its first transfer in this stream",
    (
        CHAIN_ID,
        BLOCK,
        Column("token", pl.Binary, "contract"),
        Column("name", pl.Binary, f"raw bytes, at most {METADATA_BYTES}; hostile", nullable=True),
        Column("symbol", pl.Binary, f"raw bytes, at most {METADATA_BYTES}; hostile", nullable=True),
        Column("decimals", pl.UInt8, "digits after the point", nullable=True),
    ),
)

CODES = Table(
    "codes",
    "facts: the code of each contract that a transaction created, the bytes once for each hash",
    (
        CHAIN_ID,
        BLOCK,
        Column("address", pl.Binary, "the contract"),
        Column(
            "code_hash", pl.Binary, "keccak of its code, 32 bytes; null where the node has it no more", True
        ),
        Column("code", pl.Binary, "its code, where the hash is new in this stream", nullable=True),
    ),
)

LIST_KINDS = ("sanctions", "phishing", "allow", "mixer", "exchange", "bridge")
"""What a list is of."""

LISTS = Table(
    "lists",
    "facts: addresses that a list names, or names no more, from `block_number` on",
    (
        CHAIN_ID,
        BLOCK,
        Column("address", pl.Binary, "who is listed"),
        Column("kind", pl.String, " | ".join(LIST_KINDS)),
        Column("listed", pl.Boolean, "false: the list names it no more"),
        Column("tag", pl.String, "what the list calls it", nullable=True),
        Column("source", pl.String, "name of the list's file"),
        Column("date", pl.UInt64, "when that file was last changed, whole seconds UTC"),
        Column("digest", pl.Binary, "SHA-256 of that file, 32 bytes"),
        Column("valid_from", pl.UInt64, "since when it is so, whole seconds UTC; null: ever", nullable=True),
        Column("valid_until", pl.UInt64, "from when on it is so no more; null: it goes on", nullable=True),
    ),
)

WRAPPED_NATIVES = Table(
    "wrapped_natives",
    "facts: contracts that wrap the native coin, one row for each block in which one takes or gives back",
    (
        CHAIN_ID,
        BLOCK,
        Column(
            "address", pl.Binary, "who emitted Deposit or Withdrawal; those known by chain id are not told"
        ),
        Column(
            "how", pl.String, "setting | code, or token: it calls itself one, and counts where value is seen"
        ),
    ),
)
"""Without a row, and outside of `schema.natives`, a Deposit moves no tokens: anybody may emit one."""

FACT_TABLES = (TOKEN_METADATA, CODES, LISTS, WRAPPED_NATIVES)
