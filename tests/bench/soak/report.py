"""How a soak is told: a line a day, a table of tables, and what follows from both."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.bench.soak.accounts import Held, held
from tests.bench.soak.arithmetic import Trend, extrapolated, plateau_day
from tests.bench.soak.engine_run import Day, EngineRun
from tests.bench.soak.promises import broken, disk_trend, explained_trend, unexplained_trend

MB = 1e6
FULLEST, LARGEST = 6, 40
LEAST_CAP = 1_000
"""Tables of a row or two are full by design."""
_COLUMNS = (
    ("day", 5), ("blocks", 7), ("transfers", 10), ("us/trf", 7), ("saving s", 9), ("wall s", 7),
    ("anon MB", 8), ("tables MB", 10), ("other MB", 9), ("mapped MB", 10), ("disk MB", 9), ("alerts", 7),
    ("kept", 6), ("scores", 8), ("snapshots", 10),
)  # fmt: skip


def head_lines() -> list[str]:
    return [
        "",
        "us/trf: processor time a transfer of judging; saving: of snapshots; anon: memory of the process,",
        "of which tables explain so much, other is the rest; mapped: pages of state's files; kept: alerts.",
        " ".join(name.rjust(width) for name, width in _COLUMNS),
    ]


def day_line(day: Day, run: EngineRun) -> str:
    last = run.samples[-1]
    cells = (
        day.number, day.blocks, f"{day.transfers:,}", f"{day.us:.1f}", f"{day.saving:.1f}", f"{day.wall:.0f}",
        f"{last.anonymous / MB:,.0f}", f"{last.explained / MB:,.0f}", f"{last.unexplained / MB:,.0f}",
        f"{last.mapped / MB:,.0f}", f"{last.disk / MB:,.0f}", day.alerts, last.alerts_kept,
        f"{day.scores:,}", day.snapshots,
    )  # fmt: skip
    return " ".join(str(cell).rjust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True))


def fullest(run: EngineRun) -> str:
    """The tables nearest to their caps, and how often any cap bit."""
    tables = sorted(_tables(run), key=lambda each: -each.full)[:FULLEST]
    early = run.engine.state.memory.early_ageings()
    said = ", ".join(f"{each.name.removeprefix('part_')} {each.full:.0%}" for each in tables)
    return f"fullest: {said}; dropped early: {early or 'none'}"


def _tables(run: EngineRun) -> list[Held]:
    return [each for each in held(run.engine.state.memory) if each.cap is not None and each.cap >= LEAST_CAP]


def table_lines(run: EngineRun) -> list[str]:
    """The largest parts of memory: rows against caps, bytes, the day at which as much goes as comes, and the
    day of the cap if rows go on to come as they did, which is the soonest that it can be.
    """
    days = run.engine.state.number / run.frames.blocks_a_day
    parts = sorted(held(run.engine.state.memory), key=lambda each: -each.memory - each.disk)[:LARGEST]
    head = f"{'part of memory':36} {'rows':>11} {'cap':>10} {'full':>5} {'cap on day':>10} {'MB':>8} "
    return [
        "",
        f"{head}{'files MB':>9} {'level on day':>12} {'early':>5}",
        *(_line(each, days) for each in parts),
    ]


def _line(each: Held, days: float) -> str:
    level = plateau_day(each.horizon_s, each.in_table)
    cap, full, capped = "-", "-", "-"
    if each.cap:
        cap, full = f"{each.cap:,}", f"{each.full:.0%}"
        capped = f"{extrapolated(days, each.rows, each.cap):,.0f}" if each.rows else "-"
    when = "never" if math.isinf(level) else f"{level:,.0f}"
    return (
        f"{each.name.removeprefix('part_'):36} {each.rows:>11,} {cap:>10} {full:>5} {capped:>10} "
        f"{each.memory / MB:>8,.1f} {each.disk / MB:>9,.1f} {when:>12} {each.early:>5}"
    )


def summary(run: EngineRun, last: int) -> tuple[list[str], Sequence[str]]:
    """What follows after block `last`, and the promises that do not hold."""
    samples = run.samples
    lines = [
        f"over the last third of {len(samples)} samples, a day (median slope, 95 %):",
        _of("memory that no table explains", unexplained_trend(samples)),
        _of("memory of tables", explained_trend(samples)),
        _of("state on disk", disk_trend(samples)),
    ]
    faults = list(broken(run.engine, run.frames, last, samples))
    took = run.restarted()
    lines.append(f"restart from disk: {took:.1f} s, at block {run.engine.state.number:,}")
    lines += [f"PROMISE BROKEN: {fault}" for fault in faults] or ["every promise held"]
    return lines, faults


def _of(what: str, found: Trend) -> str:
    if math.isnan(found.slope):
        return f"  {what}: too few samples to say"
    return f"  {what}: {found.slope / MB:+,.1f} MB [{found.low / MB:+,.1f}, {found.high / MB:+,.1f}]"
