"""Schedules of a backfill and of a lake run on one to a hundred machines, by the times that tasks took."""

from __future__ import annotations

from tests.bench.distributed.schedule import PieceTimes, RangeTimes, backfill, lake_run, sequential_share
from tests.bench.distributed.task_times import RANGE

Lines = list[list[str]]

MACHINES = (1, 2, 4, 10, 25, 50, 100)
CORES = 8
"""Of each machine."""
SCORERS = (1, 2, 3, 4, 6, 7, 15, 31, 63)
"""That are tried, on as few machines as hold them: more than are needed only cost."""
RANGES, PIECES, PIECE = 20_000, 4_000, 50
"""Twenty million blocks of ranges: nearly all of mainnet; and pieces, of so many blocks."""


def times_table(ranges: tuple[RangeTimes, int], pieces: tuple[PieceTimes, int, int]) -> Lines:
    """What was measured, and what follows from sizes and the network."""
    range_, range_bytes = ranges
    piece, sent_bytes, grown_bytes = pieces
    return [
        ["a task", "ms", "MB"],
        ["range of 1,000 blocks: fetched, proved, decoded, encoded", _ms(range_.read), _mb(range_bytes)],
        ["  sent to the command, 10 Gbit/s", _ms(range_.sent), ""],
        ["  written to the lake", _ms(range_.written), ""],
        ["piece of 50 blocks: through memory, and packed", _ms(piece.taken), _mb(sent_bytes)],
        ["  what it added, entered by each scorer", _ms(piece.grown), _mb(grown_bytes)],
        ["  detectors asked, by one", _ms(piece.asked), ""],
        ["  filed", _ms(piece.filed), ""],
    ]


def plan_table(range_: RangeTimes, piece: PieceTimes) -> Lines:
    """Speed-ups over one core that does all of it, in one process."""
    alone = range_.read + range_.written
    own = sequential_share(alone, range_.sent + range_.written)
    judged = piece.taken + piece.asked + piece.filed
    in_order = sequential_share(judged, piece.taken + piece.sent + piece.filed)
    lines = [
        [f"machines of {CORES} cores", "backfill: blocks/s", "speed-up", "detect: blocks/s", "speed-up"],
        ["(sequential share)", "", f"{own:.4f}", "", f"{in_order:.4f}"],
        ["(bound by Amdahl)", "", f"{1 / own:,.0f}", "", f"{1 / in_order:.2f}"],
    ]
    for machines in MACHINES:
        cores = CORES * machines
        reading = backfill(range_, RANGES, cores - 1)
        scorers = [few for few in SCORERS if few < cores]
        judging = min(lake_run(piece, PIECES, -(-(few + 1) // CORES), few) for few in scorers)
        lines.append(
            [
                str(machines), f"{RANGES * RANGE / reading:,.0f}", f"{RANGES * alone / reading:,.1f}",
                f"{PIECES * PIECE / judging:,.0f}", f"{PIECES * judged / judging:.2f}",
            ]
        )  # fmt: skip
    return lines


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.1f}"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.2f}"
