"""The tables of undertow: every column, its type and whether it may be null, written once.

One fact has one name and one type in every table. Hashes and addresses are `Binary` (32 and 20 bytes), block
numbers `UInt64`, time is whole seconds UTC as `UInt64`, an amount is `Binary` of 32 bytes big-endian (exact;
byte order is numeric order) beside a `Float64` called `<amount>_float` that is only ever a feature. A signed
amount is two: what came in and what went out. Every table carries `chain_id`. Rows are in chain order:
(block_number, transaction_index, log_index with native = -1, index_in_log).
"""

from ingest.schema.chain import BLOCKS, LOGS, NATIVE_LOG_INDEX, TRACES, TRANSACTIONS, TRANSFERS, ZERO_ADDRESS
from ingest.schema.events import (
    APPROVALS,
    DELEGATIONS,
    EVENT_TABLES,
    FLASH_LOANS,
    LENDING,
    LIQUIDATIONS,
    LIQUIDITY,
    MIXERS,
    OWNERSHIP,
    POOLS,
    PROPOSALS,
    RESERVES,
    SWAPS,
    VAULTS,
    VOTES,
)
from ingest.schema.facts import (
    ANSWER_BYTES,
    BRIDGE_BYTES,
    CODE_BYTES,
    CODES,
    DISAGREEMENTS,
    FACT_TABLES,
    LIST_KINDS,
    LISTS,
    MESSAGE_KINDS,
    MESSAGES,
    METADATA_BYTES,
    TOKEN_METADATA,
    WRAPPED_NATIVES,
)
from ingest.schema.natives import NATIVE_DECIMALS, NATIVE_ECHOES, native_symbol, wrapped_natives
from ingest.schema.table import Column, DataType, Table, completed, conform

CHAIN_TABLES = (BLOCKS, TRANSACTIONS, LOGS)
LAKE_TABLES = (*CHAIN_TABLES, TRANSFERS, TRACES, *FACT_TABLES)
"""What a lake keeps. The other events are decoded from its logs when somebody asks for them."""

TABLES = {table.name: table for table in (*LAKE_TABLES, *EVENT_TABLES)}

__all__ = [
    "ANSWER_BYTES",
    "APPROVALS",
    "BLOCKS",
    "BRIDGE_BYTES",
    "CHAIN_TABLES",
    "CODES",
    "CODE_BYTES",
    "DELEGATIONS",
    "DISAGREEMENTS",
    "EVENT_TABLES",
    "FACT_TABLES",
    "FLASH_LOANS",
    "LAKE_TABLES",
    "LENDING",
    "LIQUIDATIONS",
    "LIQUIDITY",
    "LISTS",
    "LIST_KINDS",
    "LOGS",
    "MESSAGES",
    "MESSAGE_KINDS",
    "METADATA_BYTES",
    "MIXERS",
    "NATIVE_DECIMALS",
    "NATIVE_ECHOES",
    "NATIVE_LOG_INDEX",
    "OWNERSHIP",
    "POOLS",
    "PROPOSALS",
    "RESERVES",
    "SWAPS",
    "TABLES",
    "TOKEN_METADATA",
    "TRACES",
    "TRANSACTIONS",
    "TRANSFERS",
    "VAULTS",
    "VOTES",
    "WRAPPED_NATIVES",
    "ZERO_ADDRESS",
    "Column",
    "DataType",
    "Table",
    "completed",
    "conform",
    "native_symbol",
    "wrapped_natives",
]
