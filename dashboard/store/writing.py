"""What the sink does to the store: revisions, scores and heads go in with their offsets, or not at all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.store.tables import alert_transactions, alerts, heads, offsets, rejected, roles, scores
from detectors.alerts.alert import Alert, is_final
from detectors.alerts.messages import BlockScores, RolledBack, ScoreRecord, Superseded
from ingest.model.errors import BadInput

_SAME = (
    "chain_id", "id", "category", "detector", "severity", "score", "status", "subject_kind", "subject_id",
    "block_number", "timestamp", "updated_block", "explanation",
)  # fmt: skip
"""Columns of `alerts` that are fields of an alert."""

CHUNK = 500
"""Rows of one statement: SQLite takes 32,766 parameters in one, and an alert has sixteen columns."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read, set aside so that nothing loops on it."""

    topic: str
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Feed:
    """What was read of one chain since the offsets the store holds, in the order of each topic.

    `revisions` are (Kafka offset, alert); `before` and `after` are the next offsets by topic around it.
    """

    chain_id: int
    revisions: Sequence[tuple[int, Alert]]
    blocks: Sequence[ScoreRecord]
    before: Mapping[str, int]
    after: Mapping[str, int]
    finality: int
    rejected: Sequence[Rejected] = ()


class Writer:
    """The writing side of a store. One sink a chain: a second one is found out by its offsets."""

    def __init__(self, engine: Engine, telling: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._telling = telling

    def offsets(self, chain_id: int) -> dict[str, int]:
        """The next offset to read, by topic; empty for a chain the store has never seen."""
        wanted = select(offsets.c.topic, offsets.c.next_offset).where(offsets.c.chain_id == chain_id)
        with self._telling(), self._engine.connect() as connection:
            return {row.topic: row.next_offset for row in connection.execute(wanted)}

    def head(self, chain_id: int) -> int | None:
        """The last block of the chain that was filed; None before the first."""
        wanted = select(heads.c.block_number).where(heads.c.chain_id == chain_id)
        with self._telling(), self._engine.connect() as connection:
            return connection.scalar(wanted)

    def finality(self, chain_id: int) -> int | None:
        """The depth at which alerts of the chain were last called final; None before its first block."""
        wanted = select(heads.c.finality).where(heads.c.chain_id == chain_id)
        with self._telling(), self._engine.connect() as connection:
            return connection.scalar(wanted)

    def file(self, feed: Feed) -> None:
        """Writes a feed, all or nothing. Filing the same revisions again, or older ones, changes nothing.

        1. the offsets move from `before` to `after` (BadInput where another sink moved them);
        2. revisions newer than those stored replace them, with their roles and transactions;
        3. scores are added, and taken away again above a rollback and where they were superseded;
        4. the head moves, and every status is put to what it is at that head;
        5. what could not be read is set aside, with its reason.
        """
        with self._telling(), self._engine.begin() as connection:
            _move_offsets(connection, feed)
            _file_revisions(connection, feed.chain_id, feed.revisions)
            _file_scores(connection, feed.chain_id, feed.blocks)
            _move_head(connection, feed)
            _settle(connection, feed)
            _set_aside(connection, feed)

    def close(self) -> None:
        self._engine.dispose()


def _move_offsets(connection: Connection, feed: Feed) -> None:
    """Comes first in the transaction: it takes the lock that makes a second sink wait, and then lose."""
    for topic, after in feed.after.items():
        here = (offsets.c.chain_id == feed.chain_id) & (offsets.c.topic == topic)
        stands = here & (offsets.c.next_offset == feed.before.get(topic, 0))
        _begin_at_zero(connection, feed.chain_id, topic)
        if connection.execute(update(offsets).where(stands).values(next_offset=after)).rowcount != 1:
            raise BadInput(f"another sink files chain {feed.chain_id} into this store: stop one of the two")


def _begin_at_zero(connection: Connection, chain_id: int, topic: str) -> None:
    _insert_if_new(connection, offsets, [{"chain_id": chain_id, "topic": topic, "next_offset": 0}])


def _set_aside(connection: Connection, feed: Feed) -> None:
    rows = [
        {"chain_id": feed.chain_id, "topic": bad.topic, "kafka_offset": bad.offset, "reason": bad.reason}
        for bad in feed.rejected
    ]
    _insert_if_new(connection, rejected, rows)


def _insert_if_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    flavour = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    if rows:
        connection.execute(flavour(table).on_conflict_do_nothing(), rows)


def _file_revisions(connection: Connection, chain_id: int, revisions: Iterable[tuple[int, Alert]]) -> None:
    latest = {alert.id: (offset, alert) for offset, alert in revisions}
    for some in _chunks(list(latest.values())):
        stored = _stored_offsets(connection, chain_id, [alert.id for _, alert in some])
        newer = [(offset, alert) for offset, alert in some if offset > stored.get(alert.id, -1)]
        _replace(connection, chain_id, newer)


def _stored_offsets(connection: Connection, chain_id: int, ids: Sequence[str]) -> dict[str, int]:
    wanted = select(alerts.c.id, alerts.c.kafka_offset).where(
        alerts.c.chain_id == chain_id, alerts.c.id.in_(ids)
    )
    return {row.id: row.kafka_offset for row in connection.execute(wanted)}


def _replace(connection: Connection, chain_id: int, revisions: Sequence[tuple[int, Alert]]) -> None:
    keys = [(chain_id, alert.id) for _, alert in revisions]
    if not keys:
        return
    connection.execute(delete(alerts).where(tuple_(alerts.c.chain_id, alerts.c.id).in_(keys)))
    for table in (roles, alert_transactions):
        connection.execute(delete(table).where(tuple_(table.c.chain_id, table.c.alert_id).in_(keys)))
    _insert_rows(connection, alerts, [_alert_row(offset, alert) for offset, alert in revisions])
    _insert_rows(connection, roles, [row for _, alert in revisions for row in _role_rows(alert)])
    _insert_rows(connection, alert_transactions, [row for _, alert in revisions for row in _hash_rows(alert)])


def _alert_row(offset: int, alert: Alert) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(alert, name) for name in _SAME}
    return row | {
        "status": alert.status or "provisional",
        "suppressed": alert.suppressed_by is not None,
        "record": alert.to_json(),
        "kafka_offset": offset,
    }


