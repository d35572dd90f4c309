"""What a soak holds the engine to. Nothing here is about absolute time or speed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detectors.engine.engine import Engine
from detectors.memory.append_only import AppendOnly
from detectors.memory.memory import NO_BLOCK
from tests.bench.soak.arithmetic import Trend, last_third, trend
from tests.bench.soak.engine_run import Sample
from tests.bench.soak.frames import Frames

GROWS = 0.01
"""The share of itself by which what no table explains may surely grow in a day of mainnet's blocks."""


def unexplained_trend(samples: Sequence[Sample]) -> Trend:
    """Bytes a day over the last third."""
    return _trend(samples, [each.unexplained for each in samples])


def disk_trend(samples: Sequence[Sample]) -> Trend:
    return _trend(samples, [each.disk for each in samples])


def explained_trend(samples: Sequence[Sample]) -> Trend:
    return _trend(samples, [each.explained for each in samples])


def _trend(samples: Sequence[Sample], values: Sequence[float]) -> Trend:
    days = [each.day for each in samples]
    late = last_third(days)
    return trend(days[late], values[late])


def broken(engine: Engine, frames: Frames, last: int, samples: Sequence[Sample]) -> Iterator[str]:
    """A line for each promise that does not hold after block `last`."""
    if engine.state.number != last:
        yield f"{last - engine.state.number} blocks behind at the end"
    if engine.state.off:
        yield f"switched off: {', '.join(off.told(name) for name, off in engine.state.off.items())}"
    yield from _old_rows(engine, frames)
    growth = unexplained_trend(samples)
    if samples and growth.grows_by(GROWS * samples[-1].unexplained):
        yield (
            f"memory that no table explains grows by {growth.low / 1e6:,.1f} MB a day or more, "
            f"of {samples[-1].unexplained / 1e6:,.0f} MB"
        )


def _old_rows(engine: Engine, frames: Frames) -> Iterator[str]:
    """Tables and files that are held past their horizon, or grow past their cap, by more than an epoch."""
    memory, epoch = engine.state.memory, engine.settings.epoch_blocks
    now, before = frames.time(engine.state.number), frames.time(max(0, memory.saved - 2 * epoch))
    for name, table in memory.tables().items():
        began = table.current.began
        slack = frames.time(2 * epoch) - frames.time(0)
        if table.horizon_s is not None and began is not None and now - began[1] > table.horizon_s + slack:
            late = now - began[1]
            yield f"the table {name} began no generation for {late:,} s, its horizon is {table.horizon_s:,}"
        if table.current.count > table.cap + table.cap // 4:
            yield f"the table {name} holds {table.current.count:,} rows, its cap is {table.cap:,}"
    if memory.saved == NO_BLOCK:
        return
    for name, part in memory.parts.items():
        if isinstance(part, AppendOnly):
            old = len(part.segments.segments) - len(part.segments.needed(part.kept_from(before)))
            if old:
                yield f"{old} files of {name} hold only rows past the horizon of {part.horizon_s:,} s"
