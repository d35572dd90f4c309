"""What alerts are counted by holds their ids: searches and alerts without a case are counted by it alone."""

from alembic import op

revision = "0006"
down_revision = "0005"

COUNTED = ["category", "severity", "status", "chain_id", "timestamp", "score", "id"]


def upgrade() -> None:
    op.drop_index("alerts_counted", "alerts")
    op.create_index("alerts_counted", "alerts", COUNTED)
    op.execute("UPDATE undertow_store SET version = 6")
