"""What a block costs each role, and which work its budget leaves out; of this server, pictures."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.screens import parts, pictures, tables
from dashboard.screens.tables import Column
from dashboard.store import RoleHealth
from ingest.model.cost import WATTS, block_cost
from ingest.model.health import Health, OptionalHealth

COSTS = (
    Column("Chain", "number"), Column("Role", "short"), Column("Blocks", "number"),
    Column("CPU s a block", "number"), Column("Budget", "number"), Column("RPC answers a block", "number"),
    Column("Bytes a block", "number"), Column("Joules a block", "number"), Column("Optional work"),
)  # fmt: skip
STATES = {"on": "on", "slowed": "slowed by the budget", "paused": "paused by the budget"}


def show(told: Sequence[RoleHealth]) -> None:
    """Draws the section; nothing where no role has done a block, and pictures have no limit."""
    rows = [row for each in told if each.health is not None for row in costs(each.health)]
    here = of_server(pictures.of_this_server())
    if not rows and not here:
        return
    parts.section("What a block costs", "each role, all since it began")
    tables.table("health_costs", COSTS, rows, "No role has done a block yet.")
    parts.remark(here)
    parts.remark(
        f"Joules are estimated: {WATTS:g} W for a busy core. A budget leaves out optional work only, never "
        "proofs, facts, parts, models, detectors, or what is filed."
    )


def of_server(drawn: pictures.Pictures) -> str:
    """Empty where it has no limit."""
    if drawn.limit is None:
        return ""
    told = _optional(drawn.states()) or "no picture was wanted yet"
    return f"Of this dashboard's server a filed block may cost {drawn.limit:g} CPU s: {told}."


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
    first = [tables.cell(record.chain_id), tables.cell(record.role), tables.number(cost.blocks)]
    return [[*first, *map(tables.cell, figures), tables.cell(_optional(record.optional))]]


def _optional(works: Sequence[OptionalHealth]) -> str:
    return "; ".join(
        f"{work.name} {STATES[work.state]} ({work.done:,} done, {work.left_out:,} left out)" for work in works
    )
