"""Which process does which work on the store."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "turns",
        sa.Column("work", sa.String, primary_key=True, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("instance", sa.String, nullable=False),
        sa.Column("token", sa.String, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.Integer, nullable=False),
    )
    op.execute("UPDATE undertow_store SET version = 11")
