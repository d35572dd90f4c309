"""When each story begins: drawn from the seed, spread evenly, early enough to end before the last block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from ingest.localchain.stories import Repertoire

ACT_BLOCKS = 200
"""An endless run is a row of acts of this length, each with all its attacks."""

FIRST_ATTACK = 20
"""The block of the run in which the very first attack begins: a demo must soon have something to show."""

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
        yield from _act(rng, repertoires, 0, blocks, per_category, 0)
        return
    act = 0
    while True:
        yield from _act(rng, repertoires, act * ACT_BLOCKS, (act + 1) * ACT_BLOCKS, per_category, act)
        act += 1


def left_out(repertoires: Sequence[Repertoire], blocks: int | None) -> list[Repertoire]:
    """Those whose stories do not fit into so few blocks."""
    return [r for r in repertoires if blocks is not None and _last_start(r, blocks) < r.warm_up]


def _act(
    rng: Random, repertoires: Sequence[Repertoire], first: int, end: int, per_category: int, act: int
) -> list[Entry]:
    entries = []
    for repertoire in repertoires:
        low, high = max(first, repertoire.warm_up), _last_start(repertoire, end)
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


def _something_early(entries: list[Entry], first: int) -> list[Entry]:
    """In the first act, one attack that needs little warm-up begins at `FIRST_ATTACK`."""
    attacks = (e for e in entries if e.repertoire.kind == "attack")
    early = next((e for e in attacks if first == 0 and e.repertoire.warm_up <= FIRST_ATTACK), None)
    if early is None:
        return entries
    moved = replace(early, start=FIRST_ATTACK)
    return sorted([moved, *(e for e in entries if e is not early)], key=lambda entry: entry.start)
