"""MIDAS-R and MIDAS-F as the papers have them, plainly; the same stream through the kernel; and streams of
the papers' kind to try both on.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.midas import CELL, CLOCK, PAID, count_payments
from detectors.memory.history import History
from detectors.memory.table import Table
from detectors.parts.horizons import DAY
from detectors.parts.rates import Settings

Ints = NDArray[np.int64]
Scores = NDArray[np.float64]


class Midas:
    """The papers' algorithms with a dictionary for each sketch: at the end of a tick all cells fade, and
    MIDAS-F merges those that were not anomalous.
    """

    def __init__(self, own: Settings) -> None:
        self.own, self.ticks, self.second = own, 0, -1
        self.now: dict[Any, float] = defaultdict(float)
        self.all: dict[Any, float] = defaultdict(float)
        self.f_now: dict[Any, float] = defaultdict(float)
        self.f_all: dict[Any, float] = defaultdict(float)
        self.f_score: dict[Any, float] = defaultdict(float)

    def take(self, second: int, source: int, target: int) -> tuple[float, float]:
        if second != self.second:
            self._end_tick()
            self.second = second
            self.ticks += 1
        r = f = 0.0
        for cell in (("edge", source, target), ("source", source), ("target", target)):
            for counts in (self.now, self.all, self.f_now):
                counts[cell] += 1
            a, s, t = self.now[cell], self.all[cell], self.ticks
            if t > 1 and a > s / t:
                r = max(r, (a - s / t) ** 2 * t * t / (s * (t - 1)))
            a, s = self.f_now[cell], self.f_all[cell]
            score = (a + s - a * t) ** 2 / (s * (t - 1)) if t > 1 and s and a * (t - 1) > s else 0.0
            self.f_score[cell] = score
            f = max(f, score)
        return r, f

    def _end_tick(self) -> None:
        for cell in self.now:
            if self.f_score[cell] < self.own.filter:
                self.f_all[cell] += self.f_now[cell]
            elif self.ticks > 1:
                self.f_all[cell] += self.f_all[cell] / (self.ticks - 1)
            self.now[cell] *= self.own.decay
            self.f_now[cell] *= self.own.decay


@dataclass(frozen=True)
class Edges:
    """Edges in time order: the tick of each, counted from 0, its ends, and whether it is of an attack."""

    tick: Ints
    source: Ints
    target: Ints
    attack: NDArray[np.bool_]


def edge_stream(seed: int, edges: int, ticks: int) -> Edges:
    """Network traffic to the statistics of DARPA 1998 as the papers give them: 4,554,344 edges in 46,567
    minutes (98 a minute), among 9,484 sources and 23,398 targets, 60.1 % of the edges of attacks.

    Ordinary traffic: who talks with whom follows a power law, at a rate that rises and falls with the day.
    Attacks, as that recording has them: floods of one pair and of many sources upon one target, within few
    minutes, and scans of one source over many targets, some of them slow.
    """
    rng = np.random.default_rng(seed)
    honest = int(edges * 0.399)
    sources, targets = max(40, edges // 480), max(100, edges // 195)
    rate = 1.0 + 0.8 * np.sin(np.arange(ticks) * 2 * np.pi / 1_440)
    tick = rng.choice(ticks, honest, p=rate / rate.sum())
    parts = [(tick, _skewed(rng, sources, honest), _skewed(rng, targets, honest) + sources)]
    left = edges - honest
    while left > 0:
        size = int(min(left, max(20, rng.pareto(0.9) * edges / 2_000)))
        parts.append(_attack(rng, size, ticks, sources, targets))
        left -= size
    tick, source, target = (np.concatenate([part[i] for part in parts]) for i in range(3))
    attack = np.arange(tick.size) >= honest
    order = np.lexsort((rng.random(tick.size), tick))
    return Edges(tick[order], source[order], target[order], attack[order])


def _skewed(rng: np.random.Generator, among: int, count: int) -> Ints:
    return np.minimum(among - 1, rng.pareto(1.0, count) * among / 100).astype(np.int64)


def _attack(
    rng: np.random.Generator, size: int, ticks: int, sources: int, targets: int
) -> tuple[Ints, Ints, Ints]:
    kind = rng.choice(("pair", "many upon one", "scan", "slow scan"), p=(0.4, 0.3, 0.2, 0.1))
    minutes = ticks // 8 if kind == "slow scan" else int(rng.integers(1, 12))
    start = int(rng.integers(ticks // 50, ticks - minutes))
    tick = np.minimum(ticks - 1, start + rng.integers(0, minutes, size))
    one_source, one_target = int(rng.integers(sources)), sources + int(rng.integers(targets))
    source, target = np.full(size, one_source), np.full(size, one_target)
    if kind == "many upon one":
        source = rng.integers(0, sources, size)
    elif kind != "pair":
        target = sources + rng.integers(0, targets, size)
    return tick, source, target


def kernel_scores(stream: Edges, own: Settings) -> Scores:
    """[n, 2]: MIDAS-R and MIDAS-F of each edge, as the part's kernel has them."""
    count = stream.tick.size
    rates = Table(CELL, horizon_s=own.horizon_s, cap=own.cap)
    clock = Table(CLOCK, horizon_s=3650 * DAY, cap=2)
    paid = History(PAID, horizon_s=own.paid_s, cap=own.paid_cap)
    for each in (rates, clock, paid):
        each.keep_journal(False)
    out = [np.zeros(count) for _ in range(6)]
    out += [np.zeros(count, np.int64) for _ in range(2)]
    out += [np.zeros(count) for _ in range(2)]
    time = 1_700_000_000 // own.tick_s * own.tick_s + stream.tick * own.tick_s
    for start in range(0, count, 20_000):
        part = slice(start, start + 20_000)
        size = time[part].size
        rates.reserve(4 * size)
        clock.reserve(size)
        paid.reserve(2 * size)
        cells, *rest = rates.arrays()
        given: list[Any] = [cells, cells.view(np.float64), *rest, *clock.arrays(), *paid.arrays()]
        given += [np.array([own.tick_s, own.decay, own.filter])]
        given += [stream.tick[part] + 1, time[part], stream.source[part] + 1, stream.target[part] + 1]
        given += [np.zeros(size, np.int64), np.arange(start, start + size), np.zeros(size, np.int64)]
        count_payments(*given, *(each[part] for each in out))
    return np.column_stack(out[-2:])


def plain_scores(stream: Edges, own: Settings) -> Scores:
    """[n, 2]: the same by the papers' algorithms."""
    midas = Midas(own)
    edges = zip(stream.tick.tolist(), stream.source.tolist(), stream.target.tolist(), strict=True)
    return np.array([midas.take(*edge) for edge in edges])


def compared(stream: Edges, own: Settings) -> tuple[Scores, Scores]:
    """What the kernel says, and what the papers say."""
    return kernel_scores(stream, own), plain_scores(stream, own)
