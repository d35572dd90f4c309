"""What a bundle is: its parts, typed. `detectors/README.md` says the same to somebody without undertow."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

FORMAT = "undertow-evidence/1"
MOST_BYTES = 64_000_000
"""A bundle of an alert with all its rows in full blocks is some MB; what is larger is none."""

Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Hash = Annotated[str, Meta(pattern=r"\A0x[0-9a-f]{64}\Z")]
Address = Annotated[str, Meta(pattern=r"\A0x[0-9a-f]{40}\Z")]
Bytes = Annotated[str, Meta(pattern=r"\A0x(?:[0-9a-f]{2})*\Z")]
Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class ReceiptProof(Struct, frozen=True, forbid_unknown_fields=True):
    """A receipt at place `index` under the header's receipts root: the last of `nodes` holds it. It is of
    `transaction`, and its first log has number `first_log` among the block's, which nothing proves.
    """

    index: Count
    transaction: Hash
    first_log: Count
    nodes: list[Bytes]


class TransactionProof(Struct, frozen=True, forbid_unknown_fields=True):
    """A signed transaction at place `index` under the header's transactions root."""

    index: Count
    nodes: list[Bytes]


class Unproved(Struct, frozen=True, forbid_unknown_fields=True):
    """A transaction of a row that no proof is of, and why."""

    transaction: Hash
    why: str


class Block(Struct, frozen=True, forbid_unknown_fields=True):
    """A block of the alert. Without `header`, `note` says why, and nothing of it is proved."""

    number: Count
    hash: Hash | None
    header: Bytes | None
    note: str | None
    receipts: list[ReceiptProof]
    transactions: list[TransactionProof]
    unproved: list[Unproved]


class Fact(Struct, frozen=True, forbid_unknown_fields=True):
    """A row of a table of facts, and on whose word it is."""

    table: str
    source: str
    row: dict[str, Any]


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """A fitted model that the alert was measured with, and the rows that it was fitted on."""

    detector: str
    digest: Digest
    training_rows: Digest


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One step from rows to score: what runs, what it does, its settings, the SHA-256 of its source file."""

    step: str
    name: str
    what: str
    settings: dict[str, Any]
    source: str
    source_digest: Digest


class Run(Struct, frozen=True, forbid_unknown_fields=True):
    """The run digest. Where its ingredients are known, their digest is that; else `note` says why not."""

    digest: str
    ingredients: dict[str, Any] | None
    note: str | None


class Call(Struct, frozen=True, forbid_unknown_fields=True):
    """A call inside of a transaction, as a lake's `traces` have it; no root is over any."""

    transaction: Hash
    trace_index: Count
    depth: Count
    call_type: str
    from_address: Address
    to_address: Address | None
    value: Hash
    input: Bytes
    error: str | None
    undone: bool


class Stated(Struct, frozen=True, forbid_unknown_fields=True):
    """What a detector sees of the rows' transactions and nothing proves: `senders`, by hash, of those that
    nobody signed, and `calls`. Where there are more than a bundle carries, none is, and `calls_left_out` says
    how many there were.
    """

    senders: dict[Hash, Address]
    calls: list[Call]
    calls_left_out: Count


class Evidence(Struct, frozen=True, forbid_unknown_fields=True):
    """What follows from the chain and the run alone: the same, whoever gathers it. `alert` is as in the book.
    `facts` and `stated` are null where no lake was read; `facts_left_out` are more than a bundle carries.
    """

    alert: dict[str, Any]
    blocks: list[Block]
    facts: list[Fact] | None
    facts_left_out: Count
    stated: Stated | None
    run: Run
    models: list[Model]
    steps: list[Step]


class Revision(Struct, frozen=True, forbid_unknown_fields=True):
    """An alert as it was filed once: `status` in it is null or `retracted`."""

    kind: Literal["raised", "changed", "lowered", "retracted"]
    record: dict[str, Any]


class Filed(Struct, frozen=True, forbid_unknown_fields=True):
    """What a store filed of the alert, oldest first, and the head that it stands at. `left_out` older ones
    are more than a bundle carries.
    """

    head: Count
    finality: Count
    left_out: Count
    revisions: list[Revision]


class Anchored(Struct, frozen=True, forbid_unknown_fields=True):
    """The last that was anchored of the alert, as `undertow anchor prove` writes it, and of stretches after
    that one which are not empty, oldest first, that they say nothing of it. `left_out` later ones are more
    than a bundle carries.
    """

    proof: dict[str, Any]
    later: list[dict[str, Any]]
    left_out: Count


class Signature(Struct, frozen=True, forbid_unknown_fields=True):
    """Ed25519 over the format's name, a line feed, and the canonical JSON of `digests`."""

    algorithm: Literal["Ed25519"]
    key: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    digests: dict[str, Digest]
    value: Annotated[str, Meta(pattern=r"\A[0-9a-f]{128}\Z")]


class Bundle(Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["undertow-evidence/1"]
    evidence: Evidence
    filed: Filed | None
    anchored: Anchored | None
    signature: Signature
