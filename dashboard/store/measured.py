"""What operators count in a store."""

from __future__ import annotations

from sqlalchemy import func, select

from dashboard.store.heads import raw
from dashboard.store.reading import Reader
from dashboard.store.tables import alerts
from dashboard.store.values import cut, whole


def alert_counts(reader: Reader) -> dict[tuple[str, str, str], int]:
    """Alerts by chain, category and status."""
    by = [raw(alerts.c[name]) for name in ("chain_id", "category", "status")]
    rows = reader.ask(select(*by, func.count()).group_by(*by))
    found: dict[tuple[str, str, str], int] = {}
    for *key, count in rows:
        place = (cut(str(key[0])), cut(str(key[1])), cut(str(key[2])))
        found[place] = found.get(place, 0) + int(count)
    return found


def filed_at(reader: Reader) -> dict[str, float]:
    """By chain, when its last block was filed, seconds UTC; what is no time is left out."""
    return {
        str(head.chain_id): float(head.filed_at)
        for head in reader.heads()
        if isinstance(head.filed_at, int | float) and whole(head.chain_id) is not None
    }
