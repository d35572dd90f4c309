"""Cases as a list, for who works through them outside of the queue."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from dashboard.store.case_reading import case_of
from dashboard.store.case_tables import cases
from dashboard.store.cases import Case
from dashboard.store.heads import raw
from dashboard.store.reading import Reader


def case_list(reader: Reader, statuses: Sequence[str], most: int) -> list[Case]:
    """Cases that somebody has touched, last changed first; an empty `statuses` lets all through."""
    wanted = select(*(raw(column) for column in cases.c))
    if statuses:
        wanted = wanted.where(cases.c.status.in_(statuses))
    latest = wanted.order_by(cases.c.changed_at.desc(), cases.c.chain_id, cases.c.alert_id).limit(most)
    return [case_of(row._mapping) for row in reader.ask(latest)]
