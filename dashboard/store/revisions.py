"""Every revision of every alert, in the order in which they were filed: the sink adds to it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, select, update

from dashboard.store.heads import raw
from dashboard.store.inserting import insert_rows
from dashboard.store.outward_tables import alert_numbers, revision_head, revisions
from dashboard.store.tables import alerts
from dashboard.store.values import whole
from detectors.alerts.alert import SEVERITIES, Alert
from detectors.alerts.messages import BlockScores, ScoreRecord
from ingest.model.errors import BadInput

Kind = Literal["raised", "changed", "lowered", "retracted"]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Before:
    """What of an alert's last revision says what the next one is."""

    severity: str
    suppressed: bool
    retracted: bool


def file_revisions(
    connection: Connection,
    chain_id: int,
    newer: Sequence[tuple[Alert, str]],
    blocks: Sequence[ScoreRecord],
) -> dict[str, int]:
    """Adds revisions, each with its canonical JSON, in order, to the one list of all chains; returns the
    place of each of their alerts. To be called before the alerts themselves are replaced, and last of
    what waits for a lock: the list is locked until the transaction ends.
    """
    if not newer:
        return {}
    times = {each.block_number: each.timestamp for each in blocks if isinstance(each, BlockScores)}
    stood = _stood(connection, chain_id, [alert.id for alert, _ in newer])
    number, last = _lock(connection)
    rows: list[dict[str, Any]] = []
    first: dict[str, int] = {}
    now = int(time.time())
    for alert, record in newer:
        number += 1
        last = chained(last, chain_id, alert.id, record)
        before = stood.get(alert.id)
        first.setdefault(alert.id, number)
        rows.append(
            {
                "number": number,
                "chain_id": chain_id,
                "alert_id": alert.id,
                "kind": kind_of(before, alert),
                "block_time": max(alert.timestamp, times.get(alert.updated_block, 0)),
                "filed_at": now,
                "record": record,
                "hash": last,
            }
        )
        stood[alert.id] = _as_before(alert)
    insert_rows(connection, revisions, rows)
    connection.execute(update(revision_head).values(number=number, hash=last))
    return _numbered(connection, chain_id, first)


def _numbered(connection: Connection, chain_id: int, first: Mapping[str, int]) -> dict[str, int]:
    """The place of each alert; one that has none gets the one in `first`. One whose row was lost, by hand,
    keeps the place that it had, and one whose place is no number is in no list.
    """
    known = dict[str, object]()
    names = list(first)
    for start in range(0, len(names), _AT_ONCE):
        here = (alert_numbers.c.chain_id == chain_id) & alert_numbers.c.alert_id.in_(
            names[start : start + _AT_ONCE]
        )
        wanted = select(alert_numbers.c.alert_id, raw(alert_numbers.c.number)).where(here)
        known |= {str(name): place for name, place in connection.execute(wanted)}
    rows = [
        {"chain_id": chain_id, "alert_id": name, "number": number}
        for name, number in first.items()
        if name not in known
    ]
    insert_rows(connection, alert_numbers, rows)
    return {name: place for name in names if (place := whole(known.get(name, first[name]))) is not None}


def kind_of(before: _Before | None, alert: Alert) -> Kind:
    """What became of an alert, by what it was. One that is back after it was retracted is raised anew."""
    if alert.status == "retracted":
        return "retracted"
    if before is None or before.retracted:
        return "raised"
    fell = _rank(alert.severity) < _rank(before.severity)
    explained = alert.suppressed_by is not None and not before.suppressed
    return "lowered" if fell or explained else "changed"


def chained(before: str, chain_id: int, alert_id: str, record: str) -> str:
    """The hash of a row: two lists with the same hash are the same up to there."""
    return hashlib.sha256(f"{before}\n{chain_id}:{alert_id}\n{record}".encode()).hexdigest()


def _lock(connection: Connection) -> tuple[int, str]:
    wanted = select(raw(revision_head.c.number), raw(revision_head.c.hash)).with_for_update()
    heads = connection.execute(wanted).all()
    number = whole(heads[0][0]) if len(heads) == 1 else None
    if number is None:
        raise BadInput("the end of the list of revisions is gone from the store: fill a new store")
    return number, str(heads[0][1])


def _stood(connection: Connection, chain_id: int, ids: Iterable[str]) -> dict[str, _Before]:
    wanted, found = sorted(set(ids)), dict[str, _Before]()
    columns = (alerts.c.id, raw(alerts.c.severity), raw(alerts.c.suppressed), raw(alerts.c.status))
    for start in range(0, len(wanted), _AT_ONCE):
        here = (alerts.c.chain_id == chain_id) & alerts.c.id.in_(wanted[start : start + _AT_ONCE])
        for name, severity, suppressed, status in connection.execute(select(*columns).where(here)):
            found[name] = _Before(str(severity), bool(suppressed), status == "retracted")
    return found


def _as_before(alert: Alert) -> _Before:
    return _Before(alert.severity, alert.suppressed_by is not None, alert.status == "retracted")


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1
