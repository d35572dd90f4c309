"""What people ask of the store: pages of the queue, counts, one alert, the book. Nothing here writes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import islice
from string import hexdigits
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    and_,
    func,
    inspect,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.types import NullType

from dashboard.store.answers import AlertRow, Counts, Filters, Head, SetAside, Standing
from dashboard.store.case_reading import CaseReader
from dashboard.store.case_state import in_state
from dashboard.store.guard_plans import GuardReading
from dashboard.store.health import HealthReader
from dashboard.store.tables import (
    NEWEST,
    alert_transactions,
    alerts,
    heads,
    offsets,
    rebuilds,
    rejected,
    roles,
)
from dashboard.store.values import cut, in_order, whole
from detectors.alerts.alert import ACCUSED, Alert
from detectors.alerts.messages import alert_from, alert_key
from ingest.model.errors import UnreadableRecord

RELATED_LIMIT = 20
SET_ASIDE_LIMIT = 20
RELATED_NAMES = 1_000
"""Attackers and transactions that are looked for: no alert of ours has as many."""
SYMBOL_ALERTS = 5_000
"""Newest alerts among whose tokens a symbol is looked for."""
LONG_HEX = 8
"""So many hex digits without a 0x are no symbol."""
_PAST_HEX = "g"
"""Sorts after every hex digit: `0xab` <= text < `0xabg` is every text that begins with 0xab, by the index."""


def _raw(table: Table, names: Iterable[str]) -> tuple[ColumnElement[Any], ...]:
    """Columns as the database holds them: SQLite keeps any value in any column, and one that is of another
    type than its column must not make all rows unreadable.
    """
    return tuple(type_coerce(table.c[name], NullType()).label(name) for name in names)


_LINE = _raw(alerts, AlertRow.__slots__)
_HEAD = _raw(heads, Head.__slots__)


class Reader:
    """The reading side of a store. Every method raises StoreUnreachable where it does not answer."""

    def __init__(self, engine: Engine, telling: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._telling = telling
        self.cases = CaseReader(self._reading)
        self.health = HealthReader(self._reading)
        self.guard = GuardReading(self._reading)

    @property
    def database(self) -> str:
        """sqlite or postgresql."""
        return self._engine.dialect.name

    def revision(self) -> int:
        """A number that grows whenever anything was filed: what was read at the same one is still true."""
        return sum(whole(row[0]) or 0 for row in self._rows(select(*_raw(offsets, ("next_offset",)))))

    def page(self, filters: Filters, number: int, size: int) -> list[AlertRow]:
        """Page `number` (from 1) of the alerts that pass, newest first."""
        wanted = select(*_LINE).where(passes(filters)).order_by(*NEWEST)
        return self._lines(wanted.limit(size).offset((number - 1) * size))

    def counts(self, filters: Filters) -> Counts:
        by = _raw(alerts, ("category", "severity", "status"))
        rows = self._rows(select(*by, func.count()).where(passes(filters)).group_by(*by))
        return Counts(
            total=sum(row[3] for row in rows),
            category=_summed(rows, 0),
            severity=_summed(rows, 1),
            status=_summed(rows, 2),
        )

    def categories(self) -> list[str]:
        """Every category that has an alert, in order of the alphabet."""
        rows = self._rows(select(*_raw(alerts, ("category",))).distinct().order_by(alerts.c.category))
        return [row[0] for row in rows if isinstance(row[0], str)]

    def alert(self, chain_id: int, alert_id: str) -> tuple[Alert, str] | None:
        """The last revision of one alert and its status at the head, or None.

        Its values are as they were filed, of whatever type, but for the chain and the id that it was asked
        for by. Raises UnreadableRecord where it is no alert.
        """
        here = (alerts.c.chain_id == chain_id) & (alerts.c.id == alert_id)
        rows = self._rows(select(*_raw(alerts, ("record", "status"))).where(here))
        if not rows:
            return None
        record, status = rows[0]
        return replace(_parsed(record, alert_id), chain_id=chain_id, id=alert_id), str(status)

    def related(self, alert: Alert) -> list[AlertRow]:
        """Other alerts of the chain that share an attacker (or what an anomaly is about) or a transaction,
        newest first, at most 20.
        """
        attackers = _texts(role.address for role in alert.roles if role.role in ACCUSED)
        same_attacker = select(roles.c.alert_id).where(
            roles.c.chain_id == alert.chain_id, roles.c.role.in_(ACCUSED), roles.c.address.in_(attackers)
        )
        same_transaction = select(alert_transactions.c.alert_id).where(
            alert_transactions.c.chain_id == alert.chain_id,
            alert_transactions.c.transaction.in_(_texts(alert.transactions)),
        )
        linked = or_(alerts.c.id.in_(same_attacker), alerts.c.id.in_(same_transaction))
        other = and_(alerts.c.chain_id == alert.chain_id, alerts.c.id != alert.id)
        newest = (alerts.c.timestamp.desc(), alerts.c.id)
        return self._lines(select(*_LINE).where(other, linked).order_by(*newest).limit(RELATED_LIMIT))

    def chains(self) -> list[int]:
        """Every chain that the store holds a head, an alert or a record set aside of; of whatever type its id
        is there.
        """
        named = (select(*_raw(table, ("chain_id",))).distinct() for table in (heads, alerts, rejected))
        return sorted({row[0] for wanted in named for row in self._rows(wanted)}, key=in_order)

    def rebuilding(self) -> dict[int, str]:
        """By chain, the run that judges its log anew: alerts are partly of the run before meanwhile."""
        with self._reading() as connection:
            if not inspect(connection).has_table(rebuilds.name):
                return {}
            rows = connection.execute(select(*_raw(rebuilds, ("chain_id", "run")))).all()
        return {chain_id: cut(str(run)) for chain_id, run in rows}

    def heads(self) -> list[Head]:
        """One head a chain, by chain id."""
        return [Head(*row) for row in self._rows(select(*_HEAD).order_by(heads.c.chain_id))]

    def statuses(self, chain_id: int) -> dict[str, int]:
        """How many alerts of a chain have each status: all are counted, by `alerts_by_status` alone."""
        by = _raw(alerts, ("status", "chain_id"))
        counted = Counter[str]()
        for name, chain, count in self._rows(select(*by, func.count()).group_by(*by)):
            if chain == chain_id:
                counted[cut(str(name))] += int(count)
        return dict(counted)

    def rejected(self, chain_id: int) -> int:
        """How many records of a chain the sink could not read and set aside."""
        return int(self._rows(select(func.count()).where(rejected.c.chain_id == chain_id))[0][0])

    def set_aside(self, limit: int = SET_ASIDE_LIMIT, chain_id: int | None = None) -> list[SetAside]:
        """Records that the sink could not read, of all chains or of one, the last of each topic first."""
        latest = (rejected.c.chain_id, rejected.c.topic, rejected.c.kafka_offset.desc())
        here = true() if chain_id is None else rejected.c.chain_id == chain_id
        columns = _raw(rejected, SetAside.__slots__)
        wanted = select(*columns).where(here).order_by(*latest).limit(limit)
        return [SetAside(*row) for row in self._rows(wanted)]

    def set_aside_counts(self) -> dict[int, int]:
        """How many records the sink set aside, by chain; a chain that has none is not in it."""
        chain = _raw(rejected, ("chain_id",))
        rows = self._rows(select(*chain, func.count()).group_by(*chain))
        return {name: int(count) for name, count in sorted(rows, key=lambda row: in_order(row[0]))}

    def standing(self, chain_id: int) -> Standing:
        """The head of a chain and every alert's last revision, at one moment."""
        here = alerts.c.chain_id == chain_id
        with self._reading() as connection:
            head = connection.execute(select(*_HEAD).where(heads.c.chain_id == chain_id)).first()
            rows = connection.execute(select(*_raw(alerts, ("id", "record"))).where(here)).all()
        found = None if head is None else Head(*head)
        fault = "no block of it is filed yet" if found is None else found.fault()
        if fault is not None:
            return Standing(None, [], [f"all it has ({_counted(len(rows))}): {fault}"])
        standing = Standing(found, [], [])
        for alert_id, record in rows:
            try:
                value = str(record).encode(errors="replace")
                standing.alerts.append(alert_from(alert_key(chain_id, str(alert_id)), value, chain_id))
            except UnreadableRecord as error:
                standing.unreadable.append(f"alert {cut(str(alert_id))}: {error}")
        return standing

    def close(self) -> None:
        self._engine.dispose()

    def ask(self, wanted: Select[Any]) -> Sequence[Any]:
        """For the questions of the other files of this room: each is bounded, and goes by an index."""
        return self._rows(wanted)

    def holds(self, table: Table) -> bool:
        """Whether the store is of a version that has this table."""
        with self._reading() as connection:
            return inspect(connection).has_table(table.name)

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


