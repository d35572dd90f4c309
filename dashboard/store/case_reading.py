"""What people are told of cases, watch lists, saved filters and the audit. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from dashboard.store.audit import AuditRow
from dashboard.store.audit_check import Audited, Known, check
from dashboard.store.case_tables import audit, audit_head, cases, comments, saved_filters, watches
from dashboard.store.cases import AlertKey, Case
from dashboard.store.heads import raw
from dashboard.store.keys import among
from dashboard.store.people import Actor
from dashboard.store.values import whole

AT_ONCE = 500
MOST_ROWS = 1_000
"""Comments, rows of history or watched addresses that one question answers; the newest count."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said of an alert; `number` grows with time. `at` is seconds UTC."""

    number: int
    at: int
    person: str
    text: str


@dataclass(frozen=True, slots=True)
class Watch:
    """An address that people watch: who added it, why, and when (seconds UTC)."""

    chain_id: int
    address: str
    note: str
    person: str
    at: int


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A view that a person keeps: `query` is the query of the address that shows it."""

    number: int
    name: str
    query: str
    at: int


class CaseReader:
    """The reading side of case work. Texts are as people wrote them: who shows them makes them visible."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._reading = reading

    def revision(self) -> int:
        """A number that grows whenever a person changed anything."""
        return sum(whole(row[0]) or 0 for row in self._rows(select(raw(audit_head.c.number))))

    def case(self, alert: AlertKey) -> Case:
        """As it stands; `new`, of revision 0, where nobody has touched it."""
        return self.cases([alert]).get(alert, Case(alert))

    def cases(self, alerts: Iterable[AlertKey]) -> dict[AlertKey, Case]:
        """Those of `alerts` that somebody has touched."""
        wanted, found = iter(alerts), dict[AlertKey, Case]()
        with self._reading() as connection:
            while some := [(alert.chain_id, alert.alert_id) for alert in islice(wanted, AT_ONCE)]:
                rows = connection.execute(_of(cases).where(among(cases.c.chain_id, cases.c.alert_id, some)))
                found |= {case.alert: case for case in map(case_of, rows.mappings())}
        return found

    def counts(self) -> dict[str, int]:
        """How many cases have each status; alerts that nobody touched are in none of them."""
        wanted = select(cases.c.status, func.count()).group_by(cases.c.status)
        return {str(status): int(count) for status, count in self._rows(wanted)}

    def comments(self, alert: AlertKey) -> list[Comment]:
        """Oldest first; the last 1,000."""
        here = (comments.c.chain_id == alert.chain_id) & (comments.c.alert_id == alert.alert_id)
        return self._last(comments, Comment, here)

    def history(self, alert: AlertKey) -> list[AuditRow]:
        """Who did what to the case, oldest first; the last 1,000."""
        return self._last(audit, AuditRow, audit.c.subject == f"case {alert}")

    def audit(self, before: int | None = None, limit: int = 100) -> list[AuditRow]:
        """The last rows of the audit, oldest first, or the last ones before row `before`."""
        here = audit.c.number < before if before is not None else audit.c.number > 0
        return self._last(audit, AuditRow, here, limit)

    def watches(self) -> list[Watch]:
        """The newest first; at most 1,000."""
        newest = (watches.c.at.desc(), watches.c.chain_id, watches.c.address)
        rows = self._rows(_of(watches, Watch).order_by(*newest).limit(MOST_ROWS))
        return [Watch(*row) for row in rows]

    def watched(self, chain_id: int, addresses: Iterable[str]) -> dict[str, Watch]:
        """Those of `addresses` that are watched."""
        wanted, found = iter(addresses), dict[str, Watch]()
        here = watches.c.chain_id == chain_id
        while some := list(islice(wanted, AT_ONCE)):
            rows = self._rows(_of(watches, Watch).where(here, watches.c.address.in_(some)))
            found |= {watch.address: watch for watch in (Watch(*row) for row in rows)}
        return found

    def filters(self, actor: Actor) -> list[SavedFilter]:
        """Those that the person keeps, in the order in which they were saved; the last 1,000."""
        return self._last(saved_filters, SavedFilter, saved_filters.c.person == actor.name)

    def checked(self, *known: Known) -> Audited:
        """Reads the whole audit, and holds it against rows that were noted. Raises AuditBroken with the first
        row that is not as it was written.
        """
        with self._reading() as connection:
            return check(connection, *known)

    def _last(self, table: Table, kind: type[Any], here: Any, limit: int = MOST_ROWS) -> list[Any]:
        rows = self._rows(_of(table, kind).where(here).order_by(table.c.number.desc()).limit(limit))
        return [kind(*row) for row in reversed(rows)]

    def _rows(self, wanted: Select[Any]) -> Sequence[Any]:
        with self._reading() as connection:
            return connection.execute(wanted).all()


def case_of(row: Any) -> Case:
    """A row of `cases` with its values as they are."""
    key = AlertKey(row["chain_id"], row["alert_id"])
    return Case(key, **{each.name: row[each.name] for each in fields(Case) if each.name != "alert"})


def _of(table: Table, kind: type[Any] | None = None) -> Select[Any]:
    names = [column.name for column in table.c] if kind is None else [each.name for each in fields(kind)]
    return select(*(raw(table.c[name]) for name in names))
