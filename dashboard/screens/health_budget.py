"""What a block costs each role, and which work its budget leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.screens import parts, tables
from dashboard.screens.tables import Column
from dashboard.store import RoleHealth
from ingest.model.cost import WATTS, block_cost
from ingest.model.health import Health

COSTS = (
    Column("Chain", "number"), Column("Role", "short"), Column("Blocks", "number"),
    Column("CPU s a block", "number"), Column("Budget", "number"), Column("RPC answers a block", "number"),
    Column("Bytes a block", "number"), Column("Joules a block", "number"), Column("Optional work"),
)  # fmt: skip
STATES = {"on": "on", "slowed": "slowed by the budget", "paused": "paused by the budget"}


def show(told: Sequence[RoleHealth]) -> None:
    """Draws the section; nothing where no role has done a block."""
    rows = [row for each in told if each.health is not None for row in costs(each.health)]
    if not rows:
        return
    parts.section("What a block costs", "each role, all since it began")
    tables.table("health_costs", COSTS, rows, "")
    parts.remark(
        f"Joules are estimated: {WATTS:g} W for a busy core. A budget leaves out optional work only, never "
        "proofs, facts, parts, models, detectors, or what is filed."
    )


def costs(record: Health) -> list[list[tables.Cell]]:
    """A row; none of a role that has done no block."""
    cost = block_cost(record)
    if cost is None:
        return []
    budget = "" if record.budget_cpu_s is None else f"{record.budget_cpu_s:.3g}"
    figures = [
        f"{cost.cpu_s:.3g}",
        budget,
        *(f"{each:.3g}" for each in (cost.answers, cost.bytes, cost.joules)),
    ]
    optional = "; ".join(
        f"{work.name} {STATES[work.state]} ({work.done:,} done, {work.left_out:,} left out)"
        for work in record.optional
    )
    first = [tables.cell(record.chain_id), tables.cell(record.role), tables.number(cost.blocks)]
    return [[*first, *map(tables.cell, figures), tables.cell(optional)]]
