"""What a node says of its blocks: the tables of every batch, and the transfers decoded from them."""

from __future__ import annotations

import polars as pl

from ingest.schema.table import (
    BLOCK,
    BLOCK_HASH,
    CHAIN_ID,
    LOG_INDEX,
    TIME,
    TX_HASH,
    TX_INDEX,
    Column,
    Table,
    amount,
)

ZERO_ADDRESS = bytes(20)
NATIVE_LOG_INDEX = -1
"""The `log_index` of a transfer of native value, which has no log."""

BLOCKS = Table(
    "blocks",
    "one row a block",
    (
        CHAIN_ID,
        BLOCK,
        BLOCK_HASH,
        Column("parent_hash", pl.Binary, "hash of the block before it"),
        TIME,
        Column("miner", pl.Binary, "fee recipient; null where not given", nullable=True),
        Column("gas_limit", pl.UInt64, "gas; null where not given", nullable=True),
        Column("gas_used", pl.UInt64, "gas"),
        Column("base_fee_per_gas", pl.UInt64, "wei; null before London, or beyond 64 bits", nullable=True),
        Column("transactions_root", pl.Binary, "as in the header; null where not given", nullable=True),
        Column("receipts_root", pl.Binary, "as in the header"),
        Column("state_root", pl.Binary, "as in the header; null where not given", nullable=True),
        Column("transaction_count", pl.UInt32, "transactions in the block"),
        Column("log_count", pl.UInt32, "logs in the block"),
        Column("proof", pl.String, "header | receipts-root | none"),
        Column(
            "transactions_proof",
            pl.String,
            "`root`: value, payee, input and nonce of each transaction are under transactions_root; `none`: "
            "the node left out what that needs, or a type is of another chain; null in older files",
            nullable=True,
        ),
        Column(
            "header",
            pl.Binary,
            "RLP of the fields that block_hash is the Keccak-256 of; null where `proof` is not `header`, "
            "and in older files",
            nullable=True,
        ),
        Column(
            "blob_gas_used",
            pl.UInt64,
            "gas of its blobs (EIP-4844); null before Cancun, where the node leaves it out, in older files, "
            "and where `proof` is `header` but the header does not hold it",
            nullable=True,
        ),
        Column(
            "excess_blob_gas",
            pl.UInt64,
            "blob gas beyond the target before this block, from which its blob base fee follows; null where "
            "blob_gas_used is",
            nullable=True,
        ),
    ),
)

TRANSACTIONS = Table(
    "transactions",
    "one row a transaction, with the fields of its receipt",
    (
        CHAIN_ID,
        BLOCK,
        TIME,
        TX_INDEX,
        TX_HASH,
        Column("from_address", pl.Binary, "sender"),
        Column("to_address", pl.Binary, "null when a contract is created", nullable=True),
        Column("value", pl.Binary, "wei, 32 bytes big-endian"),
        Column("value_float", pl.Float64, "wei, a feature only"),
        Column("nonce", pl.UInt64, "of the sender; null where it has none", nullable=True),
        Column(
            "transaction_type", pl.UInt8, "EIP-2718 type, 0 = legacy; null where not given", nullable=True
        ),
        Column("gas_limit", pl.UInt64, "gas; null where not given", nullable=True),
        Column("input", pl.Binary, "call data; null where not given", nullable=True),
        Column("status", pl.UInt8, "1 done, 0 reverted; null before Byzantium", nullable=True),
        Column("gas_used", pl.UInt64, "gas"),
        Column(
            "effective_gas_price", pl.UInt64, "wei; null where not given, or beyond 64 bits", nullable=True
        ),
        Column("contract_address", pl.Binary, "the contract it created", nullable=True),
        Column(
            "receipt_of",
            pl.String,
            "null: of a transaction; `block`: of what a Celo block did itself; `state-sync`: of what Polygon "
            "brings from Ethereum, under no root, so that nothing proves it",
            nullable=True,
        ),
        Column(
            "post_state",
            pl.Binary,
            "the state root that its receipt holds in place of a status, before Byzantium",
            nullable=True,
        ),
        Column(
            "receipt_extras",
            pl.Binary,
            "RLP of what its receipt has behind the logs: deposits of OP-stack chains, Celo's fees",
            nullable=True,
        ),
        Column(
            "envelope",
            pl.Binary,
            "the transaction as signed, as transactions_root holds it, without its `input`: 2 bytes that say "
            "where that stood, then the rest; null where transactions_proof is not `root`, and in older ones",
            nullable=True,
        ),
    ),
)

LOGS = Table(
    "logs",
    "one row a log, decoded or not",
    (
        CHAIN_ID,
        BLOCK,
        TX_INDEX,
        TX_HASH,
        LOG_INDEX,
        Column("address", pl.Binary, "contract that emitted it"),
        Column("topic0", pl.Binary, "32 bytes", nullable=True),
        Column("topic1", pl.Binary, "32 bytes", nullable=True),
        Column("topic2", pl.Binary, "32 bytes", nullable=True),
        Column("topic3", pl.Binary, "32 bytes", nullable=True),
        Column("data", pl.Binary, "as emitted"),
    ),
)

TRANSFERS = Table(
    "transfers",
    "one row a movement of value: native, erc20, erc721, erc1155, or weth (a deposit comes from zero)",
    (
        CHAIN_ID,
        BLOCK,
        TIME,
        TX_INDEX,
        TX_HASH,
        LOG_INDEX,
        Column("index_in_log", pl.UInt32, "position inside an ERC-1155 batch, else 0"),
        Column("standard", pl.String, "native | erc20 | erc721 | erc1155 | weth"),
        Column("token", pl.Binary, "contract; null for native value", nullable=True),
        Column("from_address", pl.Binary, "payer; zero for a mint"),
        Column("to_address", pl.Binary, "payee; zero for a burn"),
        Column("amount", pl.Binary, "token units, 32 bytes big-endian; 1 for erc721"),
        Column("amount_float", pl.Float64, "token units, a feature only"),
        Column("token_id", pl.Binary, "32 bytes big-endian; erc721 and erc1155 only", nullable=True),
    ),
)

TRACES = Table(
    "traces",
    "one row a call, in order of execution; empty where the node was not asked for them (`--traces`)",
    (
        CHAIN_ID,
        BLOCK,
        TIME,
        TX_INDEX,
        TX_HASH,
        Column(
            "trace_index", pl.UInt32, "position among the transaction's calls, 0 = the transaction itself"
        ),
        Column("depth", pl.UInt32, "calls above it"),
        Column("call_type", pl.String, "call | callcode | delegatecall | staticcall | create | selfdestruct"),
        Column("from_address", pl.Binary, "who calls"),
        Column(
            "to_address", pl.Binary, "who is called, created or paid; null where nothing came of it", True
        ),
        *amount("value", "wei that moved with it"),
        Column("gas_used", pl.UInt64, "gas; null where it failed, and of a selfdestruct", nullable=True),
        Column("input", pl.Binary, "call data; empty where code is created"),
        Column("error", pl.String, "why it failed: reverted | out of gas | …; null where it did not", True),
        Column("undone", pl.Boolean, "whether it or a call above it failed: nothing came of it"),
    ),
)
