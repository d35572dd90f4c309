"""The tables of what people do: cases, comments, watch lists, saved filters, and the audit of all of it."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text, desc

from dashboard.store.tables import metadata

cases = Table(
    "cases",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("alert_id", String, nullable=False),
    Column("status", String, nullable=False, comment="new, open or closed"),
    Column("assignee", Text),
    Column("disposition", String, comment="what a closed case was found to be"),
    Column("reason", String, comment="code of why"),
    Column("revision", Integer, nullable=False, comment="grows with every change"),
    Column("changed_at", BigInteger, nullable=False, comment="seconds UTC"),
    Column("changed_by", String, nullable=False),
    PrimaryKeyConstraint("chain_id", "alert_id"),
    Index("cases_by_status", "status"),
    Index("cases_changed", desc("changed_at"), "chain_id", "alert_id"),
)
"""An alert without a row is new. Alerts are filed anew with every revision; cases stay."""

comments = Table(
    "comments",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="of its row in audit"),
    Column("chain_id", BigInteger, nullable=False),
    Column("alert_id", String, nullable=False),
    Column("at", BigInteger, nullable=False, comment="seconds UTC"),
    Column("person", String, nullable=False),
    Column("text", Text, nullable=False),
    Index("comments_of_alert", "chain_id", "alert_id", "number"),
)

watches = Table(
    "watches",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("address", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("person", String, nullable=False),
    Column("at", BigInteger, nullable=False, comment="seconds UTC"),
    PrimaryKeyConstraint("chain_id", "address"),
)

saved_filters = Table(
    "saved_filters",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="of its row in audit"),
    Column("person", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False, comment="the query of the address that shows it"),
    Column("at", BigInteger, nullable=False, comment="seconds UTC"),
    Index("saved_filters_of_person", "person"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="from 1, without gaps"),
    Column("at", BigInteger, nullable=False, comment="seconds UTC"),
    Column("person", String, nullable=False),
    Column("role", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("change", Text, nullable=False, comment="canonical JSON"),
    Column("hash", String, nullable=False, comment="SHA-256 of the hash before and of this row"),
    Index("audit_of_subject", "subject", "number"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("number", BigInteger, nullable=False, comment="of the last row of audit; 0 before the first"),
    Column("hash", String, nullable=False),
)
"""One row, which every writer of the audit locks, so that there is one chain; and which tells that the last
rows were removed.
"""

NO_HASH = "0" * 64
"""Before the first row."""
APPEND_ONLY = (audit.name, comments.name)
