"""What a table is: named, typed columns, written once, to which frames are held."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

DataType = type[pl.DataType]


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


def completed(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the columns that came to be after it was written, all null: those that may be."""
    added = {
        c.name: pl.lit(None, c.type) for c in table.columns if c.nullable and c.name not in frame.columns
    }
    whole = frame.with_columns(**added) if added else frame
    return whole.select(*table.schema) if added and set(whole.columns) == set(table.schema) else whole


def conform(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with exactly the table's columns, in order and cast; those that may be null may be missing.

    Raises on a missing column, and ValueError on a null that may not be.
    """
    shaped = completed(table, frame).select(pl.col(column.name).cast(column.type) for column in table.columns)
    for column in table.columns:
        if not column.nullable and shaped[column.name].null_count():
            raise ValueError(f"{table.name}.{column.name} may not be null")
    return shaped


CHAIN_ID = Column("chain_id", pl.UInt64, "EIP-155 chain id")
BLOCK = Column("block_number", pl.UInt64, "height of the block")
BLOCK_HASH = Column("block_hash", pl.Binary, "32 bytes")
TIME = Column("timestamp", pl.UInt64, "block time, whole seconds UTC")
TX_INDEX = Column("transaction_index", pl.UInt32, "position in the block")
TX_HASH = Column("transaction_hash", pl.Binary, "32 bytes")
LOG_INDEX = Column("log_index", pl.Int32, "position among the block's logs; -1 = native value")


def amount(name: str, meaning: str, nullable: bool = False) -> tuple[Column, Column]:
    """The two columns of an amount: 32 bytes big-endian, exact, and a float that is only a feature."""
    return (
        Column(name, pl.Binary, f"{meaning}, 32 bytes big-endian", nullable),
        Column(f"{name}_float", pl.Float64, f"{meaning}, a feature only", nullable),
    )
