"""How the roles are: the last record of each, and those before it for some days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, inspect, select
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.store.heads import raw
from dashboard.store.tables import health, health_history
from dashboard.store.turn_tables import turns
from dashboard.store.turns import last_beat
from dashboard.store.values import cut, in_order, whole
from ingest.model.errors import UnreadableRecord
from ingest.model.health import Health, health_from, health_value
from ingest.model.turns import Beat

MOST_ROWS = 20_000
"""A role tells of itself every five seconds: of a day there are 17,280."""


@dataclass(frozen=True, slots=True)
class RoleHealth:
    """The record of a role, as it was filed; `health` is None where it cannot be read, and `at` whatever the
    store holds.
    """

    chain_id: int
    role: str
    instance: str
    at: int
    health: Health | None


def file_health(connection: Connection, records: Iterable[Health]) -> None:
    """The newest record of a role stands, all are in the history; one that comes again changes nothing."""
    for record in records:
        row = {
            "chain_id": record.chain_id,
            "role": record.role,
            "instance": _held(record.instance),
            "at": record.at,
            "record": health_value(record).decode(),
        }
        flavour = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(flavour(health_history).on_conflict_do_nothing(), row)
        here = (health.c.chain_id == row["chain_id"]) & (health.c.role == row["role"])
        here &= health.c.instance == row["instance"]
        stands = whole(connection.scalar(select(raw(health.c.at)).where(here)))
        if stands is None or stands <= record.at:
            connection.execute(delete(health).where(here))
            connection.execute(insert(health), row)


class HealthReader:
    """The reading side of health."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._reading = reading

    def now(self) -> list[RoleHealth]:
        """The last record of every role of every chain; who tells nothing any more is still there, with the
        time when it last did. None in a store of a version that had no health.
        """
        with self._reading() as connection:
            if not inspect(connection).has_table(health.name):
                return []
        rows = self._rows(select(*map(raw, _columns(health))))
        return sorted(map(_told, rows), key=lambda told: (in_order(told.chain_id), str(told.role)))

    def turns(self) -> list[tuple[str, Beat]]:
        """Who does each kind of work on the store, or did last. None in a store of a version before."""
        with self._reading() as connection:
            if not inspect(connection).has_table(turns.name):
                return []
            works = [str(row[0]) for row in connection.execute(select(raw(turns.c.work)))]
            found = [(work, last_beat(connection, work)) for work in sorted(works)]
        return [(cut(work), beat) for work, beat in found if beat is not None]

    def history(self, chain_id: int, since: int) -> list[RoleHealth]:
        """Every record of a chain from `since` on (seconds UTC), oldest first; the last 20,000."""
        here = (health_history.c.chain_id == chain_id) & (health_history.c.at >= since)
        wanted = select(*map(raw, _columns(health_history))).where(here)
        rows = self._rows(wanted.order_by(health_history.c.at.desc()).limit(MOST_ROWS))
        return [_told(row) for row in reversed(rows)]

    def course(self, chain_id: int, since: int, width: int) -> list[RoleHealth]:
        """Of every role of a chain the last record in each piece of `width` seconds from `since` on, oldest
        first: they count since their role began, so the difference of two tells of the time between. Found
        by the primary key, so that a day is not read whole.
        """
        at, by = health_history.c.at, (health_history.c.role, health_history.c.instance)
        here = (health_history.c.chain_id == chain_id) & (at >= since)
        last = (
            select(*by, func.max(at).label("last"))
            .where(here)
            .group_by(*by, (at - since) // width)
            .subquery()
        )
        same = (at == last.c.last) & (by[0] == last.c.role) & (by[1] == last.c.instance)
        wanted = select(*map(raw, _columns(health_history))).join(last, same).where(here)
        return [_told(row) for row in self._rows(wanted.order_by(at.desc()).limit(MOST_ROWS))][::-1]

    def _rows(self, wanted: Select[Any]) -> Sequence[Any]:
        with self._reading() as connection:
            return connection.execute(wanted).all()


def _columns(table: Any) -> list[Any]:
    return [table.c[name] for name in ("chain_id", "role", "instance", "at", "record")]


def _told(row: Any) -> RoleHealth:
    chain_id, role, instance, at, record = row
    try:
        told = health_from(str(record).encode(errors="replace"), chain_id)
    except (UnreadableRecord, msgspec.MsgspecError):
        told = None
    return RoleHealth(chain_id, role, instance, at, told)


def _held(instance: str) -> str:
    """PostgreSQL keeps no zero byte in a text."""
    return instance.replace("\0", "\\u{0000}")
