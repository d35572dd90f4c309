"""What the store lets go of: old scores and old health, a slice at a time. Alerts and cases stay for ever.

A score is as old as its block, counted back from the block time of the chain's head: a chain that stands
still loses nothing, and what goes is the same on every machine.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, delete, func, or_, select

from dashboard.store.heads import of_head
from dashboard.store.tables import heads, health_history, scores
from dashboard.store.values import whole

DAY_S = 86_400
KEPT_HEALTH_DAYS = 7
SLICE = 5_000
"""Rows that one transaction looks at: it takes milliseconds, so that filing and screens never wait for it."""


def age_scores(connection: Connection, chain_id: int, days: int) -> int:
    """Removes some of the scores whose block is more than `days` older than the head; returns how many."""
    head = whole(connection.scalar(of_head(heads.c.timestamp, chain_id)))
    if head is None:
        return 0
    here, cutoff = scores.c.chain_id == chain_id, head - days * DAY_S
    lowest = select(scores.c.block_number, scores.c.timestamp).where(here).order_by(scores.c.block_number)
    last = _last_below(connection, lowest, "block_number", "timestamp", cutoff)
    if last is None and _undated_are_out(connection, chain_id, cutoff):
        some = lowest.limit(SLICE).subquery()
        last = connection.scalar(select(func.max(some.c.block_number)).where(some.c.timestamp.is_(None)))
    if last is None:
        return 0
    is_old = or_(scores.c.timestamp < cutoff, scores.c.timestamp.is_(None))  # one odd time takes no other row
    return connection.execute(delete(scores).where(here, scores.c.block_number <= last, is_old)).rowcount


def age_health(connection: Connection, chain_id: int, now: float) -> int:
    """Removes some of the health that is more than seven days old by the sink's clock, `now`."""
    here = health_history.c.chain_id == chain_id
    oldest = select(health_history.c.at).where(here).order_by(health_history.c.at)
    last = _last_below(connection, oldest, "at", "at", int(now) - KEPT_HEALTH_DAYS * DAY_S)
    if last is None:
        return 0
    return connection.execute(delete(health_history).where(here, health_history.c.at <= last)).rowcount


def _last_below(connection: Connection, ordered: Select[Any], key: str, time: str, cutoff: int) -> Any:
    """The last key of the first rows whose time lies before `cutoff`."""
    some = ordered.limit(SLICE).subquery()
    return connection.scalar(select(func.max(some.c[key])).where(some.c[time] < cutoff))


def _undated_are_out(connection: Connection, chain_id: int, cutoff: int) -> bool:
    """Scores filed before version 2 have no time: they are at least as old as the first that has one."""
    dated = select(scores.c.timestamp).where(scores.c.chain_id == chain_id, scores.c.timestamp.is_not(None))
    first = whole(connection.scalar(dated.order_by(scores.c.block_number).limit(1)))
    return first is not None and first < cutoff
