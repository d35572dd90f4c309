"""What people ask of the store: pages of the queue, counts, one alert, the book. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, func, or_, select, true, tuple_

from dashboard.store.tables import alert_transactions, alerts, heads, offsets, rejected, roles
from detectors.alert import Alert

RELATED_LIMIT = 20
_PAST_HEX = "g"
"""Sorts after every hex digit: `0xab` <= text < `0xabg` is every text that begins with 0xab, by the index."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue shows; an empty tuple or text lets everything through.

    `search` is an address, a transaction hash or an alert id, or the beginning of one.
    """

    categories: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    minimum_score: float = 0.0
    search: str = ""


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
    """How far detection has come on a chain, as far as the sink has filed it; `filed_at` is seconds UTC."""

    chain_id: int
    block_number: int
    block_hash: str
    timestamp: int | None
    finality: int
    filed_at: float


_LINE = tuple(alerts.c[name] for name in AlertRow.__slots__)


class Reader:
    """The reading side of a store. Every method raises StoreUnreachable where it does not answer."""

    def __init__(self, engine: Engine, telling: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._telling = telling

    def revision(self) -> int:
        """A number that grows whenever anything was filed: what was read at the same one is still true."""
        return int(self._rows(select(func.coalesce(func.sum(offsets.c.next_offset), 0)))[0][0])

    def page(self, filters: Filters, number: int, size: int) -> list[AlertRow]:
        """Page `number` (from 1) of the alerts that pass, newest first."""
        newest = (alerts.c.timestamp.desc(), alerts.c.block_number.desc(), alerts.c.chain_id, alerts.c.id)
        wanted = select(*_LINE).where(_passes(filters)).order_by(*newest)
        return self._lines(wanted.limit(size).offset((number - 1) * size))

    def counts(self, filters: Filters) -> Counts:
        by = (alerts.c.category, alerts.c.severity, alerts.c.status)
        rows = self._rows(select(*by, func.count()).where(_passes(filters)).group_by(*by))
        return Counts(
            total=sum(row[3] for row in rows),
            category=_summed(rows, 0),
            severity=_summed(rows, 1),
            status=_summed(rows, 2),
        )

    def categories(self) -> list[str]:
        """Every category that has an alert, in order of the alphabet."""
        return [
            row[0] for row in self._rows(select(alerts.c.category).distinct().order_by(alerts.c.category))
        ]

    def alert(self, chain_id: int, alert_id: str) -> tuple[Alert, str] | None:
        """The last revision of one alert and its status at the head, or None."""
        here = (alerts.c.chain_id == chain_id) & (alerts.c.id == alert_id)
        rows = self._rows(select(alerts.c.record, alerts.c.status).where(here))
        return (Alert.from_json(rows[0][0]), str(rows[0][1])) if rows else None

    def related(self, alert: Alert) -> list[AlertRow]:
        """Other alerts of the chain that share an attacker or a transaction, newest first, at most 20."""
        attackers = [role.address for role in alert.roles if role.role == "attacker"]
        same_attacker = select(roles.c.alert_id).where(
            roles.c.chain_id == alert.chain_id, roles.c.role == "attacker", roles.c.address.in_(attackers)
        )
        same_transaction = select(alert_transactions.c.alert_id).where(
            alert_transactions.c.chain_id == alert.chain_id,
            alert_transactions.c.transaction.in_(alert.transactions),
        )
        linked = or_(alerts.c.id.in_(same_attacker), alerts.c.id.in_(same_transaction))
        other = and_(alerts.c.chain_id == alert.chain_id, alerts.c.id != alert.id)
        newest = (alerts.c.timestamp.desc(), alerts.c.id)
        return self._lines(select(*_LINE).where(other, linked).order_by(*newest).limit(RELATED_LIMIT))

    def heads(self) -> list[Head]:
        """One head a chain, by chain id."""
        wanted = select(*(heads.c[name] for name in Head.__slots__)).order_by(heads.c.chain_id)
        return [Head(*row) for row in self._rows(wanted)]

    def statuses(self, chain_id: int) -> dict[str, int]:
        """How many alerts of a chain have each status."""
        wanted = select(alerts.c.status, func.count()).where(alerts.c.chain_id == chain_id)
        return {row[0]: int(row[1]) for row in self._rows(wanted.group_by(alerts.c.status))}

    def rejected(self, chain_id: int) -> int:
        """How many records of a chain the sink could not read and set aside."""
        return int(self._rows(select(func.count()).where(rejected.c.chain_id == chain_id))[0][0])

    def standing(self, chain_id: int) -> tuple[Head, list[Alert]] | None:
        """The head of a chain and every alert's last revision, at one moment; None for an unknown chain."""
        with self._reading() as connection:
            wanted = select(*(heads.c[name] for name in Head.__slots__)).where(heads.c.chain_id == chain_id)
            head = connection.execute(wanted).first()
            records = connection.scalars(select(alerts.c.record).where(alerts.c.chain_id == chain_id))
            return None if head is None else (Head(*head), [Alert.from_json(record) for record in records])

    def close(self) -> None:
        self._engine.dispose()

    def _lines(self, wanted: Select[Any]) -> list[AlertRow]:
        return [AlertRow(*row) for row in self._rows(wanted)]

    def _rows(self, wanted: Select[Any]) -> Sequence[Any]:
        with self._reading() as connection:
            return connection.execute(wanted).all()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._telling(), self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # Python's driver begins no transaction for a SELECT: two of them would see two moments.
                connection.exec_driver_sql("BEGIN")
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection


def _passes(filters: Filters) -> ColumnElement[bool]:
    chosen = (
        (alerts.c.category, filters.categories),
        (alerts.c.severity, filters.severities),
        (alerts.c.status, filters.statuses),
    )
    parts: list[ColumnElement[bool]] = [column.in_(values) for column, values in chosen if values]
    if filters.minimum_score > 0:
        parts.append(alerts.c.score >= filters.minimum_score)
    text = filters.search.strip().lower()
    return and_(true(), *parts, *([_mentions(text)] if text else []))


def _mentions(text: str) -> ColumnElement[bool]:
    """Alerts whose roles, transactions or id begin with `text`, with or without its 0x."""
    prefixed = text if text.startswith("0x") else f"0x{text}"
    by_address = select(roles.c.chain_id, roles.c.alert_id).where(_begins(roles.c.address, prefixed))
    hashes = alert_transactions.c
    by_hash = select(hashes.chain_id, hashes.alert_id).where(_begins(hashes.transaction, prefixed))
    key = tuple_(alerts.c.chain_id, alerts.c.id)
    by_id = or_(_begins(alerts.c.id, text), _begins(alerts.c.id, prefixed))
    return or_(key.in_(by_address), key.in_(by_hash), by_id)


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + _PAST_HEX)


def _summed(rows: Sequence[Any], column: int) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in rows:
        totals[row[column]] = totals.get(row[column], 0) + int(row[3])
    return totals
