"""What the sink does to the store: revisions, scores and heads go in with their offsets, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, delete, select, update

from dashboard.store.ageing import age_health, age_scores
from dashboard.store.alarms import RAISED, Alarm, is_alerted, note, standing
from dashboard.store.fee_filing import age_fees, file_fees, file_forecast
from dashboard.store.feed import Feed, Rejected
from dashboard.store.fees import fees_now, forecast_text
from dashboard.store.heads import move_head, note_rebuild, note_run, of_head, raw, settle
from dashboard.store.health import file_health
from dashboard.store.inserting import insert_if_new, insert_rows
from dashboard.store.revisions import file_revisions
from dashboard.store.score_filing import file_scores
from dashboard.store.tables import (
    alert_transactions,
    alerts,
    heads,
    offsets,
    rebuilds,
    rejected,
    roles,
)
from dashboard.store.values import cut, whole
from detectors.alerts.alert import Alert
from detectors.runs.forecasts.blocks import BlockFees
from detectors.runs.forecasts.values import Forecast
from ingest.model.errors import BadInput
from ingest.model.health import Health

_SAME = (
    "chain_id", "id", "category", "detector", "severity", "score", "status", "subject_kind", "subject_id",
    "block_number", "timestamp", "updated_block", "explanation",
)  # fmt: skip
"""Columns of `alerts` that are fields of an alert."""

CHUNK = 500
"""Alerts of one statement: SQLite takes 32,766 parameters in one."""
_HASHES = alert_transactions
Row = TypeVar("Row")


class Writer:
    """The writing side of a store. One sink a chain: a second one is found out by its offsets."""

    def __init__(self, engine: Engine, telling: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._telling = telling

    def offsets(self, chain_id: int) -> dict[str, int]:
        """The next offset to read, by topic; empty for a chain the store has never seen. What is no offset is
        left out: its topic is read again, which changes nothing that was filed.
        """
        wanted = select(offsets.c.topic, raw(offsets.c.next_offset)).where(offsets.c.chain_id == chain_id)
        with self._telling(), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return {topic: offset for topic, found in rows if (offset := whole(found)) is not None}

    def misplaced(self, chain_id: int) -> list[str]:
        """The topics of which the store holds a place that is no offset."""
        wanted = select(offsets.c.topic, raw(offsets.c.next_offset)).where(offsets.c.chain_id == chain_id)
        with self._telling(), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [cut(str(topic)) for topic, found in rows if whole(found) is None]

    def head(self, chain_id: int) -> int | None:
        """The last block of the chain that was filed; None before the first, and where it is no block."""
        with self._telling(), self._engine.connect() as connection:
            return whole(connection.scalar(of_head(heads.c.block_number, chain_id)))

    def finality(self, chain_id: int) -> int | None:
        """The depth at which alerts of the chain were last called final; None before its first block, and
        where it is no depth.
        """
        with self._telling(), self._engine.connect() as connection:
            return whole(connection.scalar(of_head(heads.c.finality, chain_id)), 1)

    def rebuilding(self, chain_id: int) -> str | None:
        """The run that judged the log anew when the store was last told; None where none did."""
        wanted = select(raw(rebuilds.c.run)).where(rebuilds.c.chain_id == chain_id)
        with self._telling(), self._engine.connect() as connection:
            run = connection.scalar(wanted)
        return None if run is None else str(run)

    def file(self, feed: Feed) -> None:
        """Writes a feed, all or nothing. Filing the same revisions again, or older ones, changes nothing.

        1. the offsets move from `before` to `after` (BadInput where another sink moved them);
        2. revisions newer than those stored are added to the list of all revisions, and the last of each
           alert replaces the stored one, with its roles and transactions;
        3. scores are added, and taken away again above a rollback and where they were superseded;
        4. the head moves, and every status is put to what it is at that head;
        5. what could not be read is set aside, with its reason;
        6. whether a run judges the log anew is noted, and which one judges it;
        7. what blocks used and cost is added, and taken away above a rollback.
        """
        with self._telling(), self._engine.begin() as connection:
            _move_offsets(connection, feed)
            file_scores(connection, feed.chain_id, feed.blocks)
            _file_revisions(connection, feed)
            stood = whole(connection.scalar(of_head(heads.c.block_number, feed.chain_id)))
            move_head(connection, feed)
            settle(connection, feed)
            _set_aside(connection, feed.chain_id, feed.rejected)
            note_rebuild(connection, feed)
            note_run(connection, feed, stood)
            file_fees(connection, feed.chain_id, feed.blocks)

    def file_health(self, chain_id: int, records: Sequence[Health], bad: Sequence[Rejected] = ()) -> None:
        """How the roles of a chain are, and what was no record of that."""
        with self._telling(), self._engine.begin() as connection:
            file_health(connection, records)
            _set_aside(connection, chain_id, bad)

    def fees(self, chain_id: int, count: int) -> list[BlockFees]:
        """What the newest blocks of a chain used and cost, at most `count`, in their order."""
        with self._telling(), self._engine.connect() as connection:
            return fees_now(connection, chain_id, count)

    def file_forecast(self, chain_id: int, found: Forecast) -> None:
        """What the next blocks are forecast to cost; a few hundred are kept."""
        with self._telling(), self._engine.begin() as connection:
            file_forecast(connection, chain_id, found.number, forecast_text(found))

    def is_alerted(self, chain_id: int, category: str, address: str) -> bool:
        """Whether an alert of this category that was not taken back names an address as attacker."""
        with self._telling(), self._engine.connect() as connection:
            return is_alerted(connection, chain_id, category, address)

    def is_alarmed(self, chain_id: int, name: str, about: str) -> bool:
        """Whether an alarm was raised and is not over."""
        with self._telling(), self._engine.connect() as connection:
            last = standing(connection, chain_id, name, about)
        return last is not None and last.kind == RAISED

    def note_alarm(self, alarm: Alarm) -> bool:
        """Notes that an alarm is raised or over; whether that is news. It is no alert, and in no book."""
        with self._telling(), self._engine.begin() as connection:
            return note(connection, alarm)

    def age(self, chain_id: int, days: int) -> int:
        """Removes a slice of the scores that are more than `days` older than the head, of old health and of
        old fees; how many rows went. What is left of them goes the next time.
        """
        with self._telling(), self._engine.begin() as connection:
            gone = age_scores(connection, chain_id, days) + age_health(connection, chain_id, time.time())
            return gone + age_fees(connection, chain_id)

    def close(self) -> None:
        self._engine.dispose()


def _move_offsets(connection: Connection, feed: Feed) -> None:
    """Comes first in the transaction: it takes the lock that makes a second sink wait, and then lose."""
    for topic, after in feed.after.items():
        here = (offsets.c.chain_id == feed.chain_id) & (offsets.c.topic == topic)
        _begin_at_zero(connection, feed.chain_id, topic)
        stands = connection.scalar(select(raw(offsets.c.next_offset)).where(here).with_for_update())
        if (whole(stands) or 0) != feed.before.get(topic, 0):
            raise BadInput(f"another sink files chain {feed.chain_id} into this store: stop one of the two")
        connection.execute(update(offsets).where(here).values(next_offset=after))


def _begin_at_zero(connection: Connection, chain_id: int, topic: str) -> None:
    insert_if_new(connection, offsets, [{"chain_id": chain_id, "topic": topic, "next_offset": 0}])


def _set_aside(connection: Connection, chain_id: int, rejected_ones: Sequence[Rejected]) -> None:
    rows = [
        {"chain_id": chain_id, "topic": bad.topic, "kafka_offset": bad.offset, "reason": bad.reason}
        for bad in rejected_ones
    ]
    insert_if_new(connection, rejected, rows)


def _file_revisions(connection: Connection, feed: Feed) -> None:
    stored: dict[str, int] = {}
    for some in _chunks(list(feed.revisions)):
        stored |= _stored_offsets(connection, feed.chain_id, [alert.id for _, alert in some])
    newer = [each for each in feed.revisions if each[0] > stored.get(each[1].id, -1)]
    written = [alert.to_json() for _, alert in newer]
    told = [(alert, record) for (_, alert), record in zip(newer, written, strict=True)]
    numbers = file_revisions(connection, feed.chain_id, told, [*feed.blocks, *feed.coming])
    latest = {
        alert.id: _alert_row(offset, alert, record, numbers.get(alert.id))
        for (offset, alert), record in zip(newer, written, strict=True)
    }
    last = {alert.id: alert for _, alert in newer}
    for names in _chunks(list(last)):
        _replace(connection, feed.chain_id, [last[each] for each in names], [latest[each] for each in names])


def _stored_offsets(connection: Connection, chain_id: int, ids: Sequence[str]) -> dict[str, int]:
    """What is no offset is left out: any revision is newer."""
    wanted = select(alerts.c.id, raw(alerts.c.kafka_offset)).where(
        alerts.c.chain_id == chain_id, alerts.c.id.in_(ids)
    )
    rows = connection.execute(wanted).all()
    return {name: offset for name, found in rows if (offset := whole(found)) is not None}


def _replace(
    connection: Connection, chain_id: int, some: Sequence[Alert], rows: Sequence[dict[str, Any]]
) -> None:
    names = [alert.id for alert in some]
    for table, name in ((alerts, alerts.c.id), (roles, roles.c.alert_id), (_HASHES, _HASHES.c.alert_id)):
        connection.execute(delete(table).where(table.c.chain_id == chain_id, name.in_(names)))
    insert_rows(connection, alerts, rows)
    insert_rows(connection, roles, [row for alert in some for row in _role_rows(alert)])
    insert_rows(connection, alert_transactions, [row for alert in some for row in _hash_rows(alert)])


def _alert_row(offset: int, alert: Alert, record: str, number: int | None) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(alert, name) for name in _SAME}
    return row | {
        "status": alert.status or "provisional",
        "suppressed": alert.suppressed_by is not None,
        "record": record,
        "kafka_offset": offset,
        "number": number,
    }


def _role_rows(alert: Alert) -> list[dict[str, Any]]:
    named = sorted({(role.address, role.role) for role in alert.roles})
    return [{"chain_id": alert.chain_id, "alert_id": alert.id, "address": a, "role": r} for a, r in named]


def _hash_rows(alert: Alert) -> list[dict[str, Any]]:
    hashes = sorted({*alert.transactions, *(row.transaction for row in alert.evidence)})
    return [{"chain_id": alert.chain_id, "alert_id": alert.id, "transaction": h} for h in hashes]


def _chunks(rows: list[Row]) -> Iterable[list[Row]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
