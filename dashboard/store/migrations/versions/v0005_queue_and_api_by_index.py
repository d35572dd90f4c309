"""The queue in its own order, the place of an alert beside what the API filters by, cases by when they
changed, and what was told of an alert, each by an index.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_PLACE = """
UPDATE alerts SET number = (
    SELECT n.number FROM alert_numbers n WHERE n.chain_id = alerts.chain_id AND n.alert_id = alerts.id
)
"""
NEWEST: list[Any] = [sa.desc("timestamp"), sa.desc("block_number"), "chain_id", "id"]
NEWEST += ["status", "severity", "category", "score"]
CHANGED: list[Any] = [sa.desc("changed_at"), "chain_id", "alert_id"]
INDEXES = {
    "alerts_filed": (
        "alerts",
        ["number", "severity", "category", "status", "chain_id", "score", "timestamp"],
    ),
    "alerts_counted": (
        "alerts",
        ["category", "severity", "status", "chain_id", "timestamp", "score"],
    ),
    "alerts_filed_by_severity": ("alerts", ["severity", "number"]),
    "alerts_filed_by_category": ("alerts", ["category", "number"]),
    "outbox_of_alert": ("outbox", ["chain_id", "alert_id"]),
    "told_of_alert": ("told", ["chain_id", "alert_id"]),
}


def upgrade() -> None:
    op.drop_index("alerts_newest", "alerts")
    op.create_index("alerts_newest", "alerts", NEWEST)
    op.create_index("cases_changed", "cases", CHANGED)
    op.add_column("alerts", sa.Column("number", sa.BigInteger))
    op.execute(_PLACE)
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    op.execute("UPDATE undertow_store SET version = 5")
