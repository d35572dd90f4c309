"""Alerts by what people made of them: an alert without a case is new."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_, select, tuple_

from dashboard.store.case_tables import cases
from dashboard.store.tables import alerts

_NEW = "new"


def in_state(statuses: Sequence[str]) -> ColumnElement[bool]:
    """Alerts whose case has one of these statuses."""
    key = tuple_(alerts.c.chain_id, alerts.c.id)
    having = select(cases.c.chain_id, cases.c.alert_id)
    found: list[ColumnElement[bool]] = [
        key.in_(having.where(cases.c.status.in_([name for name in statuses if name != _NEW])))
    ]
    if _NEW in statuses:
        found.append(untouched())
    return or_(*found)


def untouched() -> ColumnElement[bool]:
    """Alerts that nobody has taken or closed: a look at the case of each alert that is come to."""
    same = (cases.c.chain_id == alerts.c.chain_id) & (cases.c.alert_id == alerts.c.id)
    return ~exists().where(same, cases.c.status != _NEW)
