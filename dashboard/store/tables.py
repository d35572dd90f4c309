"""The tables of the store, for SQLite and PostgreSQL alike, and the version they are of."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    desc,
)

SCHEMA_VERSION = 11
"""Raised with every change of a table, together with a step in `migrations/versions` that makes it in an
older store.
"""

metadata = MetaData()

store_version = Table("undertow_store", metadata, Column("version", Integer, primary_key=True))
"""What an undertow of any time looks at first: one that is older than the store says so and ends."""

migrated = Table("alembic_version", metadata, Column("version_num", String(32), primary_key=True))
"""The same version as Alembic writes it."""

NEWEST: tuple[Any, ...] = (desc("timestamp"), desc("block_number"), "chain_id", "id")
"""The order of the queue: newest first."""

alerts = Table(
    "alerts",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("id", String, nullable=False),
    Column("category", String, nullable=False),
    Column("detector", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("score", Float, nullable=False),
    Column("status", String, nullable=False, comment="as at the head of the chain, unlike the one in record"),
    Column("suppressed", Boolean, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject_id", String, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False, comment="of that block, seconds UTC"),
    Column("updated_block", BigInteger, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("record", Text, nullable=False, comment="canonical JSON of the last revision"),
    Column("kafka_offset", BigInteger, nullable=False, comment="of that revision; an older one is ignored"),
    Column("number", BigInteger, comment="as in alert_numbers; null where that has none"),
    PrimaryKeyConstraint("chain_id", "id"),
    # The order of the queue itself, and what it is filtered by: a page of it is read without sorting, and of
    # what does not pass no large row is read.
    Index("alerts_newest", *NEWEST, "status", "severity", "category", "score"),
    Index("alerts_by_status", "status", "chain_id", "block_number"),
    # What alerts are counted by stands in these too: counting reads an index and none of the large rows.
    Index("alerts_by_category", "category", "timestamp", "severity", "status", "chain_id", "score"),
    Index("alerts_by_severity", "severity", "timestamp", "category", "status", "chain_id", "score"),
    # Grouped as they are counted.
    Index("alerts_counted", "category", "severity", "status", "chain_id", "timestamp", "score", "id"),
    Index("alerts_over_time", "timestamp", "category", "severity", "status", "suppressed"),
    # The order of the API, and what it is filtered by.
    Index("alerts_filed", "number", "severity", "category", "status", "chain_id", "score", "timestamp"),
    Index("alerts_filed_by_severity", "severity", "number"),
    Index("alerts_filed_by_category", "category", "number"),
)

roles = Table(
    "roles",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("alert_id", String, nullable=False),
    Column("address", String, nullable=False),
    Column("role", String, nullable=False),
    PrimaryKeyConstraint("chain_id", "alert_id", "address", "role"),
    Index("roles_by_address", "address", "chain_id"),
)

alert_transactions = Table(
    "alert_transactions",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("alert_id", String, nullable=False),
    Column("transaction", String, nullable=False),
    PrimaryKeyConstraint("chain_id", "alert_id", "transaction"),
    Index("alert_transactions_by_hash", "transaction", "chain_id"),
)

scores = Table(
    "scores",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("score", Float, nullable=False),
    Column("parts", Text, nullable=False, comment="JSON object"),
    Column("timestamp", BigInteger, comment="of that block, seconds UTC; null where filed before version 2"),
    PrimaryKeyConstraint("chain_id", "block_number", "subject_kind", "subject"),
    Index("scores_by_subject", "subject", "chain_id", "block_number"),
)

heads = Table(
    "heads",
    metadata,
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column("block_number", BigInteger, nullable=False, comment="the last block that detection has judged"),
    Column("block_hash", String, nullable=False),
    Column("timestamp", BigInteger, comment="of that block; null after a rollback"),
    Column("finality", Integer, nullable=False, comment="blocks on top that make a block final"),
    Column("filed_at", Float, nullable=False, comment="clock of the sink, seconds UTC"),
)

rejected = Table(
    "rejected",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("topic", String, nullable=False),
    Column("kafka_offset", BigInteger, nullable=False),
    Column("reason", Text, nullable=False, comment="why the record could not be read"),
    PrimaryKeyConstraint("chain_id", "topic", "kafka_offset"),
)

rebuilds = Table(
    "rebuilds",
    metadata,
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "run", String, nullable=False, comment="that judges the log anew: alerts are partly of the one before"
    ),
)
"""A store of before has none until a sink opens it."""

offsets = Table(
    "offsets",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("topic", String, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    PrimaryKeyConstraint("chain_id", "topic"),
)

health = Table(
    "health",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("role", String, nullable=False, comment="ingest, detect or sink"),
    Column("instance", String, nullable=False),
    Column("at", BigInteger, nullable=False, comment="clock of that role, seconds UTC"),
    Column("record", Text, nullable=False, comment="JSON object: the last record of undertow.health"),
    PrimaryKeyConstraint("chain_id", "role", "instance"),
)

health_history = Table(
    "health_history",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("role", String, nullable=False),
    Column("instance", String, nullable=False),
    Column("record", Text, nullable=False),
    PrimaryKeyConstraint("chain_id", "at", "role", "instance"),
)
