"""What a stretch of blocks says: the revision of each alert that is other than what was anchored of it last.

A stretch ends where an epoch of the engine does, since there every revision that stands is filed, wherever
batches are cut. Its leaves are alerts as they stood at its last block, which is final: so they follow from
the log alone, and a live store and a lake give the same root.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.outside.anchoring.merkle import Leaf, in_order, root
from dashboard.store.anchors import Filed, LeafRow
from detectors.alerts.alert import canonical
from detectors.engine.settings import EngineSettings
from ingest.model.errors import BadInput
from ingest.model.redact import shown

EPOCH = EngineSettings().epoch_blocks


@dataclass(frozen=True, slots=True)
class Revision:
    """What a revision says of itself, and the row of the list that it stands in."""

    number: int
    run: str
    updated_block: int
    retracted: bool
    record: str


@dataclass(frozen=True, slots=True)
class Planned:
    """The leaves of a stretch, sorted, and the root over them (0x-hex)."""

    leaves: tuple[LeafRow, ...]
    root: str


def checked_size(blocks: int) -> int:
    """Raises BadInput for a length at whose end not every revision is filed."""
    if blocks < EPOCH or blocks % EPOCH:
        raise BadInput(f"a stretch of {blocks} blocks cannot be anchored: give a multiple of {EPOCH}")
    return blocks


def end_of(first: int, size: int, since: int = 0) -> int:
    """The last block of the stretch that begins at `first`: stretches end at multiples of `size`, and not
    below `since`, up to which a run that took over is not known block by block.
    """
    block = max(first, since)
    return block - block % size + size - 1


def final_record(record: str) -> str:
    """The canonical JSON of a revision as it is anchored: final, or retracted. Nothing else is touched, so it
    stays the same whatever version of undertow reads it later.
    """
    plain = json.loads(record)
    plain["status"] = "retracted" if plain["status"] == "retracted" else "final"
    return canonical(plain)


def standing_at(revisions: Iterable[Revision], block: int) -> Revision | None:
    """The revision that stood at the end of `block`; the last that retracted it where none did; None where
    nothing is said of it up to there.

    Revisions come as they were filed. A rollback files the revision that stands again, or a retraction: what
    is as new or newer than a revision has left with its blocks. A run that took over says all of it anew.
    """
    stack: list[Revision] = []
    gone: Revision | None = None
    for each in revisions:
        if each.retracted:
            stack, gone = [], each
            continue
        if stack and stack[-1].run != each.run:
            stack = []
        while stack and stack[-1].updated_block >= each.updated_block:
            stack.pop()
        stack.append(each)
    return next((each for each in reversed(stack) if each.updated_block <= block), gone)


def planned(
    chain_id: int, filed: Mapping[str, Sequence[Filed]], anchored: Mapping[str, LeafRow], last: int
) -> Planned:
    """The leaves of a stretch that ends with block `last`. `filed` are all revisions of every alert that may
    be other than what was anchored of it.
    """
    leaves: list[tuple[Leaf, LeafRow]] = []
    for name, rows in filed.items():
        stood = standing_at(map(_revision, rows), last)
        known = anchored.get(name)
        if stood is None or (stood.retracted and (known is None or known.retracted)):
            continue
        leaf = Leaf.of(chain_id, name, final_record(stood.record))
        if known is None or known.record_hash != hexed(leaf.record_hash):
            leaves.append((leaf, LeafRow(name, stood.number, hexed(leaf.record_hash), stood.retracted)))
    return _tree(leaves)


def tree_of(chain_id: int, leaves: Iterable[LeafRow]) -> Planned:
    """The same of leaves that are known."""
    return _tree([(leaf_of(chain_id, each), each) for each in leaves])


def leaf_of(chain_id: int, row: LeafRow) -> Leaf:
    """As a tree holds it. Raises BadInput where the row has no hash."""
    try:
        return Leaf(chain_id, row.alert_id, bytes.fromhex(row.record_hash[2:]))
    except ValueError:
        raise BadInput(
            f"the leaf of alert {shown(row.alert_id, 80)} has no hash: the store was edited"
        ) from None


def _tree(leaves: Sequence[tuple[Leaf, LeafRow]]) -> Planned:
    rows = {leaf.key: row for leaf, row in leaves}
    ordered = in_order([leaf for leaf, _ in leaves])
    return Planned(tuple(rows[leaf.key] for leaf in ordered), hexed(root([leaf.hash() for leaf in ordered])))


def _revision(filed: Filed) -> Revision:
    try:
        plain: dict[str, Any] = json.loads(filed.record)
        updated, run = int(plain["updated_block"]), str(plain["run"])
        return Revision(filed.number, run, updated, plain["status"] == "retracted", filed.record)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadInput(
            f"row {filed.number} of the list of revisions is no alert: the store was edited, fill a new one"
        ) from None


def hexed(data: bytes) -> str:
    return "0x" + data.hex()
