"""What waits to be mined and would be found, as `detect --pending` told it last: in no book."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import wording
from dashboard.screens import parts, tables
from dashboard.screens.tables import Column
from dashboard.store import RoleHealth
from ingest.model.health import Health, PendingHealth

FRESH_S = 60.0
"""What waited before that is mined or gone by now."""

PENDING = (
    Column("Chain", "number"), Column("Category"), Column("Severity", "short"), Column("Subject"),
    Column("Transactions", "number"), Column("Since block", "number"), Column("Says"),
)  # fmt: skip


def show(told: Sequence[RoleHealth], now: float) -> None:
    """Draws the section where a role has told of what waits; nothing where none reads a pool."""
    known = [each.health for each in told if each.health is not None and each.health.role == "pending"]
    fresh = [record for record in known if now - record.at < FRESH_S]
    if not fresh:
        return
    parts.section("Pending, not in the book", "would be found if what waits were the next block")
    rows = [pending(record, each) for record in fresh for each in record.pending]
    tables.table("health_pending", PENDING, rows, "Nothing that waits would be found.")


def pending(record: Health, each: PendingHealth) -> list[tables.Cell]:
    """A row."""
    return [
        tables.cell(record.chain_id), tables.cell(wording.title(each.category)),
        tables.cell(each.severity), tables.cell(each.subject), tables.number(each.transactions),
        tables.number(each.since), tables.cell(each.says),
    ]  # fmt: skip
