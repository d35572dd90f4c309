"""The contract of a detector, stated once: one file in `detectors/library/` with one class that satisfies
`Detector`.

`score` is pure. All memory lives in the state: a detector that needs its own has a part beside it
(`detectors.parts.contract`), and one that needs a fitted model declares `model`. The contract tests in
`tests/contract/` run every detector of the library through every check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard, runtime_checkable

from detectors.alerts.alert import RoleName, Severity, SubjectKind
from detectors.models.outliers import ModelSpec
from detectors.parts.contract import TIERS as TIERS
from detectors.parts.contract import Row as Row
from detectors.parts.contract import Seen as Seen
from detectors.parts.contract import TableSpec as TableSpec
from detectors.parts.contract import Tier as Tier


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector says of one block. `score` in [0, 1]; `transaction` is the one that completed the
    evidence.

    With `alerts` false it is only a score, for `fraud.scores`. Every key of `thresholds` is also in
    `measured`. `proven`: its rows are the complete evidence of a loss, which no explanation lowers. `lowers`
    (kind, reason): the harm was undone or has another cause; it lowers the open alert of its category and
    subject and opens none. `value_wei`: what it is about in the chain's own coin, where that is known.
    """

    block_number: int
    timestamp: int
    category: str
    subject_kind: SubjectKind
    subject: bytes
    score: float
    severity: Severity
    transaction: bytes
    roles: tuple[tuple[bytes, RoleName], ...]
    rows: tuple[Row, ...]
    measured: Mapping[str, int | float | str] = field(default_factory=dict)
    thresholds: Mapping[str, int | float | str] = field(default_factory=dict)
    explanation: str = ""
    p_value: float | None = None
    alerts: bool = True
    suppressed_by: Mapping[str, str | None] | None = None
    proven: bool = False
    lowers: tuple[str, str] | None = None
    value_wei: int | None = None


@runtime_checkable
class Detector(Protocol):
    """One detector. Its docstring says what it catches, when it fails, what it costs, and its source with the
    published figure.
    """

    name: str
    catches: tuple[str, ...]
    needs: Tier
    settings: object
    reads: tuple[str, ...]
    """Parts whose tables and histories it reads."""

    def score(self, seen: Seen) -> list[Finding]:
        """Findings of these blocks, in chain order, each block judged as at its end. Pure: it can reach
        nothing that changes, and nothing later than its block.
        """
        ...


@runtime_checkable
class Learns(Protocol):
    """A detector that judges lines of a part's table by a fitted model, handed to `score` as
    `seen.models[name]` once there is one.
    """

    model: ModelSpec


@runtime_checkable
class Quiet(Protocol):
    """A detector of crimes that take longer, or less long, than most: its episodes close after
    `quiet_seconds` of block time without a finding, not after those of the settings.
    """

    quiet_seconds: int


@runtime_checkable
class Excused(Protocol):
    """A detector whose findings can have a harmless explanation: the kinds of `detectors/explanations/` that
    are asked, the first that has a reason lowers.
    """

    excused_by: tuple[str, ...]


@runtime_checkable
class Explanation(Protocol):
    """A harmless reason for what looks like fraud: one file in `detectors/explanations/`. Its docstring says
    when it holds, how it can be abused, and its source.
    """

    kind: str
    settings: object
    reads: tuple[str, ...]

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        """Why a finding in this piece is harmless, in words; None where this does not explain it. Pure like
        `score`.
        """
        ...


def is_learning(detector: object) -> TypeGuard[Learns]:
    """As `isinstance` says, without its price: every piece asks every detector."""
    return hasattr(detector, "model")


def is_excused(detector: object) -> TypeGuard[Excused]:
    """As `is_learning`: every finding asks its detector."""
    return hasattr(detector, "excused_by")


def is_quiet(detector: object) -> TypeGuard[Quiet]:
    """As `is_learning`: every finding asks its detector."""
    return hasattr(detector, "quiet_seconds")


def hexed(raw: bytes) -> str:
    """Lower-case 0x-hex."""
    return "0x" + raw.hex()
