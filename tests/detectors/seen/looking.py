"""Somebody who only looks: what parts say of each block, as an engine goes through a log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from detectors import registry
from detectors.base import Finding, Seen, Tier
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.parts.contract import Columns
from detectors.parts.lines import key_of
from ingest.model.batch import Batch, Event, Rollback
from tests.fixtures.market import Market, goes_on
from tests.fixtures.restarts import begun, restarted

SHORT = EngineSettings(finality=12, epoch_blocks=20)
PARTS = registry.parts()
"""That may be read."""

Said = dict[int, dict[str, Any]]
"""By block: by part and table its columns as plain values."""


@dataclass
class Looker:
    """Keeps what parts say of each block, and the piece's own rows as part "". With `alone` it fails at more
    than one block at a time, so that it is asked again block by block.
    """

    reads: tuple[str, ...]
    said: Said = field(default_factory=dict)
    alone: bool = False
    name: str = "looker"
    catches: tuple[str, ...] = ("sandwich",)
    needs: Tier = "receipts"
    settings: object = None

    def score(self, seen: Seen) -> list[Finding]:
        if self.alone and seen.blocks["number"].size > 1:
            raise ValueError("this is more than one block")
        for block in seen.blocks["number"].tolist():
            self.said[block] = {"rows": plain(of_block(seen.rows, seen, block), seen)}
            for part in self.reads:
                tables = seen.of(part).items()
                found = {f"{part}.{name}": plain(of_block(table, seen, block)) for name, table in tables}
                self.said[block] |= {name: table for name, table in found.items() if any(table.values())}
        return []


def of_block(table: Columns, seen: Seen, block: int) -> Columns:
    """The lines that are about a block; refused where any is about none of the piece."""
    key = "number" if "number" in table else key_of(table)
    of = {"transaction": seen.transactions, "block": seen.blocks}.get(key, seen.rows)
    about = dict(zip(of["number"].tolist(), of.get("block", of["number"]).tolist(), strict=True))
    blocks = np.array([about[number] for number in table[key].tolist()], np.int64)
    return {name: column[blocks == block] for name, column in table.items()}


def plain(table: Columns, seen: Seen | None = None) -> dict[str, Any]:
    """As Python values; rows get the words of their column `more`."""
    said = {name: column.tolist() for name, column in table.items()}
    if seen is not None:
        said["more"] = [seen.more[at].tolist() if at >= 0 else None for at in said["more"]]
    return said


def whole(table: Columns) -> dict[str, list[Any]]:
    """As Python values, words as whole numbers."""
    return {
        name: [sum(int(limb) << 64 * (3 - i) for i, limb in enumerate(row)) for row in column.tolist()]
        if np.ndim(column) == 2
        else column.tolist()
        for name, column in table.items()
    }


@dataclass
class Told:
    """What was said of the blocks that stand, and the digest of all memory at their end."""

    said: Said
    digest: str


def told(
    events: Iterable[Event],
    reads: tuple[str, ...],
    follows: bool = False,
    alone: bool = False,
) -> Told:
    looker: Any = Looker(reads, alone=alone)
    engine = Engine(1, [looker], SHORT, follows=follows, parts=PARTS)
    for event in events:
        _take(engine, looker, event)
    return Told(looker.said, engine.state.memory.digest())


def told_with_crash(log: Sequence[Event], reads: tuple[str, ...], crash: int, folder: Path) -> Told:
    """The same, killed after so many events and gone on from what was saved by then."""
    looker = Looker(reads)
    engine = begun(Engine(1, [looker], SHORT, folder=folder / "first", parts=PARTS))
    for offset, event in enumerate(log[:crash], start=1):
        _take(engine, looker, event, offset)
    _Restarted.reads = reads
    engine.detectors = [_Restarted()]
    resumed, start = restarted(engine, folder / "second")
    engine.close()
    assert start is not None, "nothing was final yet: the crash comes too early to test anything"
    (second,) = resumed.detectors
    assert isinstance(second, Looker)
    second.said = {block: said for block, said in looker.said.items() if block <= resumed.state.number}
    for offset, event in enumerate(log[start:], start=start + 1):
        _take(resumed, second, event, offset)
    digest = resumed.state.memory.digest()
    resumed.close()
    return Told(second.said, digest)


class _Restarted(Looker):
    """One that a restart makes anew."""

    reads: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__(type(self).reads)


def _take(engine: Engine, looker: Looker, event: Event, offset: int = 0) -> None:
    engine.take(event, offset)
    if isinstance(event, Rollback):
        for block in [block for block in looker.said if block > event.number]:
            del looker.said[block]


def pieces(batch: Batch, *ends: int) -> list[Batch]:
    """A batch, cut after each of these blocks."""
    first, found = batch.first, []
    for end in [*sorted({end for end in ends if batch.first <= end < batch.last}), batch.last]:
        found.append(batch.slice(first, end))
        first = end + 1
    return found


def reorganised(market: Market, rng: Random) -> list[Event]:
    """A log that ends in all of the market's blocks; others come and go, as deep as finality lets them."""
    batch, log = market.batch(), list[Event]()
    for piece in pieces(batch, *rng.sample(range(batch.first, batch.last), 8)):
        log.append(piece)
        back = piece.last - rng.randint(1, SHORT.finality)
        if back < batch.first:
            continue
        log.append(_back(batch, back))
        if rng.random() < 0.6:
            fork = goes_on(market.fork(back, f"fork at {back}"), rng, rng.randint(1, SHORT.finality - 1))
            log += [fork.batch().slice(back + 1, piece.last), _back(batch, back)]
        log.append(batch.slice(back + 1, piece.last))
    return log


def _back(batch: Batch, number: int) -> Rollback:
    return Rollback(batch.chain_id, number, batch.slice(number, number).last_hash)
