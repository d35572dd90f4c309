"""How long work would take on so many machines: the schedules of a backfill and of a lake run, played with
the times that tasks were measured to take. Nothing is run.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RangeTimes:
    """Seconds of a range: read by a worker; sent to the command; written there, one after the other."""

    read: float
    sent: float
    written: float


@dataclass(frozen=True, slots=True)
class PieceTimes:
    """Seconds of a piece: taken through memory; what it added sent to one machine; entered by each scorer;
    itself sent, and asked about, once; filed.
    """

    taken: float
    grown_sent: float
    grown: float
    sent: float
    asked: float
    filed: float


def backfill(times: RangeTimes, ranges: int, workers: int) -> float:
    """Seconds: a worker takes the next range when its last is read; the command writes as ranges come."""
    free = [0.0] * workers
    brought = []
    for _ in range(ranges):
        ready = heapq.heappop(free) + times.read
        heapq.heappush(free, ready)
        brought.append(ready)
    at = 0.0
    for ready in sorted(brought):
        at = max(at, ready) + times.sent + times.written
    return at


def lake_run(times: PieceTimes, pieces: int, machines: int, scorers: int, ahead: int = 2) -> float:
    """Seconds: the one in order takes a piece, sends what it added to each machine beyond its own, and the
    piece to one scorer; it files answers in order, and waits where `ahead` pieces a scorer are not filed.
    """
    at, free = 0.0, [0.0] * scorers
    waiting: deque[float] = deque()
    for piece in range(pieces):
        at += times.taken + times.sent + times.grown_sent * (machines - 1)
        which = piece % scorers
        free = [max(each, at) + times.grown for each in free]
        free[which] += times.asked
        waiting.append(free[which])
        while waiting and (len(waiting) > ahead * scorers or waiting[0] <= at):
            at = max(at, waiting.popleft()) + times.filed
    for answer in waiting:
        at = max(at, answer) + times.filed
    return at


def sequential_share(alone: float, one_by_one: float) -> float:
    """Of the work of one worker what no other can take over, by which Amdahl bounds the speed-up."""
    return one_by_one / alone