def _role_rows(alert: Alert) -> list[dict[str, Any]]:
    named = sorted({(role.address, role.role) for role in alert.roles})
    return [{"chain_id": alert.chain_id, "alert_id": alert.id, "address": a, "role": r} for a, r in named]


def _hash_rows(alert: Alert) -> list[dict[str, Any]]:
    hashes = sorted({*alert.transactions, *(row.transaction for row in alert.evidence)})
    return [{"chain_id": alert.chain_id, "alert_id": alert.id, "transaction": h} for h in hashes]


def _file_scores(connection: Connection, chain_id: int, records: Iterable[ScoreRecord]) -> None:
    for record in records:
        match record:
            case RolledBack(block_number=number):
                _withdraw(connection, chain_id, scores.c.block_number > number)
            case Superseded(block_number=number):
                _withdraw(connection, chain_id, scores.c.block_number >= number)
            case BlockScores():
                if record.part == 0:
                    # Those of a block that comes again take the place of the old ones.
                    _withdraw(connection, chain_id, scores.c.block_number >= record.block_number)
                # A part that comes twice, or a subject in two parts, is filed once.
                _insert_if_new(connection, scores, _score_rows(record))


def _withdraw(connection: Connection, chain_id: int, blocks: ColumnElement[bool]) -> None:
    """Scores of these blocks no longer count."""
    connection.execute(delete(scores).where(scores.c.chain_id == chain_id, blocks))


def _score_rows(record: BlockScores) -> list[dict[str, Any]]:
    return [
        {
            "chain_id": record.chain_id,
            "block_number": record.block_number,
            "subject_kind": each.subject_kind,
            "subject": each.subject,
            "score": each.score,
            "parts": json.dumps(each.parts, sort_keys=True),
        }
        for each in record.scores
    ]


def _move_head(connection: Connection, feed: Feed) -> None:
    """To the last block judged. One that is judged again, by a run that supersedes another, lies below."""
    here = heads.c.chain_id == feed.chain_id
    stood = connection.execute(select(heads).where(here)).mappings().first()
    head = None if stood is None else dict(stood)
    for record in feed.blocks:
        match record:
            case RolledBack():
                head = {**_block(record), "timestamp": None}
            case BlockScores() if not (record.again and head and record.block_number <= head["block_number"]):
                head = {**_block(record), "timestamp": record.timestamp}
    if head is not None and feed.blocks:
        connection.execute(delete(heads).where(here))
        connection.execute(insert(heads), {**head, "finality": feed.finality, "filed_at": time.time()})


def _block(record: BlockScores | RolledBack) -> dict[str, Any]:
    return {
        "chain_id": record.chain_id,
        "block_number": record.block_number,
        "block_hash": record.block_hash,
    }


def _settle(connection: Connection, feed: Feed) -> None:
    """The head alone tells provisional from final, in both directions: a rollback makes provisional again.
    What was filed just now stands as provisional until here.
    """
    head = connection.scalar(select(heads.c.block_number).where(heads.c.chain_id == feed.chain_id))
    if head is None:
        return
    standing = (alerts.c.chain_id == feed.chain_id) & (alerts.c.status != "retracted")
    deep = is_final(alerts.c.block_number, head, feed.finality)
    for status, where in (("final", deep), ("provisional", ~deep)):
        wrong = standing & where & (alerts.c.status != status)
        connection.execute(update(alerts).where(wrong).values(status=status))


def _insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _chunks(rows: list[tuple[int, Alert]]) -> Iterable[list[tuple[int, Alert]]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
