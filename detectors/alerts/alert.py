"""What undertow says to people: one alert, its canonical JSON, and the book of alerts at a head.

The JSON form is a contract (README beside): keys sorted, ASCII, every key always there, unknown = null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["low", "medium", "high", "critical"]
Status = Literal["provisional", "final", "retracted"]
RoleName = Literal["attacker", "victim", "intermediary", "infrastructure", "subject"]
"""`subject` is what an anomaly is about: no accusation."""
ACCUSED: tuple[RoleName, ...] = ("attacker", "subject")
"""Who stands where an attacker would: what joins alerts, and what judges them, looks at these."""
SubjectKind = Literal["wallet", "transaction", "token", "pool", "contract", "flow", "node"]
"""A `node` has no address: the first 20 bytes of the SHA-256 of its redacted name stand for it."""

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
PROOFS = ("header", "receipts-root", "none")
"""How a block was proved, the strongest first."""
DEFAULT_FINALITY = 64
"""Blocks on top of a block before it counts as final, where the settings say nothing else."""


@dataclass(frozen=True, slots=True, order=True)
class Role:
    """An address (lower-case 0x-hex) and the part it played."""

    address: str
    role: RoleName


def canonical(plain: object) -> str:
    """A value's only JSON text: one line, keys sorted, ASCII, no spaces. Raises ValueError for NaN."""
    return json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A row of the chain that supports an alert: a log, or native value where `log_index` is null.

    `index_in_log` tells the movements of one ERC-1155 batch apart, `trace_index` the calls inside a
    transaction; all three numbers are null for the transaction itself and its value. `kind` is what a table
    of transfers calls it (native, erc20, …); null where nothing is known, as in alerts of earlier versions. A
    row of kind `block` is a block itself, with its hash for a transaction's: what was told, or not, by then.

    `token`, `symbol`, `decimals`, `from_address`, `to_address` and `amount` describe the transfer for a
    reader; null where the row is no transfer. `symbol` is printable text already (see
    `detectors.alerts.text`), `amount` a decimal string in token units.
    """

    transaction: str
    log_index: int | None
    block_number: int
    from_address: str | None = None
    to_address: str | None = None
    token: str | None = None
    symbol: str | None = None
    decimals: int | None = None
    amount: str | None = None
    index_in_log: int | None = None
    trace_index: int | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One revision of an alert. Numbers in `measured` are integers, floats of 6 decimals, or strings.

    `status` is null or `retracted` while it travels: whether it is provisional or final is a function of the
    head (`status_at`), which the book, the store and exports add.
    """

    id: str
    chain_id: int
    category: str
    detector: str
    run: str
    severity: Severity
    score: float
    p_value: float | None
    status: Status | None
    retraction_reason: str | None
    block_number: int
    block_hash: str
    timestamp: int
    updated_block: int
    transactions: tuple[str, ...]
    subject_kind: SubjectKind
    subject_id: str
    roles: tuple[Role, ...]
    evidence: tuple[Evidence, ...]
    measured: Mapping[str, int | float | str]
    thresholds: Mapping[str, int | float | str]
    proof: str
    tier: str
    suppressed_by: Mapping[str, str | None] | None
    """`kind`, `reason`, and `id`: of `part-of` the alert that says more about the same attack, else null."""
    explanation: str
    value_wei: str | None = None
    """What it is about in the chain's own coin, a decimal string; null where that is not known."""
    proven: bool | None = None
    """Whether the rows shown are the whole of a loss, each under a root of its block: see README; null in
    alerts of earlier versions.
    """

    def to_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = {name: getattr(self, name) for name in _SAME}
        plain["subject"] = {"kind": self.subject_kind, "id": self.subject_id}
        plain["roles"] = [{"address": role.address, "role": role.role} for role in self.roles]
        plain["evidence"] = [
            {name: getattr(row, name) for name in Evidence.__slots__} for row in self.evidence
        ]
        plain["transactions"] = list(self.transactions)
        plain["value_wei"] = self.value_wei
        plain["proven"] = self.proven
        plain["measured"] = dict(self.measured)
        plain["thresholds"] = dict(self.thresholds)
        plain["suppressed_by"] = _with_id(self.suppressed_by)
        return plain

    def to_json(self) -> str:
        """See `canonical`."""
        return canonical(self.to_dict())

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Alert:
        """The inverse of `to_dict`. Raises KeyError where a key is missing that every version has; unknown
        keys are left out.
        """
        return cls(
            **{name: plain[name] for name in _SAME},
            subject_kind=plain["subject"]["kind"],
            subject_id=plain["subject"]["id"],
            roles=tuple(Role(role["address"], role["role"]) for role in plain["roles"]),
            evidence=tuple(
                Evidence(**{k: v for k, v in row.items() if k in Evidence.__slots__})
                for row in plain["evidence"]
            ),
            transactions=tuple(plain["transactions"]),
            measured=plain["measured"],
            thresholds=plain["thresholds"],
            suppressed_by=_with_id(plain["suppressed_by"]),
            value_wei=plain.get("value_wei"),
            proven=plain.get("proven"),
        )

    @classmethod
    def from_json(cls, line: str | bytes) -> Alert:
        return cls.from_dict(json.loads(line))


_SAME = (
    "id", "chain_id", "category", "detector", "run", "severity", "score", "p_value", "status",
    "retraction_reason", "block_number", "block_hash", "timestamp", "updated_block", "proof", "tier",
    "explanation",
)  # fmt: skip
"""Fields that are the same in the dataclass and in the JSON."""


def _with_id(suppression: Any) -> Any:
    """Every key always there; whatever else stands in the place of a suppression stays as it is."""
    return {"id": None, **suppression} if isinstance(suppression, Mapping) else suppression


def is_final(block_number: Any, head: int, finality: int) -> Any:
    """Whether a block is `finality` deep when the chain stands at `head`; a store asks it of a column."""
    return block_number <= head - finality


def status_at(alert: Alert, head: int, finality: int = DEFAULT_FINALITY) -> Status:
    """What `alert.status` is when the chain stands at `head`: final once its block is `finality` deep."""
    if alert.status == "retracted":
        return "retracted"
    return "final" if is_final(alert.block_number, head, finality) else "provisional"


def book(alerts: Iterable[Alert], head: int, finality: int = DEFAULT_FINALITY) -> list[str]:
    """The book at `head`: canonical lines of every alert not retracted, by (block number, id).

    `alerts` holds the last revision of each alert; their status is computed anew at `head`.
    """
    standing = sorted((a for a in alerts if a.status != "retracted"), key=lambda a: (a.block_number, a.id))
    return [replace(alert, status=status_at(alert, head, finality)).to_json() for alert in standing]
