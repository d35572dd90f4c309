"""Makes a bundle: gathers what belongs to an alert, and signs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from dashboard.outside.evidence.alerts import Taken
from dashboard.outside.evidence.blocks import LakeBlocks, Source, proved_blocks
from dashboard.outside.evidence.bundle import FORMAT, Evidence
from dashboard.outside.evidence.canonical import canonical, digest
from dashboard.outside.evidence.facts import facts_of
from dashboard.outside.evidence.places import digests
from dashboard.outside.evidence.signing import Signer
from dashboard.outside.evidence.steps import models_of, run_of, steps_of
from dashboard.outside.evidence.told import stated_of
from detectors.base import Detector
from detectors.engine.settings import EngineSettings
from ingest import schema


@dataclass(frozen=True, slots=True)
class Gathered:
    """A bundle's file, and the digest of what is the same whoever gathers it."""

    content: bytes
    name: str
    unproved: list[str] = field(default_factory=list)
    """Why nothing of a block is proved, for each of which that is so."""


def gather(
    taken: Taken,
    sources: Sequence[Source],
    signer: Signer,
    settings: EngineSettings,
    detectors: Sequence[Detector],
) -> Gathered:
    """Raises BadInput where sources and alert are of different chains, and what sources raise."""
    alert = taken.alert
    lake = next((source for source in sources if isinstance(source, LakeBlocks)), None)
    facts, left_out = (None, 0) if lake is None else facts_of(lake.lake, alert)
    evidence = Evidence(
        taken.plain,
        proved_blocks(alert, sources),
        facts,
        left_out,
        None if lake is None else stated_of(lake, alert),
        run_of(alert, None if lake is None else anchor_of(lake), settings, detectors),
        models_of(alert),
        steps_of(alert, detectors),
    )
    parts = {"format": FORMAT, "evidence": evidence, "filed": taken.filed, "anchored": taken.anchored}
    plain = msgspec.to_builtins(parts)
    signed = digests(plain)
    signature = {
        "algorithm": "Ed25519",
        "key": signer.public,
        "digests": signed,
        "value": signer.sign(signed),
    }
    content = canonical({**plain, "signature": signature}) + b"\n"
    notes = [f"block {each.number}: {each.note}" for each in evidence.blocks if each.note is not None]
    return Gathered(content, digest(plain["evidence"]), notes)


def anchor_of(lake: LakeBlocks) -> tuple[int, bytes]:
    """Where a run over this lake begins."""
    first = lake.ranges[0].first
    block = lake.lake.told(lake.chain_id, schema.BLOCKS, first)
    return first, bytes(block["block_hash"][0])
