"""The tables of undertow: every column, its type and whether it may be null, written once.

One fact has one name and one type in every table. Hashes and addresses are `Binary` (32 and 20 bytes), block
numbers `UInt64`, time is whole seconds UTC as `UInt64`, an amount is `Binary` of 32 bytes big-endian (exact;
byte order is numeric order) beside a `Float64` called `<amount>_float` that is only ever a feature. Every
table carries `chain_id`. Rows are in chain order: (block_number, transaction_index, log_index with native =
-1, index_in_log).
"""

from dataclasses import dataclass

import polars as pl

DataType = type[pl.DataType]

ZERO_ADDRESS = bytes(20)
NATIVE_LOG_INDEX = -1
"""The `log_index` of a transfer of native value, which has no log."""

METADATA_BYTES = 256
"""Cap of a token's name and symbol, in bytes: a longer answer is cut there, as names are hostile."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: DataType
    meaning: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    meaning: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> dict[str, DataType]:
        return {column.name: column.type for column in self.columns}

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)


_CHAIN_ID = Column("chain_id", pl.UInt64, "EIP-155 chain id")
_BLOCK = Column("block_number", pl.UInt64, "height of the block")
_BLOCK_HASH = Column("block_hash", pl.Binary, "32 bytes")
_TIME = Column("timestamp", pl.UInt64, "block time, whole seconds UTC")
_TX_INDEX = Column("transaction_index", pl.UInt32, "position in the block")
_TX_HASH = Column("transaction_hash", pl.Binary, "32 bytes")
_LOG_INDEX = Column("log_index", pl.Int32, "position among the block's logs; -1 = native value")

BLOCKS = Table(
    "blocks",
    "one row a block",
    (
        _CHAIN_ID,
        _BLOCK,
        _BLOCK_HASH,
        Column("parent_hash", pl.Binary, "hash of the block before it"),
        _TIME,
        Column("miner", pl.Binary, "fee recipient"),
        Column("gas_limit", pl.UInt64, "gas"),
        Column("gas_used", pl.UInt64, "gas"),
        Column("base_fee_per_gas", pl.UInt64, "wei; null before London", nullable=True),
        Column("transactions_root", pl.Binary, "as in the header"),
        Column("receipts_root", pl.Binary, "as in the header"),
        Column("state_root", pl.Binary, "as in the header"),
        Column("transaction_count", pl.UInt32, "transactions in the block"),
        Column("log_count", pl.UInt32, "logs in the block"),
        Column("proof", pl.String, "header | receipts-root | none"),
    ),
)

TRANSACTIONS = Table(
    "transactions",
    "one row a transaction, with the fields of its receipt",
    (
        _CHAIN_ID,
        _BLOCK,
        _TIME,
        _TX_INDEX,
        _TX_HASH,
        Column("from_address", pl.Binary, "sender"),
        Column("to_address", pl.Binary, "null when a contract is created", nullable=True),
        Column("value", pl.Binary, "wei, 32 bytes big-endian"),
        Column("value_float", pl.Float64, "wei, a feature only"),
        Column("nonce", pl.UInt64, "of the sender"),
        Column("transaction_type", pl.UInt8, "EIP-2718 type, 0 = legacy"),
        Column("gas_limit", pl.UInt64, "gas"),
        Column("input", pl.Binary, "call data"),
        Column("status", pl.UInt8, "1 done, 0 reverted; null before Byzantium", nullable=True),
        Column("gas_used", pl.UInt64, "gas"),
        Column("effective_gas_price", pl.UInt64, "wei; null where the node gives none", nullable=True),
        Column("contract_address", pl.Binary, "the contract it created", nullable=True),
    ),
)

LOGS = Table(
    "logs",
    "one row a log, decoded or not",
    (
        _CHAIN_ID,
        _BLOCK,
        _TX_INDEX,
        _TX_HASH,
        _LOG_INDEX,
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
        _CHAIN_ID,
        _BLOCK,
        _TIME,
        _TX_INDEX,
        _TX_HASH,
        _LOG_INDEX,
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

TOKEN_METADATA = Table(
    "token_metadata",
    "facts: what a token said of itself at its first transfer in this stream",
    (
        _CHAIN_ID,
        _BLOCK,
        Column("token", pl.Binary, "contract"),
        Column("name", pl.Binary, f"raw bytes, at most {METADATA_BYTES}; hostile", nullable=True),
        Column("symbol", pl.Binary, f"raw bytes, at most {METADATA_BYTES}; hostile", nullable=True),
        Column("decimals", pl.UInt8, "digits after the point", nullable=True),
    ),
)

CHAIN_TABLES = (BLOCKS, TRANSACTIONS, LOGS)
FACT_TABLES = (TOKEN_METADATA,)
LAKE_TABLES = (*CHAIN_TABLES, TRANSFERS, *FACT_TABLES)
TABLES = {table.name: table for table in LAKE_TABLES}


def conform(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with exactly the table's columns, in order and cast.

    Raises on a missing column, and ValueError on a null that may not be.
    """
    shaped = frame.select(pl.col(column.name).cast(column.type) for column in table.columns)
    for column in table.columns:
        if not column.nullable and shaped[column.name].null_count():
            raise ValueError(f"{table.name}.{column.name} may not be null")
    return shaped
