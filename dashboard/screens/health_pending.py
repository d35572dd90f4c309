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

NOTHING = "Nothing that waits would be found."
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
    cut = left_out([each.health for each in told if each.health is not None], now)
    parts.notice(cut)
    rows = [pending(record, each) for record in fresh for each in record.pending]
    nothing = "Nothing that waits would be found, as far as it was looked at." if cut else NOTHING
    tables.table("health_pending", PENDING, rows, nothing)


def left_out(records: Sequence[Health], now: float) -> str:
    """Which roles leave out what waits now; empty where none does."""
    cut = [
        f"{record.role} of chain {record.chain_id} ({work.state})"
        for record in records
        for work in record.optional
        if work.name == "pending" and work.state != "on" and now - record.at < FRESH_S
    ]
    if not cut:
        return ""
    return f"Left out by a budget, so that what stands here may be of before: {', '.join(cut)}."


def pending(record: Health, each: PendingHealth) -> list[tables.Cell]:
    """A row."""
    return [
        tables.cell(record.chain_id), tables.cell(wording.title(each.category)),
        tables.cell(each.severity), tables.cell(each.subject), tables.number(each.transactions),
        tables.number(each.since), tables.cell(each.says),
    ]  # fmt: skip
