"""What the API answers with, as types: its OpenAPI description is made of these."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Address = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$", description="Lower-case 0x-hex.")]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
Seconds = Annotated[int, Field(ge=0, le=2**63 - 1, description="Seconds UTC.")]
Severity = Literal["low", "medium", "high", "critical"]
Status = Literal["provisional", "final", "retracted"]
Kind = Literal["raised", "changed", "lowered", "retracted"]
Measured = dict[str, int | float | str]


class Answer(BaseModel):
    """The root of all: an answer holds nothing that it does not say here."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Trouble(Answer):
    """Why a request was refused, in one line."""

    error: str


class Line(Answer):
    """An alert as one line of a list. `status` is the one at the head of its chain."""

    chain_id: Number
    id: str
    category: str
    severity: Severity
    score: Annotated[float, Field(ge=0, le=1)]
    status: Status
    suppressed: bool
    subject_kind: str
    subject_id: str
    block_number: Number
    timestamp: Seconds
    explanation: str


class Page(Answer):
    """`next` is the cursor of the page that follows; null on the last. `left_out` names alerts of this page
    whose row in the store holds something else than an alert.
    """

    alerts: list[Line]
    next: str | None
    left_out: list[str]


class Role(Answer):
    address: str
    role: str


class Subject(Answer):
    kind: str
    id: str


class Suppression(Answer):
    """What lowered an alert; `id`, of the kind `part-of`, is the alert that says more."""

    kind: str
    reason: str
    id: str | None


class EvidenceRow(Answer):
    """A row of the chain that supports an alert; amounts are decimal strings in units of the token."""

    transaction: str
    log_index: int | None
    block_number: Number
    from_address: str | None
    to_address: str | None
    token: str | None
    symbol: str | None
    decimals: int | None
    amount: str | None
    index_in_log: int | None
    trace_index: int | None
    kind: str | None


class Alert(Answer):
    """An alert with the keys of the book. `status` is null in a revision that was not retracted."""

    id: str
    chain_id: Number
    category: str
    detector: str
    run: str
    severity: Severity
    score: float
    p_value: float | None
    status: Status | None
    retraction_reason: str | None
    block_number: Number
    block_hash: str
    timestamp: Seconds
    updated_block: Number
    transactions: list[str]
    subject: Subject
    roles: list[Role]
    evidence: list[EvidenceRow]
    measured: Measured
    thresholds: Measured
    proof: str
    tier: str
    suppressed_by: Suppression | None
    value_wei: str | None
    proven: bool | None
    explanation: str


class Revision(Answer):
    """An alert as it was filed once. `event` is the id of the same in the stream of events."""

    event: str
    kind: Kind
    filed_at: Seconds
    alert: Alert


class Revisions(Answer):
    revisions: list[Revision]


class Evidence(Answer):
    """What an alert stands on: rows, values beside thresholds, and how its block was proved."""

    chain_id: Number
    id: str
    block_number: Number
    block_hash: str
    proof: str
    tier: str
    run: str
    transactions: list[str]
    evidence: list[EvidenceRow]
    measured: Measured
    thresholds: Measured


class Part(Answer):
    """An alert that names an address, and the part it has there."""

    role: str
    alert: Line


class Score(Answer):
    chain_id: Number
    block_number: Number
    subject_kind: str
    subject: str
    score: float
    parts: dict[str, float]


class Scores(Answer):
    scores: list[Score]


class Watch(Answer):
    chain_id: Number
    address: str
    note: str
    person: str
    at: Seconds


class Wallet(Answer):
    """The newest 100 alerts that name it, its newest 500 scores, and whether people watch it."""

    chain_id: Number
    address: str
    alerts: list[Part]
    scores: list[Score]
    watch: Watch | None


class Token(Answer):
    """What it calls itself, made visible: names on a chain are hostile."""

    chain_id: Number
    address: str
    symbol: str
    name: str
    decimals: int | None
    alerts: list[Part]


class Move(Answer):
    block_number: Number
    timestamp: Seconds | None
    transaction: str
    log_index: int | None
    kind: str
    token: str | None
    payer: str
    payee: str
    amount: str


class Flow(Answer):
    """Where money may have gone (or come from), payment by payment; what was not followed is said."""

    chain_id: Number
    start: str
    moves: list[Move]
    hops: dict[str, int]
    busy: list[str]
    left_out: list[str]


class Incident(Answer):
    """Alerts that share a transaction or an attacker. `wei` is null where nothing says what was lost."""

    chain_id: Number
    id: str
    severity: Severity
    first: Seconds
    last: Seconds
    attackers: list[str]
    victims: list[str]
    wei: str | None
    alerts: list[Line]


class Incidents(Answer):
    """`cut`: there were more alerts in the span than are joined."""

    since: Seconds
    until: Seconds
    cut: bool
    incidents: list[Incident]


class Case(Answer):
    """What people made of an alert; of revision 0 and `new` where nobody has touched it."""

    chain_id: Number
    alert_id: str
    status: str
    assignee: str | None
    disposition: str | None
    reason: str | None
    revision: Number
    changed_at: Seconds | None
    changed_by: str | None


class Comment(Answer):
    number: Number
    at: Seconds
    person: str
    text: str


class CaseWork(Answer):
    case: Case
    comments: list[Comment]


class CaseChange(BaseModel):
    """`seen` is the revision of the case that was decided on. Null leaves a thing as it is."""

    model_config = ConfigDict(extra="forbid")

    seen: Number
    status: str | None = None
    assignee: str | None = None
    disposition: str | None = None
    reason: str | None = None


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class AuditRow(Answer):
    number: Number
    at: Seconds
    person: str
    role: str
    action: str
    subject: str
    change: str
    hash: str


class Audit(Answer):
    rows: list[AuditRow]


class Head(Answer):
    """How far a chain is judged and filed."""

    chain_id: Number
    block_number: Number
    block_hash: str
    timestamp: Seconds | None
    finality: Number
    filed_at: float


class RoleHealth(Answer):
    """When a role of a chain last told of itself, and its head then."""

    chain_id: Number
    role: str
    instance: str
    at: Seconds
    head: Number | None
    lag_blocks: Number | None
    counts: dict[str, int]


class Health(Answer):
    """`event` is the last id of the stream of events; `rebuilding` are chains that are judged anew;
    `set_aside` counts records that could not be read, by chain; `outbox` messages by state.
    """

    heads: list[Head]
    roles: list[RoleHealth]
    rebuilding: list[int]
    set_aside: dict[str, int]
    outbox: dict[str, int]
    event: str


class Pack(Answer):
    """A signed pack that is given out. `lists`: of a list what it is of; `chain_id`: null for any chain;
    `bytes`: of its content; `key`: who signed it; `digest`: SHA-256 of its file, by which it is asked for.
    """

    name: str
    version: Number
    kind: Literal["list", "labels", "model", "histograms", "withdrawal"]
    lists: str | None
    chain_id: Number | None
    source: str
    licence: str
    made: date
    expires: date
    bytes: Number
    key: str
    digest: str
