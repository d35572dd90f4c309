"""Settings of the engine: frozen, in one place, part of the run digest."""

from __future__ import annotations

from dataclasses import dataclass, field

from detectors.alert import DEFAULT_FINALITY
from detectors.kernels.layout import Limits


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Counts are blocks unless a name says otherwise.

    finality: depth at which a block is taken as final. epoch_blocks: models are refitted and tables aged at
    multiples of this. generation_blocks: what a table did not touch for this long is dropped (a multiple of
    epoch_blocks). quiet_seconds: block time without a finding after which an episode closes. score_floor:
    scores below it are not kept. evidence_rows: cap of an alert's evidence; `measured.evidence_rows` tells
    how many there were. native_symbol: what evidence calls the native coin; null: as `schema.natives` knows
    its chain.
    """

    finality: int = DEFAULT_FINALITY
    epoch_blocks: int = 50
    generation_blocks: int = 50_000
    quiet_seconds: int = 6 * 3600
    score_floor: float = 0.3
    evidence_rows: int = 200
    native_symbol: str | None = None
    limits: Limits = field(default_factory=Limits)
