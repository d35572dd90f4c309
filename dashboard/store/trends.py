"""What changes over weeks: categories, addresses that keep coming back, and groups that are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from dashboard.store.overview import Bucket, Span, stands, timeline, within
from dashboard.store.reading import Reader
from dashboard.store.tables import alerts, roles

WEEK = 7 * 86_400
MOST_ALERTS = 5_000
"""Newest alerts of a span whose addresses are counted."""
MOST_SHOWN = 15
CLUSTER = 3
"""Alerts that share an address, at the least, to be called a cluster."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """An address that several alerts name in one part, from the first of them to the last (block time)."""

    chain_id: int
    address: str
    role: str
    alerts: int
    categories: int
    first: int
    last: int


def weeks(reader: Reader, now: int, count: int) -> list[Bucket]:
    """Alerts that stand, by category and severity, week by week, the last one up to now."""
    return timeline(reader, Span(now - count * WEEK + 1, now), WEEK)


def recurring(reader: Reader, span: Span, parts: Sequence[str]) -> list[Recurring]:
    """Addresses that the most of the newest alerts of a span name in one of these parts."""
    newest = (
        select(alerts.c.chain_id, alerts.c.id, alerts.c.category, alerts.c.timestamp)
        .where(within(span), stands())
        .order_by(alerts.c.timestamp.desc(), alerts.c.id)
        .limit(MOST_ALERTS)
        .subquery()
    )
    same = (roles.c.chain_id == newest.c.chain_id) & (roles.c.alert_id == newest.c.id)
    counted = func.count()
    wanted = (
        select(
            roles.c.chain_id,
            roles.c.address,
            roles.c.role,
            counted,
            func.count(func.distinct(newest.c.category)),
            func.min(newest.c.timestamp),
            func.max(newest.c.timestamp),
        )
        .join(newest, same)
        .where(roles.c.role.in_(parts))
        .group_by(roles.c.chain_id, roles.c.address, roles.c.role)
        .having(counted >= CLUSTER)
        .order_by(counted.desc(), roles.c.address)
        .limit(MOST_SHOWN)
    )
    return [Recurring(*row) for row in reader.ask(wanted)]


def fresh(found: Sequence[Recurring], now: int) -> list[Recurring]:
    """Those whose first alert is not older than a week."""
    return [each for each in found if each.first > now - WEEK]


def tokens(reader: Reader, span: Span) -> list[tuple[int, str, int]]:
    """Tokens that the most of the newest alerts are about: (chain, token, alerts)."""
    newest = (
        select(alerts.c.chain_id, alerts.c.subject_id)
        .where(within(span), stands(), alerts.c.subject_kind == "token")
        .order_by(alerts.c.timestamp.desc())
        .limit(MOST_ALERTS)
        .subquery()
    )
    counted = func.count()
    by = (newest.c.chain_id, newest.c.subject_id)
    wanted = select(*by, counted).group_by(*by).order_by(counted.desc(), newest.c.subject_id)
    return [
        (int(chain), str(token), int(count)) for chain, token, count in reader.ask(wanted.limit(MOST_SHOWN))
    ]