def _parsed(record: object, alert_id: str) -> Alert:
    """An alert with its values as they are: whoever shows it shows what it can."""
    try:
        return Alert.from_json(str(record))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableRecord(
            f"the record of alert {cut(alert_id)} cannot be read ({cut(repr(error))}): "
            "fill a new store with `undertow sink`"
        ) from error


def _counted(alerts: int) -> str:
    return "1 alert" if alerts == 1 else f"{alerts} alerts"


def _texts(values: Iterable[object]) -> list[str]:
    """Those that a database can be asked for."""
    texts = (value for value in values if isinstance(value, str) and value.isprintable())
    return list(islice(texts, RELATED_NAMES))


def passes(filters: Filters) -> ColumnElement[bool]:
    chosen = ((alerts.c.category, filters.categories), (alerts.c.severity, filters.severities))
    parts = [_one_of(column, values) for column, values in chosen if values]
    if filters.statuses:
        parts.append(_unindexed(alerts.c.status).in_(filters.statuses))
    if filters.minimum_score > 0:
        parts.append(alerts.c.score >= filters.minimum_score)
    if filters.chains:
        parts.append((alerts.c.chain_id + 0).in_(filters.chains))
    if filters.cases:
        parts.append(in_state(filters.cases))
    if filters.since is not None:
        parts.append(alerts.c.timestamp >= filters.since)
    text = filters.search.strip().lower()
    return and_(true(), *parts, *([_mentions(text)] if text else []))


