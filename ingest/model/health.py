"""How a running role is: what it counts and how long its parts take, and the record that tells others."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import msgspec

from ingest.model.errors import UnreadableRecord

HealthRole = Literal["ingest", "detect", "sink", "canary", "pending"]
Standing = Literal["active", "standby"]
OptionalState = Literal["on", "slowed", "paused"]
BOUNDS_MS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
"""Upper bounds of the histograms; what takes longer is counted behind the last."""
LARGEST_RECORD = 64_000
NEWEST_PROOFS = 50

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class NodeHealth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ingest knows of a node; `source` is redacted."""

    source: Name
    latency_ms: float | None = None
    answers: Whole = 0
    failures: Whole = 0
    lies: Whole = 0
    head: Whole | None = None
    last_error: str | None = None


class ModelHealth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model in use: its training data ended with a block and that block's time (seconds UTC of the chain);
    None where nobody knows any more.
    """

    name: Name
    digest: Name
    trained_block: Whole | None = None
    trained_until: Whole | None = None


class CanaryHealth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Canaries that are played on the chain (`source` is "played") or in a run beside it ("shadow"): silent
    where none was newly found for `within_s` seconds. `found_at`: seconds UTC, clock of who listens.
    """

    source: Name
    silent: bool
    within_s: Whole
    found_at: Whole | None = None
    last: str = ""


class PendingHealth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pending alert that stands: about transactions that wait, and in no book. `since` is the head on which
    it was found first.
    """

    id: Name
    category: Name
    severity: Name
    subject: Name
    transactions: Whole
    since: Whole
    says: Annotated[str, msgspec.Meta(max_length=400)] = ""


class OptionalHealth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Work that a budget may leave out: how often it was done and left out since the role started. It is on
    where none of the last pieces was left out, paused where all were.
    """

    name: Name
    state: OptionalState
    done: Whole = 0
    left_out: Whole = 0


class Health(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One record of `undertow.health`. Counts and histograms are since the role started, `began_at`; times
    are seconds UTC. `latency` has for each part how many took up to each of BOUNDS_MS, and longer.

    `detectors` says of each whether it is on, warming up, or since which block it is off. `proofs` are the
    newest blocks with how far each was proved, lowest first, at most NEWEST_PROOFS. `head_time` is the head's
    block time, from which the age of `models` counts. `budget_cpu_s`: CPU seconds that a block may cost the
    role, None without a limit, and `optional` what is left out where it costs more. `standing` is whether it
    works or stands by for who does; None from versions before. `pending` are the gravest alerts about what
    waits to be mined.
    """

    chain_id: Whole
    role: HealthRole
    instance: Name
    at: Whole
    began_at: Whole
    every_s: float
    head: Whole | None = None
    lag_blocks: Whole | None = None
    latency: dict[str, list[Whole]] = {}
    counts: dict[str, Whole] = {}
    nodes: list[NodeHealth] = []
    detectors: dict[str, str] = {}
    cpu_s: float = 0.0
    proofs: list[tuple[Whole, Name]] = []
    head_time: Whole | None = None
    models: list[ModelHealth] = []
    canaries: list[CanaryHealth] = []
    budget_cpu_s: float | None = None
    optional: list[OptionalHealth] = []
    standing: Standing | None = None
    pending: list[PendingHealth] = []


class Vitals:
    """What a role counts while it works; read by another thread. Nothing here waits for anything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counter[str]()
        self._latency: dict[str, list[int]] = {}
        self.head: int | None = None
        self.lag_blocks: int | None = None
        self.detectors: dict[str, str] = {}
        self.head_time: int | None = None
        self.models: list[ModelHealth] = []
        self.canaries: list[CanaryHealth] = []
        self.budget_cpu_s: float | None = None
        self.optional: list[OptionalHealth] = []
        self.standing: Standing = "active"
        self.pending: list[PendingHealth] = []
        self._proofs: dict[int, str] = {}

    def proved(self, blocks: Iterable[tuple[int, str]]) -> None:
        """How far blocks were proved, each (number, proof); one that comes again takes its old place."""
        with self._lock:
            self._proofs |= dict(blocks)
            self._proofs = dict(sorted(self._proofs.items())[-NEWEST_PROOFS:])

    def left(self, number: int) -> None:
        """Blocks above `number` have left the chain."""
        with self._lock:
            self._proofs = {block: proof for block, proof in self._proofs.items() if block <= number}

    def proofs(self) -> list[tuple[int, str]]:
        with self._lock:
            return list(self._proofs.items())

    def count(self, name: str, times: int = 1) -> None:
        with self._lock:
            self._counts[name] += times

    def took(self, part: str, seconds: float) -> None:
        with self._lock:
            row = self._latency.setdefault(part, [0] * (len(BOUNDS_MS) + 1))
            row[bisect_left(BOUNDS_MS, seconds * 1_000)] += 1

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Counts how long what is done inside takes, also where it fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.took(part, time.perf_counter() - began)

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def latency(self) -> dict[str, list[int]]:
        with self._lock:
            return {part: list(row) for part, row in self._latency.items()}


def health_key(role: str, chain_id: int, instance: str) -> bytes:
    """Of the topic, which keeps the last record of each."""
    return f"{role}:{chain_id}:{instance}".encode(errors="backslashreplace")


def health_value(health: Health) -> bytes:
    return msgspec.json.encode(health)


def health_from(value: bytes | None, chain_id: int) -> Health:
    """Raises UnreadableRecord for what is no record of this chain."""
    if value is None or len(value) > LARGEST_RECORD:
        raise UnreadableRecord("no record of health: empty, or too large")
    try:
        health = msgspec.json.decode(value, type=Health)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableRecord(f"no record of health: {error}") from error
    if health.chain_id != chain_id:
        raise UnreadableRecord(f"a record of health of chain {health.chain_id}, not {chain_id}")
    return health
