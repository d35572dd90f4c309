"""Judges a lake anew from where the run began, and compares what it says of an alert with a bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from dashboard.outside.evidence.blocks import LakeBlocks
from dashboard.outside.evidence.claims import Claim
from dashboard.outside.evidence.gathering import anchor_of
from dashboard.outside.evidence.proofs import Checked
from detectors.alerts.alert import Alert
from detectors.base import Detector
from detectors.engine.digest import digest
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from ingest.blocks.rebuilt import NotKept
from ingest.model.batch import Batch

BLOCKS = 100
"""Blocks of a batch, where none of them can be the one of a revision that the bundle has."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay says of one alert: each line once, in order, and the last that stands; the head."""

    said: tuple[str, ...]
    last: Alert | None
    head: int


def compare(
    found: Checked,
    lake: LakeBlocks,
    settings: EngineSettings,
    detectors: Sequence[Detector],
    report: Callable[[int], None],
) -> None:
    """Adds to `found` what a replay says of the bundle's alert; `report` hears of each block that is judged.

    A retracted alert is of blocks that no lake holds, and is not looked for. Raises ChainGap, NotALake.
    """
    if found.bundle is None or found.alert is None:
        return
    if found.alert.status == "retracted":
        found.claims.append(Claim("the alert as a whole", "signed", "retracted: no lake has what it was of"))
        return
    if not _holds(found, lake):
        return
    made = digest(settings, detectors, anchor_of(lake))
    if made != found.alert.run:
        told = f"the alert is of run {found.alert.run}, this undertow over this lake is run {made}: "
        told += "code, settings, or the first block differ"
        found.refuse("another-run", "/evidence/run/digest", told)
        return
    _compare(found, found.alert, replayed(lake, found.alert, settings, detectors, report))


def replayed(
    lake: LakeBlocks,
    alert: Alert,
    settings: EngineSettings,
    detectors: Sequence[Detector],
    report: Callable[[int], None],
) -> Replayed:
    """All of the lake judged; block by block where the alert grew."""
    engine = Engine(lake.chain_id, detectors, settings, follows=False, keep_all=True)
    said: dict[str, None] = {}
    for batch in lake.lake.batches(lake.chain_id, blocks=BLOCKS):
        for piece in _pieces(batch, alert.block_number, alert.updated_block):
            found = [each for each in engine.take(piece).alerts if each.id == alert.id]
            said.update(dict.fromkeys(each.to_json() for each in found))
            report(piece.last)
    last = next((each for each in engine.standing() if each.id == alert.id), None)
    return Replayed(tuple(said), last, engine.state.number)


def _pieces(batch: Batch, first: int, last: int) -> Iterator[Batch]:
    """Single blocks from `first` to `last`, and what lies before and after them."""
    before, after = batch.slice(batch.first, first - 1), batch.slice(last + 1, batch.last)
    yield from (piece for piece in (before,) if len(piece))
    for number in range(max(first, batch.first), min(last, batch.last) + 1):
        yield batch.slice(number, number)
    yield from (piece for piece in (after,) if len(piece))


def _holds(found: Checked, lake: LakeBlocks) -> bool:
    """Whether the lake has the bundle's blocks."""
    assert found.bundle is not None
    held = True
    for at, block in enumerate(found.bundle.evidence.blocks):
        try:
            there = "0x" + lake.block(block.number).last_hash.hex()
        except NotKept as lacking:
            there = str(lacking)
        if block.hash != there and not (block.hash is None and there.startswith("0x")):
            found.refuse("not-in-lake", f"/evidence/blocks/{at}/hash", f"there is {there}")
            held = False
    return held


def _compare(found: Checked, alert: Alert, made: Replayed) -> None:
    line = replace(alert, status=None).to_json()
    if made.last is None:
        found.refuse("not-replayed", "/evidence/alert", f"up to block {made.head} no such alert is raised")
    elif made.last.to_json() == line:
        note = f"replayed up to block {made.head}: the same, byte for byte"
        found.claims.append(Claim("the alert as a whole", "signed", note))
        _compare_filed(found, made)
    elif line in made.said:
        changed = f"it was so, and changed by block {made.last.updated_block}"
        found.refuse("stale", "/evidence/alert", changed)
    else:
        ours, theirs = replace(alert, status=None).to_dict(), made.last.to_dict()
        keys = [key for key in sorted(ours) if ours[key] != theirs[key]]
        for key in keys:
            found.refuse("not-replayed", f"/evidence/alert/{key}", f"the replay has another {key}")


def _compare_filed(found: Checked, made: Replayed) -> None:
    """Revisions that stood are said block by block; those of blocks that left are in no lake."""
    assert found.bundle is not None
    if found.bundle.filed is None:
        return
    records = [revision.record for revision in found.bundle.filed.revisions]
    lines = [Alert.from_dict(record).to_json() for record in records]
    again = sum(line in made.said for line in lines)
    note = f"{again} of them replayed; the others were of blocks that left, or of several blocks at once"
    found.claims.append(
        Claim(f"{len(lines)} revisions", "signed", note if again < len(lines) else "replayed")
    )
