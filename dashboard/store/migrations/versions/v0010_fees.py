"""What the newest blocks cost, and what the next ones are forecast to."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    amounts = ("gas_used", "gas_limit", "base_fee_per_gas", "blob_gas_used", "excess_blob_gas")
    op.create_table(
        "block_fees",
        _number("chain_id"),
        _number("block_number"),
        _number("timestamp"),
        *(sa.Column(name, sa.BigInteger) for name in amounts),
        sa.PrimaryKeyConstraint("chain_id", "block_number"),
    )
    op.create_table(
        "fee_forecasts",
        _number("chain_id"),
        _number("block_number"),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "block_number"),
    )
    op.execute("UPDATE undertow_store SET version = 10")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)
