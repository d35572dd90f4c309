"""What operators are told of: that a canary's detector is silent, and that it speaks again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("chain_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("looked_at", sa.Integer, nullable=False),
    )
    op.create_index("alarms_to_be_told", "alarms", ["looked_at", "number"])
    op.create_index("alarms_of", "alarms", ["chain_id", "name", "about", "number"])
    op.execute("UPDATE undertow_store SET version = 8")
