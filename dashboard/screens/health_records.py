"""What the roles tell of themselves: how old that is, how long their parts take, what they counted."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import wording
from dashboard.screens import charts, parts, tables
from dashboard.screens.tables import Column
from dashboard.store import RoleHealth
from ingest.model.health import BOUNDS_MS, NEWEST_PROOFS, Health

NONE_TOLD = "No role has told how it is yet: each does every five seconds, and `undertow sink` files it."
STEPS = (*(f"≤ {bound:,} ms" for bound in BOUNDS_MS), "longer")
ROLES = (
    Column("Chain", "number"), Column("Role", "short"), Column("Instance", "short"), Column("Told", "short"),
    Column("Head", "number"), Column("Blocks behind", "number"), Column("CPU s", "number"), Column("Counted"),
)  # fmt: skip
NODES = (
    Column("Node"), Column("Latency ms", "number"), Column("Answers", "number"), Column("Failures", "number"),
    Column("Lies", "number"), Column("Head", "number"), Column("Last error"),
)  # fmt: skip
PROOFS = (Column("Chain", "number"), Column("Instance", "short"), Column("Block", "number"), Column("Proved"))
PROVED = {
    "header": "whole: header, parent and receipts",
    "receipts-root": "receipts under the root that its node tells; the header itself is not",
    "none": "not proved",
}


def show(told: Sequence[RoleHealth], now: float) -> None:
    parts.section("Roles", "counted since each began")
    tables.table("health_roles", ROLES, [role(each, now) for each in told], NONE_TOLD)
    known = [each.health for each in told if each.health is not None]
    for each in known:
        _latency(each)
    nodes = [_node(node) for each in known for node in each.nodes]
    if nodes:
        parts.section("Nodes", "as ingest knows them")
        tables.table("health_nodes", NODES, nodes, "")
    _proofs(known)
    off = [(name, state) for each in known for name, state in each.detectors.items() if state != "on"]
    if off:
        parts.section("Detectors that are not on")
        rows = [[tables.cell(name), tables.cell(state)] for name, state in off]
        tables.table("health_off", (Column("Detector"), Column("State")), rows, "")


def _proofs(known: Sequence[Health]) -> None:
    """The newest blocks, one by one, the newest first."""
    rows = [row for each in known if each.role == "ingest" for row in proofs(each)]
    if rows:
        parts.section("Proof of the newest blocks", f"of each ingest, at most {NEWEST_PROOFS}")
        tables.table("health_proofs", PROOFS, rows, "")


def proofs(record: Health) -> list[list[tables.Cell]]:
    """Chain, instance, block, and what of it was held against what."""
    return [
        [tables.cell(record.chain_id), tables.cell(record.instance), tables.number(number),
         tables.cell(PROVED.get(proof, proof))]
        for number, proof in reversed(record.proofs)
    ]  # fmt: skip


def role(each: RoleHealth, now: float) -> list[tables.Cell]:
    """A row; of a record that cannot be read what is still known."""
    age = wording.ago(now - each.at if isinstance(each.at, int | float) else None)
    record = each.health
    stands_by = record is not None and record.standing == "standby"
    name = f"{each.role}, on stand-by" if stands_by else each.role
    first = [tables.cell(each.chain_id), tables.cell(name), tables.cell(each.instance), tables.cell(age)]
    if record is None:
        return [*first, *(tables.cell("") for _ in range(3)), tables.cell("its record cannot be read")]
    counted = ", ".join(f"{wording.number(count)} {name}" for name, count in sorted(record.counts.items()))
    numbers = [tables.cell(f"{record.cpu_s:,.1f}"), tables.cell(counted)]
    return [*first, tables.number(record.head), tables.number(record.lag_blocks), *numbers]


def _latency(record: Health) -> None:
    rows = {name: row for name, row in record.latency.items() if len(row) == len(STEPS)}
    if rows:
        parts.section(f"How long the parts of {record.role} take", f"chain {record.chain_id}")
        key = f"latency_{record.chain_id}_{record.role}_{record.instance}"
        charts.stacked(key, STEPS, rows, {}, f"latency of {record.role}")


def _node(node: object) -> list[tables.Cell]:
    fields = ("source", "latency_ms", "answers", "failures", "lies", "head", "last_error")
    return [tables.number(getattr(node, name)) for name in fields]
