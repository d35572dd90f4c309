"""Settings of the engine: frozen, in one place, part of the run digest."""

from __future__ import annotations

from dataclasses import dataclass, field

from detectors.alerts import caps
from detectors.alerts.alert import DEFAULT_FINALITY
from detectors.alerts.text import visible
from detectors.base import TIERS, Tier
from detectors.models.schedule import Schedule
from ingest.model.errors import BadInput

MOST = 2**31 - 1
"""Of any count: kernels and stores hold them in four bytes."""
SYMBOL = 32
"""Letters of a coin's name."""

COUNTS = ("finality", "epoch_blocks", "evidence_rows", "roles", "counted", "block_scores")
"""Settings that begin at one."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Counts are blocks unless a name says otherwise.

    finality: depth at which a block is taken as final. epoch_blocks: the horizons of what is remembered
    are looked at at multiples of this. schedule: when models are made. quiet_seconds: block time without
    a finding after which an episode closes. score_floor: scores below it are not kept. evidence_rows,
    roles: caps of what an alert shows; `measured` tells how many there were. counted: distinct rows of an
    alert, and addresses of a role, at which counting ends, loudly. block_scores: scores kept of a block,
    the highest; `Output.scores_left_out` counts the others. native_symbol: what evidence calls the native
    coin; null: as `schema.natives` knows its chain. tier: what the data was cut down to before it was
    judged (`detect --tier`); null: all there was.

    Raises BadInput for a setting that no run can keep to.
    """

    finality: int = DEFAULT_FINALITY
    epoch_blocks: int = 50
    quiet_seconds: int = 6 * 3600
    score_floor: float = 0.3
    evidence_rows: int = 200
    roles: int = 500
    counted: int = 20_000
    block_scores: int = 1_000
    native_symbol: str | None = None
    tier: Tier | None = None
    schedule: Schedule = field(default_factory=Schedule)

    def __post_init__(self) -> None:
        for name in COUNTS:
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= MOST:
                raise BadInput(f"the setting {name} is {value!r}: give a whole number from 1 to {MOST}")
        if type(self.quiet_seconds) is not int or not isinstance(self.score_floor, int | float):
            raise BadInput("the settings quiet_seconds and score_floor are numbers, the first a whole one")
        if type(self.schedule) is not Schedule:
            raise BadInput("the setting schedule is none: give Schedule(…)")
        if self.tier not in (None, *TIERS):
            raise BadInput(f"the setting tier is {self.tier!r}: give one of {', '.join(TIERS)}")
        _check_symbol(self.native_symbol)
        if not 0 <= self.quiet_seconds <= MOST or not 0 <= self.score_floor <= 1:
            raise BadInput("the settings quiet_seconds and score_floor begin at 0, and the floor ends at 1")
        largest = caps.alert_bytes(self.evidence_rows, self.roles)
        if largest > caps.RECORD_BYTES:
            raise BadInput(
                f"an alert with {self.evidence_rows} evidence_rows and {self.roles} roles can take {largest} "
                f"bytes, more than the {caps.RECORD_BYTES} of a record: lower one of the two settings"
            )
        if self.counted < max(self.evidence_rows, self.roles):
            raise BadInput("the setting counted is below what an alert shows: raise it to that at least")


def _check_symbol(symbol: str | None) -> None:
    """It stands in every row of native evidence: short, and nothing hidden in it."""
    if symbol is None:
        return
    if not isinstance(symbol, str) or not 1 <= len(symbol) <= SYMBOL or visible(symbol) != symbol:
        raise BadInput(
            f"the setting native_symbol is {ascii(symbol)[:40]}: give 1 to {SYMBOL} printable letters"
        )
