"""How the roles fared over time: how long their parts took, how far behind they were, what a block cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dashboard import wording
from dashboard.screens import charts, inputs, parts, tables
from dashboard.screens.tables import Column
from dashboard.store import Reader, RoleHealth
from ingest.model.cost import WATTS, answers_of
from ingest.model.health import BOUNDS_MS, Health

SPANS = {"hour": (3_600, 60), "day": (86_400, 900), "week": (7 * 86_400, 7_200)}
"""Seconds of a span, and of a piece of it."""
BEYOND_MS = 3 * BOUNDS_MS[-1]
"""Where a histogram ends: what took longer than its last bound is drawn as this."""
MOST_CHAINS = 4


@dataclass(frozen=True, slots=True)
class Step:
    """What a role did between two of its records."""

    role: str
    at: int
    blocks: int
    cpu_s: float
    answers: int
    bytes: int
    behind: int | None
    latency: dict[str, list[int]]


def show(reader: Reader, chains: Iterable[object], now: float) -> None:
    parts.section("Over time", "as the roles told it every five seconds")
    named = inputs.view("over", tuple(SPANS))
    length, width = SPANS[named]
    for chain_id in list(chains)[:MOST_CHAINS]:
        if isinstance(chain_id, int):
            _chain(chain_id, steps(reader.health.course(chain_id, int(now) - length, width)), named)


def _chain(chain_id: int, done: Sequence[Step], named: str) -> None:
    if not done:
        parts.remark(f"No role of chain {chain_id} told twice in this {named}: nothing can be compared yet.")
        return
    for role in sorted({each.role for each in done}):
        _latency(chain_id, role, [each for each in done if each.role == role])
    parts.section("What a block cost", f"chain {chain_id}, in this {named}")
    rows = [
        cost(role, [each for each in done if each.role == role]) for role in sorted({s.role for s in done})
    ]
    tables.table(f"cost_{chain_id}", COST, rows, "")
    parts.remark(
        f"Joules are estimated: {WATTS:g} W for a busy core. Who waits costs nothing here, and neither does "
        "the node, the broker or the database."
    )


def _latency(chain_id: int, role: str, done: Sequence[Step]) -> None:
    names = sorted({name for each in done for name in each.latency})
    series: dict[str, list[float | None]] = {
        name: [percentile(each.latency.get(name, []), 0.95) for each in done] for name in names
    }
    if any(each.behind for each in done):
        series["blocks behind"] = [each.behind for each in done]
    if not any(value is not None for row in series.values() for value in row):
        return
    parts.section(f"{wording.title(role)}: 95 of 100 took at most", f"ms, chain {chain_id}")
    stages = [wording.utc(each.at)[5:16] for each in done]
    charts.lines(f"course_{chain_id}_{role}", stages, series, f"latency of {role} over time", None)


def steps(told: Sequence[RoleHealth]) -> list[Step]:
    """The differences of neighbouring records of one run of a role; a new run counts from nothing again."""
    runs: dict[tuple[str, str, int], list[Health]] = defaultdict(list)
    for each in told:
        if each.health is not None:
            runs[each.health.role, each.health.instance, each.health.began_at].append(each.health)
    found = [_step(*pair) for rows in runs.values() for pair in pairwise(rows)]
    return sorted(found, key=lambda each: (each.at, each.role))


def _step(before: Health, after: Health) -> Step:
    heads = (before.head, after.head)
    return Step(
        role=after.role,
        at=after.at,
        blocks=0 if None in heads else max(0, (heads[1] or 0) - (heads[0] or 0)),
        cpu_s=max(0.0, after.cpu_s - before.cpu_s),
        answers=max(0, answers_of(after) - answers_of(before)),
        bytes=max(0, after.counts.get("bytes", 0) - before.counts.get("bytes", 0)),
        behind=after.lag_blocks,
        latency={name: _since(before.latency.get(name), row) for name, row in after.latency.items()},
    )


def _since(before: Sequence[int] | None, after: Sequence[int]) -> list[int]:
    """What a histogram counted in between; one of another shape counts as nothing."""
    if len(after) != len(BOUNDS_MS) + 1:
        return []
    then = before if before is not None and len(before) == len(after) else [0] * len(after)
    return [max(0, now - was) for was, now in zip(then, after, strict=True)]


def percentile(counted: Sequence[int], share: float) -> float | None:
    """The bound of a histogram below which so many lie; None where nothing was counted."""
    whole, seen = sum(counted), 0
    for bound, count in zip((*BOUNDS_MS, BEYOND_MS), counted, strict=False):
        seen += count
        if whole and seen >= share * whole:
            return float(bound)
    return None


COST = (
    Column("Role", "short"), Column("Blocks", "number"), Column("CPU s a block", "number"),
    Column("RPC answers a block", "number"), Column("Bytes a block", "number"),
    Column("Joules a block", "number"),
)  # fmt: skip


def cost(role: str, done: Sequence[Step]) -> list[tables.Cell]:
    """A role's blocks in a span, and what each of them took."""
    blocks = sum(each.blocks for each in done)
    cpu = sum(each.cpu_s for each in done)
    sums = (cpu, sum(each.answers for each in done), sum(each.bytes for each in done), cpu * WATTS)
    each_block = [_figure(total / blocks) if blocks else "" for total in sums]
    return [tables.cell(role), tables.number(blocks), *map(tables.cell, each_block)]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"
