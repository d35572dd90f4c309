"""What a guard proposed and sent."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "guard_plans",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("chain_id", sa.BigInteger, nullable=False),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("contract", "vault", "kind", "how", "alert_id", "reason", "key")
        ),
        sa.Column("planned_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("transaction", sa.String, nullable=False),
        sa.Column("mined_block", sa.BigInteger),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_index("guard_plans_of_alert", "guard_plans", ["chain_id", "alert_id", "vault"])
    op.create_index("guard_plans_by_state", "guard_plans", ["chain_id", "state"])
    op.execute("UPDATE undertow_store SET version = 9")
