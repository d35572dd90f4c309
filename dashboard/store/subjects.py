"""What the store knows of one address: alerts by its part in them, their evidence, its scores over time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, case, func, select, type_coerce
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import NullType

from dashboard.store.answers import AlertRow
from dashboard.store.reading import Reader
from dashboard.store.tables import alert_transactions, alerts, roles, scores
from detectors.alerts.alert import Alert

MOST_ALERTS = 100
MOST_SCORES = 500
MOST_ADDRESSES = 500
MOST_NAMED = 5_000
RECORDS = 50
"""Newest alerts of an address whose whole record is read, for what it tells of transfers."""


@dataclass(frozen=True, slots=True)
class Score:
    """A subject's score at the end of a block, and the detectors it came from."""

    chain_id: int
    block_number: int
    subject_kind: str
    subject: str
    score: float
    parts: Mapping[str, float]


def raw(table: Table, names: Iterable[str]) -> tuple[ColumnElement[Any], ...]:
    """Columns as the database holds them, of whatever type (see `reading`)."""
    return tuple(type_coerce(table.c[name], NullType()).label(name) for name in names)


LINE = raw(alerts, AlertRow.__slots__)


def alerts_of(reader: Reader, chain_id: int, address: str) -> list[tuple[str, AlertRow]]:
    """The newest alerts that name an address, each with the part it has there: by `roles_by_address`."""
    same = (roles.c.chain_id == alerts.c.chain_id) & (roles.c.alert_id == alerts.c.id)
    wanted = (
        select(*raw(roles, ("role",)), *LINE)
        .join(alerts, same)
        .where(roles.c.address == address, roles.c.chain_id == chain_id)
        .order_by(alerts.c.timestamp.desc(), alerts.c.id)
        .limit(MOST_ALERTS)
    )
    return [(str(role), AlertRow(*row)) for role, *row in reader.ask(wanted)]


def naming(reader: Reader, chain_id: int, addresses: Sequence[str]) -> list[tuple[str, str, AlertRow]]:
    """The newest alerts that name any of some addresses: address, its part, and the alert; at most
    `MOST_NAMED` of them.
    """
    same = (roles.c.chain_id == alerts.c.chain_id) & (roles.c.alert_id == alerts.c.id)
    wanted = (
        select(*raw(roles, ("address", "role")), *LINE)
        .join(alerts, same)
        .where(roles.c.address.in_(list(addresses)), roles.c.chain_id == chain_id)
        .order_by(alerts.c.timestamp.desc(), alerts.c.id)
        .limit(MOST_NAMED)
    )
    return [(str(address), str(role), AlertRow(*row)) for address, role, *row in reader.ask(wanted)]


def alerts_naming(reader: Reader, chain_id: int, addresses: Sequence[str]) -> list[str]:
    """The ids of the newest alerts that name any of some addresses, in one question."""
    here = (roles.c.chain_id == chain_id) & roles.c.address.in_(list(addresses)[:MOST_ADDRESSES])
    same = (roles.c.chain_id == alerts.c.chain_id) & (roles.c.alert_id == alerts.c.id)
    named = select(alerts.c.id, alerts.c.timestamp).join(roles, same).where(here).distinct()
    wanted = named.order_by(alerts.c.timestamp.desc(), alerts.c.id).limit(MOST_ALERTS)
    return [str(row[0]) for row in reader.ask(wanted)]


def alerts_of_transaction(reader: Reader, chain_id: int, transaction: str) -> list[AlertRow]:
    same = (alert_transactions.c.chain_id == alerts.c.chain_id) & (
        alert_transactions.c.alert_id == alerts.c.id
    )
    here = (alert_transactions.c.transaction == transaction) & (alert_transactions.c.chain_id == chain_id)
    newest = alerts.c.timestamp.desc()
    wanted = select(*LINE).join(alert_transactions, same).where(here)
    return [AlertRow(*row) for row in reader.ask(wanted.order_by(newest, alerts.c.id).limit(MOST_ALERTS))]


def records(
    reader: Reader, chain_id: int, ids: Sequence[str], most: int = RECORDS
) -> list[tuple[str, Alert]]:
    """The last revisions of some alerts with their status at the head; what is no alert is left out."""
    here = (alerts.c.chain_id == chain_id) & alerts.c.id.in_(list(ids)[:most])
    found = []
    for record, status in reader.ask(select(*raw(alerts, ("record", "status"))).where(here)):
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            found.append((str(status), Alert.from_json(str(record))))
    return found


def lesser(reader: Reader, rows: Sequence[AlertRow], alert_id: str) -> list[AlertRow]:
    """Those of some alerts that yielded to this one as part of it."""
    yielded = {row.id: row for row in rows if row.suppressed}
    chain_id = rows[0].chain_id if rows else 0
    told = [alert for _, alert in records(reader, chain_id, list(yielded))]
    return [yielded[alert.id] for alert in told if _yields_to(alert, alert_id) and alert.id in yielded]


def _yields_to(alert: Alert, alert_id: str) -> bool:
    return isinstance(alert.suppressed_by, Mapping) and alert.suppressed_by.get("id") == alert_id


def scores_of(reader: Reader, chain_id: int, subject: str) -> list[Score]:
    """The newest scores of a subject, in order of blocks."""
    here = (scores.c.subject == subject) & (scores.c.chain_id == chain_id)
    newest = scores.c.block_number.desc()
    wanted = select(*raw(scores, Score.__slots__)).where(here).order_by(newest).limit(MOST_SCORES)
    return sorted_scores(reader.ask(wanted))


def highest(reader: Reader, chain_id: int, first_block: int, most: int) -> list[Score]:
    """The highest score of each subject since a block, highest first.

    Reads a stretch of the primary key, which begins with (chain, block): the caller keeps it short.
    """
    fresh = (scores.c.chain_id == chain_id) & (scores.c.block_number >= first_block)
    number = case((scores.c.score <= 1, scores.c.score), else_=0.0)
    best = (
        select(scores.c.subject_kind, scores.c.subject, func.max(number).label("best"))
        .where(fresh)
        .group_by(scores.c.subject_kind, scores.c.subject)
        .order_by(func.max(number).desc(), scores.c.subject)
        .limit(most)
        .subquery()
    )
    same = (scores.c.subject_kind == best.c.subject_kind) & (scores.c.subject == best.c.subject)
    wanted = (
        select(*raw(scores, Score.__slots__)).join(best, same).where(fresh, scores.c.score == best.c.best)
    )
    latest: dict[tuple[str, str], Score] = {}
    for each in sorted_scores(reader.ask(wanted)):
        latest[each.subject_kind, each.subject] = each
    return sorted(latest.values(), key=lambda each: (-each.score, each.subject))[:most]


def sorted_scores(rows: Iterable[Any]) -> list[Score]:
    """Those that are a score, in order of blocks; a broken row spoils its own place only."""
    found = []
    for chain, block, kind, subject, score, parts in rows:
        if isinstance(block, int) and isinstance(score, float | int) and 0 <= score <= 1:
            found.append(Score(chain, block, str(kind), str(subject), float(score), _parts(parts)))
    return sorted(found, key=lambda each: (each.block_number, each.subject))


def _parts(text: object) -> dict[str, float]:
    try:
        plain = json.loads(str(text))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(plain, dict):
        return {}
    return {str(k): float(v) for k, v in plain.items() if isinstance(v, int | float) and 0 <= v <= 1}
