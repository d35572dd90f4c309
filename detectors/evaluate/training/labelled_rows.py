"""Rows of a feature table with what the labels say of them: true ones of attacks, a sample of honest ones."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from detectors.base import Tier, hexed
from detectors.engine.settings import EngineSettings
from detectors.engine.state import State, advance, cut
from detectors.evaluate.labels import Label, Labels, load_labels
from detectors.models.model_file import Source
from detectors.models.outliers import Matrix
from detectors.parts.ledger import native_coin
from detectors.parts.model_tables import Lines, ModelTable
from ingest import schema
from ingest.lake.reading import Lake
from ingest.machine.progress import Progress
from ingest.model.errors import BadInput, ChainGap

HONEST = 20_000
"""Honest rows of a world that are drawn: those with the lowest hash, whatever order they come in."""
PER_STORY = 50
"""Rows of one attack that count, the first ones, so that a long one is not all that is learned."""


@dataclass(frozen=True, slots=True)
class Row:
    """`family`: of a true row the category and variant of its label; empty for an honest one. `kin`: see
    `Lines`.
    """

    values: bytes
    kin: bytes
    family: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as arrays, in an order of their own that is none of time; `world`: which lake each is of."""

    values: Matrix
    truth: NDArray[np.bool_]
    family: tuple[str, ...]
    kin: tuple[bytes, ...]
    world: NDArray[np.int64]
    sources: tuple[Source, ...]
    left_out: int
    """Labels that end above the last block of their lake: nobody can know of them yet."""


class _Asker:
    """Stands for the detectors whose parts the table needs."""

    name, catches, settings = "train", (), None
    needs: Tier = "code"

    def __init__(self, reads: tuple[str, ...]) -> None:
        self.reads = reads


@dataclass(slots=True)
class _Draw:
    """The honest rows with the lowest keyed hash: a heap with the highest on top."""

    seed: int
    held: list[tuple[int, bytes, bytes]] = field(default_factory=list)

    def offer(self, block: int, who: bytes, values: bytes, kin: bytes) -> None:
        key = hashlib.blake2b(who + block.to_bytes(8, "big"), digest_size=8, key=self.seed.to_bytes(8, "big"))
        entry = (-int.from_bytes(key.digest(), "big"), values, kin)
        if len(self.held) < HONEST:
            heapq.heappush(self.held, entry)
        elif entry > self.held[0]:
            heapq.heapreplace(self.held, entry)


def labelled_rows(
    table: ModelTable,
    worlds: list[tuple[Path, Path]],
    seed: int,
    report: Callable[[Progress], None],
) -> Rows:
    """Of each world, a lake with its label file. Raises BadInput where a label file is of another chain, or
    none of its attacks lies in the lake's blocks.
    """
    rows: list[tuple[int, Row]] = []
    sources: list[Source] = []
    left_out = 0
    for number, (lake, file) in enumerate(worlds):
        labels, opened = load_labels(file), Lake.open(lake)
        last = _last_block(opened, labels, lake, file)
        known = [label for label in labels.labels if label.last_block <= last]
        left_out += len(labels.labels) - len(known)
        if not any(label.kind == "attack" for label in known):
            raise BadInput(
                f"{file}: no attack of it lies in the blocks of {lake} (up to {last}): give its own labels"
            )
        truth = _Truth.of(labels, known, table)
        found = _of_world(table, opened, labels.chain_id, truth, seed, report)
        rows += [(number, row) for row in found]
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        sources.append(Source(labels.chain_id, digest, labels.seed, last))
    rows.sort(key=lambda each: (each[1].family, each[1].values, each[1].kin, each[0]))
    values = np.frombuffer(b"".join(row.values for _, row in rows), np.float64)
    return Rows(
        values.reshape(-1, len(table.columns)),
        np.array([bool(row.family) for _, row in rows], np.bool_),
        tuple(row.family for _, row in rows),
        tuple(row.kin for _, row in rows),
        np.array([number for number, _ in rows], np.int64),
        tuple(sources),
        left_out,
    )


