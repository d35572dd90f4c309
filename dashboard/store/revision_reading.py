"""What is asked of the list of revisions: what came after a place, and alerts in an order that stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from dashboard.store.answers import AlertRow, Filters
from dashboard.store.heads import raw
from dashboard.store.outward_tables import revision_head, revisions
from dashboard.store.reading import Reader, passes
from dashboard.store.subjects import LINE
from dashboard.store.tables import alerts
from dashboard.store.values import LARGEST, whole

MOST = 1_000
"""Revisions of one answer."""


@dataclass(frozen=True, slots=True)
class Revision:
    """An alert as it was filed once: `record` is its canonical JSON then. Times are seconds UTC."""

    number: int
    chain_id: int
    alert_id: str
    kind: str
    block_time: int
    filed_at: int
    record: str
    hash: str


_COLUMNS = [raw(revisions.c[name]) for name in Revision.__slots__]


def last_revision(reader: Reader) -> tuple[int, str]:
    """Number and hash of the last one; 0 before the first."""
    rows = reader.ask(select(raw(revision_head.c.number), raw(revision_head.c.hash)))
    number = whole(rows[0][0]) if len(rows) == 1 else None
    return (0, "") if number is None else (number, str(rows[0][1]))


def revision_hash(reader: Reader, number: int) -> str | None:
    """The hash of a row; None where there is none."""
    rows = reader.ask(select(raw(revisions.c.hash)).where(revisions.c.number == number))
    return str(rows[0][0]) if rows else None


def revisions_after(reader: Reader, number: int, most: int = MOST) -> list[Revision]:
    """Those that were filed after row `number`, oldest first."""
    wanted = select(*_COLUMNS).where(revisions.c.number > number).order_by(revisions.c.number)
    return [Revision(*row) for row in reader.ask(wanted.limit(most))]


def revisions_of(reader: Reader, chain_id: int, alert_id: str, most: int = MOST) -> list[Revision]:
    """Those of one alert, oldest first; the last `most`."""
    here = (revisions.c.chain_id == chain_id) & (revisions.c.alert_id == alert_id)
    wanted = select(*_COLUMNS).where(here).order_by(revisions.c.number.desc()).limit(most)
    return [Revision(*row) for row in reversed(reader.ask(wanted))]


def alerts_before(
    reader: Reader, filters: Filters, number: int | None, size: int
) -> list[tuple[int, AlertRow]]:
    """The alerts that pass, last filed first, from before place `number` on, each with its place.

    A place is given once: whoever goes from page to page sees every alert that was there when they began
    once, whatever blocks leave the chain meanwhile.
    """
    before = alerts.c.number < (LARGEST if number is None else number)  # what has no place is not below it
    wanted = select(raw(alerts.c.number), *LINE).where(before, passes(filters))
    rows: Sequence[Any] = reader.ask(wanted.order_by(alerts.c.number.desc()).limit(size))
    return [(int(place), AlertRow(*row)) for place, *row in rows]
