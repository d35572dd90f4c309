"""Indexes by which screens count alerts and find the newest of a category or a severity."""

from alembic import op

revision = "0003"
down_revision = "0002"

INDEXES = {
    "alerts_by_category": ["category", "timestamp", "severity", "status", "chain_id", "score"],
    "alerts_by_severity": ["severity", "timestamp", "category", "status", "chain_id", "score"],
    "alerts_over_time": ["timestamp", "category", "severity", "status", "suppressed"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "alerts", columns)
    op.execute("UPDATE undertow_store SET version = 3")
