"""What becomes known with a block and is not in it: tokens' words, deployed code, lists of addresses, which
contracts wrap the native coin, what crosses a bridge, and where nodes disagreed.
"""

from __future__ import annotations

import polars as pl

from ingest.schema.table import BLOCK, CHAIN_ID, Column, Table, amount

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

BRIDGE_BYTES = 32
"""Cap of a bridge's name, in bytes."""

ANSWER_BYTES = 600
"""Cap of what is kept of a node's answer, in bytes: it is the node's own word, and cut there."""

MESSAGE_KINDS = ("lock", "burn", "mint", "release", "late", "read")
"""What crosses a bridge; the last two say how far the other chain is read."""

MESSAGES = Table(
    "messages",
    "facts: what crosses a bridge (`--bridge`), of both chains: value locked or burnt, minted or released",
    (
        CHAIN_ID,
        BLOCK,
        Column("bridge", pl.String, f"its name in the file, at most {BRIDGE_BYTES} bytes"),
        Column(
            "side",
            pl.String,
            "here: on this chain, in this very block | there: on the other, told once it is final",
        ),
        Column("direction", pl.String, "in: to this chain | out: to the other"),
        Column("kind", pl.String, "lock | burn | mint | release; late | read: how far the other is read"),
        Column("nonce", pl.Binary, "the message's id, 32 bytes; null: the asset moved without one", True),
        Column(
            "asset", pl.Binary, "its token on this chain, zero: native; null: of no asset of the file", True
        ),
        *amount("amount", "what the bridge says, in units of its side"),
        *amount("worth", "the same in units of `asset`"),
        *amount("moved", "what really moved, in units of `asset`; null where that is not seen", True),
        Column("sender", pl.Binary, "who paid, where that is said", nullable=True),
        Column("recipient", pl.Binary, "who is paid, where that is said", nullable=True),
        Column("contract", pl.Binary, "the bridge's contract on this chain"),
        Column("other_chain_id", pl.UInt64, "EIP-155 chain id of the other chain"),
        Column("height", pl.UInt64, "number of its block, on its own side"),
        Column("time", pl.UInt64, "time of that block, whole seconds UTC"),
        Column("transaction_hash", pl.Binary, "32 bytes, on its own side"),
        Column("log_index", pl.Int32, "of what the bridge said in that block; -1: it said nothing"),
        Column("moved_log_index", pl.Int32, "of the transfer that moved the asset; null: none seen", True),
        Column("final_time", pl.UInt64, "when it counts as final: `time` and the file's finality_seconds"),
        Column("due_time", pl.UInt64, "from when on it is told: `final_time` and the file's delay_seconds"),
        Column("first_block", pl.UInt64, "of this chain: the first of the bridge; null: not said", True),
    ),
)
"""A row of the other chain stands in the first block whose time is at least its `due_time`."""

DISAGREEMENTS = Table(
    "disagreements",
    "facts: what a node said that others did not; only in the log of who asked them, and its lake",
    (
        CHAIN_ID,
        BLOCK,
        Column("node", pl.String, "who said it, redacted"),
        Column("about", pl.UInt64, "block it was asked for; null: it is about the node as a whole", True),
        Column("what", pl.String, "receipts | logs | header | transactions | hash | final | fork | chain"),
        Column("answer", pl.String, f"what it said, at most {ANSWER_BYTES} bytes; hostile"),
        Column("refuted", pl.Boolean, "true: its own header or hash refutes it"),
        Column("other_node", pl.String, "whose answer stands, redacted; null: nobody else's", nullable=True),
        Column("other_answer", pl.String, f"what that says, at most {ANSWER_BYTES} bytes", nullable=True),
        Column("depth", pl.UInt64, "of a fork: blocks on top of where they part", nullable=True),
    ),
)

FACT_TABLES = (TOKEN_METADATA, CODES, LISTS, WRAPPED_NATIVES, MESSAGES, DISAGREEMENTS)
