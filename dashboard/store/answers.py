"""What a store is asked with, and what it answers: values that screens, exports and `status` pass on."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.store.values import quoted, whole
from detectors.alerts.alert import Alert


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue shows; an empty tuple or text lets everything through.

    `search` is an address, a transaction hash or an alert id, or the beginning of one; else the beginning of
    a token's symbol, which is looked for among the newest alerts only. `since` is block time. `cases` are
    statuses of cases: an alert without one is new.
    """

    categories: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    minimum_score: float = 0.0
    search: str = ""
    chains: tuple[int, ...] = ()
    since: int | None = None
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as one line of a list. `status` is the one at the head; `timestamp` is seconds UTC."""

    chain_id: int
    id: str
    category: str
    severity: str
    score: float
    status: str
    suppressed: bool
    subject_kind: str
    subject_id: str
    block_number: int
    timestamp: int
    explanation: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Alerts that pass the filters: in all, and by each value of three columns."""

    total: int = 0
    category: dict[str, int] = field(default_factory=dict)
    severity: dict[str, int] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """How far detection has come on a chain, as far as the sink has filed it; `filed_at` is seconds UTC.

    Values are as the store holds them: who counts with them asks for the `fault` first.
    """

    chain_id: int
    block_number: int
    block_hash: str
    timestamp: int | None
    finality: int
    filed_at: float

    def fault(self) -> str | None:
        """Why nothing can be counted from this head; None where it is well."""
        wanted = (("chain id", self.chain_id, 0), ("block number", self.block_number, 0))
        for name, value, least in (*wanted, ("finality", self.finality, 1)):
            if whole(value, least) is None:
                return (
                    f"the {name} of its head is {quoted(value)}, not a whole number from {least} on: "
                    "fill a new store with `undertow sink`"
                )
        return None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that the sink could not read: where it lies in Kafka, and why it was set aside. Values are as
    the store holds them.
    """

    chain_id: int
    topic: str
    kafka_offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The last revision of every alert of a chain at its head, and what is wrong with rows that hold none.

    `head` is None where nothing can be counted from it: then all alerts are among the unreadable.
    """

    head: Head | None
    alerts: list[Alert]
    unreadable: list[str]
