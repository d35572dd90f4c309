"""Tables of what blocks cost, and of what they were forecast to cost."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table, Text

from dashboard.store.tables import metadata

block_fees = Table(
    "block_fees",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False, comment="of that block, seconds UTC"),
    Column("gas_used", BigInteger),
    Column("gas_limit", BigInteger),
    Column("base_fee_per_gas", BigInteger, comment="wei; null where none, or beyond 63 bits"),
    Column("blob_gas_used", BigInteger),
    Column("excess_blob_gas", BigInteger),
    PrimaryKeyConstraint("chain_id", "block_number"),
)
"""Of the newest blocks of each chain, KEPT_BLOCKS and a slice."""

fee_forecasts = Table(
    "fee_forecasts",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("block_number", BigInteger, nullable=False, comment="the last block that it knew"),
    Column("record", Text, nullable=False, comment="JSON object: a forecast"),
    PrimaryKeyConstraint("chain_id", "block_number"),
)
"""The newest of each chain, KEPT_FORECASTS: to be shown, and held against what came."""
