"""Which run judges a chain, and what is anchored of it on another.

Since when a run judges an older store does not know: what came before its head then is not gone into.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table("runs", _number("chain_id", primary_key=True), _text("run"), _number("since"))
    op.create_table(
        "anchor_stretches",
        _number("chain_id"),
        _number("first"),
        _number("last"),
        _number("leaves"),
        _text("root"),
        _text("run"),
        _number("audited"),
        _text("audit"),
        _number("planned_at"),
        _text("state"),
        _text("transaction"),
        sa.Column("mined_block", sa.BigInteger),
        sa.PrimaryKeyConstraint("chain_id", "first"),
    )
    op.create_table(
        "anchor_leaves",
        _number("chain_id"),
        _number("first"),
        _text("alert_id"),
        _number("revision"),
        _text("record_hash"),
        sa.Column("retracted", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "first", "alert_id"),
    )
    op.create_index("anchor_leaves_of_alert", "anchor_leaves", ["chain_id", "alert_id", "first"])
    op.create_table(
        "anchoring",
        _number("chain_id", primary_key=True),
        _text("contract"),
        _number("anchor_chain"),
        _number("checked_at"),
        sa.Column("trouble", sa.Text, nullable=False),
    )
    op.execute("UPDATE undertow_store SET version = 7")


def _number(name: str, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=primary_key, autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)
