"""When each story begins: drawn from the seed, spread evenly, early enough to end before the last block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random

from ingest.localchain.play.stories import Repertoire

ACT_BLOCKS = 200
"""An endless run is a row of acts of this length, each with all its attacks."""

FIRST_ATTACK = 20
"""The block of the run in which the very first attack begins: a demo must soon have something to show."""

SOON_OVER = 20
"""It takes fewer blocks than this."""

_TAIL = 2
"""Blocks left after a story's latest end: its outcome is known one block after its last transaction."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A story and the block, counted from the beginning of the run, in which it begins."""

    start: int
    repertoire: Repertoire
    number: int


def programme(
    rng: Random, repertoires: Sequence[Repertoire], blocks: int | None, per_category: int
) -> Iterator[Entry]:
    """Entries in order of their start; without end when `blocks` is None."""
    if blocks is not None:
        starts = {r: _last_start(r, blocks) for r in repertoires}
        yield from _act(rng, starts, 0, per_category, 0)
        return
    for act in count() if per_category and repertoires else ():  # else it would look for a story for ever
        first = act * ACT_BLOCKS
        yield from _act(rng, dict.fromkeys(repertoires, first + ACT_BLOCKS - 1), first, per_category, act)


def left_out(repertoires: Sequence[Repertoire], blocks: int | None) -> list[Repertoire]:
    """Those whose stories do not fit into so few blocks."""
    return [r for r in repertoires if blocks is not None and _last_start(r, blocks) < r.warm_up]


def _act(
    rng: Random, last_starts: Mapping[Repertoire, int], first: int, per_category: int, act: int
) -> list[Entry]:
    """The entries from block `first` on, none of them after its repertoire's last start."""
    entries = []
    for repertoire, high in last_starts.items():
        low = max(first, repertoire.warm_up)
        for turn in range(per_category if high >= low else 0):
            start = _within(rng, low, high, turn, per_category)
            entries.append(Entry(start, repertoire, act * per_category + turn))
    return _something_early(sorted(entries, key=lambda entry: entry.start), first)


def _last_start(repertoire: Repertoire, end: int) -> int:
    return end - repertoire.latest_end - _TAIL


def _within(rng: Random, low: int, high: int, turn: int, turns: int) -> int:
    """A block in the `turn`-th of `turns` equal parts of low..high."""
    width = (high - low + 1) / turns
    return low + int(width * (turn + rng.random()))


def _comes_first(entry: Entry) -> bool:
    plays = entry.repertoire
    return plays.kind == "attack" and plays.warm_up <= FIRST_ATTACK and plays.longest < SOON_OVER


def _something_early(entries: list[Entry], first: int) -> list[Entry]:
    """In the first act, the attack that is over soonest of those that need little warm-up begins at
    `FIRST_ATTACK`.
    """
    soon_over = [entry for entry in entries if first == 0 and _comes_first(entry)]
    early = min(soon_over, key=lambda entry: entry.repertoire.longest, default=None)
    if early is None:
        return entries
    moved = replace(early, start=FIRST_ATTACK)
    return sorted([moved, *(e for e in entries if e is not early)], key=lambda entry: entry.start)
