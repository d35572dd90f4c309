"""What happened lately: alerts counted over time, what they are worth, which of them want a person first.

Time is block time, counted back from the head. Each question reads a stretch of the index by time
(`alerts_newest`), which its caller keeps as short as a few weeks.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from dashboard.store.answers import AlertRow
from dashboard.store.case_state import untouched
from dashboard.store.reading import Reader
from dashboard.store.subjects import LINE, raw
from dashboard.store.tables import alerts
from dashboard.store.values import whole
from detectors.alerts.alert import SEVERITIES

MOST_VALUED = 5_000
"""Newest alerts whose value is added up."""
_TAIL = 110
"""Characters at the end of a record that hold the value: it is the last key of the canonical JSON."""
_VALUE = re.compile(r'"value_wei":(?:null|"([0-9]{1,78})")\}\Z')


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds of block time, both ends included."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Alerts of one category and severity that were raised in a piece of a span."""

    start: int
    category: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class Worth:
    """What alerts of a chain are about in its own coin, how many said so, and how many did not."""

    chain_id: int
    wei: int
    valued: int
    unvalued: int


def newest_time(reader: Reader) -> int | None:
    """Block time of the highest head, else of the newest alert; None in an empty store."""
    times = [whole(head.timestamp) for head in reader.heads()]
    known = [each for each in times if each is not None]
    if known:
        return max(known)
    latest = select(*raw(alerts, ("timestamp",))).order_by(alerts.c.timestamp.desc()).limit(1)
    return next((whole(row[0]) for row in reader.ask(latest)), None)


def timeline(reader: Reader, span: Span, width: int) -> list[Bucket]:
    """Alerts that stand, in pieces of `width` seconds."""
    piece = (alerts.c.timestamp - span.since) // width
    by = (*raw(alerts, ("category", "severity")), piece.label("piece"))
    wanted = select(*by, func.count()).where(within(span), stands()).group_by(*by)
    return [
        Bucket(span.since + int(place) * width, str(category), str(severity), int(count))
        for category, severity, place, count in reader.ask(wanted)
        if isinstance(place, int | float)
    ]


def worst(reader: Reader, span: Span, most: int, severities: Sequence[str] = SEVERITIES) -> list[AlertRow]:
    """The gravest alerts that stand and are not explained away, taken or closed: by severity, then score,
    then time. Asked one severity after the other, by `alerts_by_severity`, until there are enough: mostly a
    look at the few gravest.
    """
    gravest = (alerts.c.score.desc(), alerts.c.timestamp.desc(), alerts.c.id)
    found: list[AlertRow] = []
    for name in reversed(SEVERITIES):
        if name in severities and len(found) < most:
            here = (alerts.c.severity == name, within(span), stands(), untouched())
            wanted = select(*LINE).where(*here).order_by(*gravest).limit(most - len(found))
            found += [AlertRow(*row) for row in reader.ask(wanted)]
    return found


def newest(reader: Reader, span: Span, most: int, severities: Sequence[str] = SEVERITIES) -> list[AlertRow]:
    """The newest alerts that stand."""
    latest = (alerts.c.timestamp.desc(), alerts.c.block_number.desc(), alerts.c.chain_id, alerts.c.id)
    wanted = select(*LINE).where(within(span), stands(), alerts.c.severity.in_(severities))
    return [AlertRow(*row) for row in reader.ask(wanted.order_by(*latest).limit(most))]


def worth(reader: Reader, span: Span) -> list[Worth]:
    """By chain, of the newest alerts that stand: what each says it is about. Losses told twice by different
    detectors count once where the lesser alert yielded; else each counts.
    """
    end = func.substr(alerts.c.record, func.length(alerts.c.record) - _TAIL)
    latest = alerts.c.timestamp.desc()
    wanted = select(*raw(alerts, ("chain_id",)), end).where(within(span), stands()).order_by(latest)
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for chain_id, tail in reader.ask(wanted.limit(MOST_VALUED)):
        wei = value_in(tail)
        told = sums[chain_id]
        told[0] += wei or 0
        told[1 if wei is not None else 2] += 1
    return [Worth(chain_id, *told) for chain_id, told in sorted(sums.items(), key=lambda each: str(each[0]))]


def value_in(tail: object) -> int | None:
    """The value at the end of a record; None where it says none."""
    found = _VALUE.search(str(tail))
    return int(found[1]) if found and found[1] else None


def rates(reader: Reader, now: int, days: int = 7) -> dict[str, tuple[int, float]]:
    """By category: alerts of the last day, and how many a day there were in the `days` before it."""
    day = 86_400
    buckets = timeline(reader, Span(now - (days + 1) * day + 1, now), day)
    last, before = Counter[str](), Counter[str]()
    for each in buckets:
        (last if each.start > now - day else before)[each.category] += each.count
    return {name: (last[name], before[name] / days) for name in sorted({*last, *before})}


def within(span: Span) -> ColumnElement[bool]:
    """By `alerts_newest`. Text in the place of a time is above any number, and so outside."""
    return and_(alerts.c.timestamp >= span.since, alerts.c.timestamp <= span.until)


def stands() -> ColumnElement[bool]:
    return and_(alerts.c.status != "retracted", _not(alerts.c.suppressed))


def _not(column: Any) -> ColumnElement[bool]:
    return column.is_(False)  # type: ignore[no-any-return]
