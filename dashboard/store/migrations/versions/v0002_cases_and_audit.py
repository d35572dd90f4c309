"""Cases with comments, watch lists and saved filters; the audit; health; the time of a score.

A store of version 1 may lack `rebuilds`, which came after it.
"""

import sqlalchemy as sa
from alembic import op

from dashboard.store.append_only import keep_counting, keep_rows

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if not sa.inspect(op.get_bind()).has_table("rebuilds"):
        op.create_table("rebuilds", _number("chain_id", primary_key=True), _text("run"))
    op.add_column("scores", sa.Column("timestamp", sa.BigInteger))
    _make_health()
    _make_cases()
    _make_audit()
    op.execute("UPDATE undertow_store SET version = 2")


def _make_health() -> None:
    op.create_table(
        "health",
        _number("chain_id"),
        _text("role"),
        _text("instance"),
        _number("at"),
        _long_text("record"),
        sa.PrimaryKeyConstraint("chain_id", "role", "instance"),
    )
    op.create_table(
        "health_history",
        _number("chain_id"),
        _number("at"),
        _text("role"),
        _text("instance"),
        _long_text("record"),
        sa.PrimaryKeyConstraint("chain_id", "at", "role", "instance"),
    )


def _make_cases() -> None:
    op.create_table(
        "cases",
        _number("chain_id"),
        _text("alert_id"),
        _text("status"),
        sa.Column("assignee", sa.Text),
        sa.Column("disposition", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("revision", sa.Integer, nullable=False),
        _number("changed_at"),
        _text("changed_by"),
        sa.PrimaryKeyConstraint("chain_id", "alert_id"),
    )
    op.create_index("cases_by_status", "cases", ["status"])
    op.create_table(
        "watches",
        _number("chain_id"),
        _text("address"),
        _long_text("note"),
        _text("person"),
        _number("at"),
        sa.PrimaryKeyConstraint("chain_id", "address"),
    )
    op.create_table(
        "saved_filters",
        _number("number", primary_key=True),
        _text("person"),
        _long_text("name"),
        _long_text("query"),
        _number("at"),
    )
    op.create_index("saved_filters_of_person", "saved_filters", ["person"])


def _make_audit() -> None:
    op.create_table(
        "comments",
        _number("number", primary_key=True),
        _number("chain_id"),
        _text("alert_id"),
        _number("at"),
        _text("person"),
        _long_text("text"),
    )
    op.create_index("comments_of_alert", "comments", ["chain_id", "alert_id", "number"])
    op.create_table(
        "audit",
        _number("number", primary_key=True),
        _number("at"),
        _text("person"),
        _text("role"),
        _text("action"),
        _text("subject"),
        _long_text("change"),
        _text("hash"),
    )
    op.create_index("audit_of_subject", "audit", ["subject", "number"])
    head = op.create_table(
        "audit_head",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        _number("number"),
        _text("hash"),
    )
    op.bulk_insert(head, [{"one": 1, "number": 0, "hash": "0" * 64}])
    keep_rows(op.get_bind(), "comments")
    keep_rows(op.get_bind(), "audit")
    keep_counting(op.get_bind(), "audit_head")


def _number(name: str, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=primary_key, autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _long_text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