def _one_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """One value has an index in order of time, and one in order of filing."""
    found: ColumnElement[bool] = column == values[0] if len(values) == 1 else _unindexed(column).in_(values)
    return found


def _unindexed(column: Any) -> Any:
    """Of several values, of a status or of a chain the newest are found by time alone, in an index that holds
    these columns too: one of their own would bring all rows of each, to be put in order.
    """
    return column.concat("")


def _mentions(text: str) -> ColumnElement[bool]:
    """Alerts whose roles, transactions or id begin with `text`, with or without its 0x, or a symbol of one of
    whose tokens does.
    """
    prefixed = text if text.startswith("0x") else f"0x{text}"
    by_address = select(roles.c.chain_id, roles.c.alert_id).where(_begins(roles.c.address, prefixed))
    hashes = alert_transactions.c
    by_hash = select(hashes.chain_id, hashes.alert_id).where(_begins(hashes.transaction, prefixed))
    key = tuple_(alerts.c.chain_id, alerts.c.id)
    by_id = or_(_begins(alerts.c.id, text), _begins(alerts.c.id, prefixed))
    found = or_(key.in_(by_address), key.in_(by_hash), by_id)
    return found if names_hex(text) else or_(found, key.in_(_calling(text)))


def names_hex(text: str) -> bool:
    """Whether a search is the beginning of an address or a hash; else it may be a symbol too, as DAD is."""
    plain = text.strip().lower()
    return plain.startswith("0x") or (len(plain) >= LONG_HEX and not set(plain) - set(hexdigits))


def _calling(text: str) -> Select[Any]:
    """The newest alerts that tell of a token whose symbol begins with `text`: no index holds symbols."""
    columns = (alerts.c.chain_id, alerts.c.id, alerts.c.record)
    newest = select(*columns).order_by(alerts.c.timestamp.desc()).limit(SYMBOL_ALERTS).subquery()
    told = f'"symbol":{json.dumps(text)[:-1]}'
    return select(newest.c.chain_id, newest.c.id).where(newest.c.record.icontains(told, autoescape=True))


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + _PAST_HEX)


def _summed(rows: Sequence[Any], column: int) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in rows:
        name = str(row[column])
        totals[name] = totals.get(name, 0) + int(row[3])
    return totals