def _last_block(lake: Lake, labels: Labels, path: Path, file: Path) -> int:
    ranges = lake.ranges(labels.chain_id)
    if not ranges:
        raise BadInput(
            f"{file} labels chain {labels.chain_id}, of which {path} holds no block: give its own labels"
        )
    return max(each.last for each in ranges)


@dataclass(frozen=True, slots=True)
class _Truth:
    """Who played a part in an attack, by address; `own`: attackers and subjects, in attacks that the table is
    about; `honest`: whom alone to take as honest, None: everybody else.
    """

    parts: frozenset[str]
    own: dict[str, list[Label]]
    honest: frozenset[str] | None
    steady: bool

    @classmethod
    def of(cls, labels: Labels, known: list[Label], table: ModelTable) -> _Truth:
        """Attacks above the end have parts as well: who plays one is not honest, only because it is early."""
        attacks = [label for label in labels.labels if label.kind == "attack"]
        parts = frozenset(each for label in [*attacks, *labels.canaries] for each in label.addresses)
        own: dict[str, list[Label]] = {}
        for label in known:
            if label.kind == "attack" and (table.category in (None, label.category, *label.also)):
                for address in label.attackers | label.subjects:
                    own.setdefault(address, []).append(label)
        looked_at = frozenset(a for label in known if label.kind == "hard_negative" for a in label.addresses)
        return cls(parts, own, None if labels.unlabelled == "honest" else looked_at, table.steady)

    def label(self, who: str, block: int) -> Label | None:
        """The attack that makes a line of this subject and block a true one."""
        for label in self.own.get(who, []):
            if self.steady or label.first_block <= block <= label.last_block:
                return label
        return None

    def is_honest(self, who: str, maker: str) -> bool:
        return not {who, maker} & self.parts and (self.honest is None or who in self.honest)


def _of_world(
    table: ModelTable,
    lake: Lake,
    chain_id: int,
    truth: _Truth,
    seed: int,
    report: Callable[[Progress], None],
) -> list[Row]:
    """True rows in chain order, and the drawn honest ones."""
    draw, found, of_story = _Draw(seed), list[Row](), Counter[str]()
    for lines in lines_of_lake(table, lake, chain_id, report):
        for at in range(len(lines.who)):
            who, block, values = hexed(lines.who[at]), int(lines.block[at]), lines.values[at].tobytes()
            label = truth.label(who, block)
            if label is not None and of_story[label.id] < PER_STORY:
                of_story[label.id] += 1
                found.append(Row(values, lines.kin[at], _family(label)))
            elif label is None and truth.is_honest(who, hexed(lines.maker[at])):
                draw.offer(block, lines.who[at], values, lines.kin[at])
    return [*found, *(Row(values, kin, "") for _, values, kin in draw.held)]


def _family(label: Label) -> str:
    return f"{label.category}:{label.variant}" if label.variant else label.category


def lines_of_lake(
    table: ModelTable, lake: Lake, chain_id: int, report: Callable[[Progress], None]
) -> Iterator[Lines]:
    """What the table says of the whole lake, piece by piece, as `detect` would see it. Raises ChainGap."""
    settings = EngineSettings()
    asker = [_Asker(table.reads)]
    state = State.empty(asker)  # type: ignore[arg-type]
    state.ledger.native = native_coin(chain_id, None)
    state.ledger.wrapped_here = schema.wrapped_natives(chain_id)
    total, done, started = sum(r.last - r.first + 1 for r in lake.ranges(chain_id)), 0, monotonic()
    for batch in lake.batches(chain_id):
        if state.anchor is not None and batch.parent_hash != state.hash:
            raise ChainGap(
                f"block {batch.first} does not follow block {state.number}: backfill those between"
            )
        anchor = batch.first if state.anchor is None else state.anchor[0]
        for piece in cut(batch, settings, anchor):
            look = advance(state, piece, asker, settings)  # type: ignore[arg-type]
            lines = table.lines(look.by("train", table.reads))
            if lines is not None:
                yield lines
        done += len(batch)
        report(Progress(done, total, monotonic() - started, "train"))
