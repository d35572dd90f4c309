"""What people found alerts to be: confirmed or dismissed, with the alert each is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from dashboard.store.case_tables import cases
from dashboard.store.reading import Reader
from dashboard.store.tables import alerts

JUDGED = ("confirmed", "dismissed")
MOST = 100_000
"""The newest that are read."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`is_right`: confirmed, else dismissed."""

    detector: str
    category: str
    subject: str
    block_number: int
    is_right: bool


def judgements(reader: Reader, chain_id: int) -> list[Judgement]:
    """Of a chain's closed cases, in order of their alerts' blocks; rows that hold anything else are left
    out. Raises StoreUnreachable.
    """
    same = (cases.c.chain_id == alerts.c.chain_id) & (cases.c.alert_id == alerts.c.id)
    wanted = (
        select(
            alerts.c.detector, alerts.c.category, alerts.c.subject_id, alerts.c.block_number,
            cases.c.disposition,
        )
        .join(alerts, same)
        .where(cases.c.chain_id == chain_id, cases.c.disposition.in_(JUDGED))
        .order_by(cases.c.changed_at.desc())
        .limit(MOST)
    )  # fmt: skip
    found = [
        Judgement(str(detector), str(category), str(subject), block, disposition == "confirmed")
        for detector, category, subject, block, disposition in reader.ask(wanted)
        if isinstance(block, int)
    ]
    return sorted(found, key=lambda each: (each.block_number, each.detector, each.subject))


def closed(reader: Reader, chain_id: int) -> Mapping[str, int]:
    """How many cases were closed as what."""
    here = (cases.c.chain_id == chain_id) & cases.c.disposition.is_not(None)
    rows = reader.ask(select(cases.c.disposition, func.count()).where(here).group_by(cases.c.disposition))
    return {str(disposition): int(count) for disposition, count in rows}
