"""What changes over weeks: categories, groups of alerts that are new, addresses that keep coming back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import wording
from dashboard.screens import charts, parts, routes, tables
from dashboard.screens.tables import Column
from dashboard.store import Reader
from dashboard.store.overview import Bucket, Span, newest_time
from dashboard.store.trends import CLUSTER, MOST_ALERTS, WEEK, Recurring, fresh
from dashboard.transfers.door import Transfers
from ingest.model.errors import UndertowError

WEEKS = 26


def show() -> None:
    """Draws the screen. What the store cannot answer is said in its place."""
    try:
        reader, transfers = parts.store(), parts.transfers()
        parts.heading("Trends", f"the last {WEEKS} weeks of block time")
        now = newest_time(reader)
        if now is None:
            parts.notice("The store is empty: `undertow sink` fills it, and trends follow from its alerts.")
            return
        _draw(reader, transfers, now)
    except UndertowError as error:
        parts.tell(error)


def _draw(reader: Reader, transfers: Transfers, now: int) -> None:
    revision, span = reader.revision(), Span(now - WEEKS * WEEK + 1, now)
    parts.section("Alerts by category, week by week")
    _weeks(parts.answer(reader, revision, "trends.weeks", now, WEEKS), span)
    found = parts.answer(reader, revision, "trends.recurring", span, ("attacker", "intermediary"))
    week = parts.answer(
        reader, revision, "trends.recurring", Span(now - WEEK + 1, now), ("attacker", "intermediary")
    )
    parts.section("New clusters", f"addresses that {CLUSTER} alerts or more share, first named within 7 days")
    known = {each.address: each for each in found}
    _recurring("clusters", fresh([known.get(each.address, each) for each in week], now), "No cluster is new.")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        parts.section("Most named attackers and collectors", f"of the newest {MOST_ALERTS:,} alerts at most")
        _recurring("attackers", found, f"No address is named by {CLUSTER} alerts.")
    with right:
        parts.section("Tokens that alerts are about")
        _tokens(transfers, parts.answer(reader, revision, "trends.tokens", span))


def _weeks(buckets: Sequence[Bucket], span: Span) -> None:
    starts = list(range(span.since, span.until + 1, WEEK))
    counted: dict[str, list[int]] = {}
    for each in sorted(buckets, key=lambda bucket: bucket.category):
        at = (each.start - span.since) // WEEK
        counted.setdefault(wording.title(each.category), [0] * len(starts))[at] += each.count
    if not counted:
        parts.remark("No alert stands in these weeks.")
        return
    stages = [datetime.fromtimestamp(at, UTC).strftime("%d %b %y") for at in starts]
    charts.stacked("weeks", stages, counted, {}, "alerts by category and week")


COLUMNS = (
    Column("Address", "mono"), Column("Part", "short"), Column("Alerts", "number"), Column("Kinds", "number"),
    Column("First (UTC)", "number"), Column("Last (UTC)", "number"),
)  # fmt: skip


def _recurring(key: str, found: Sequence[Recurring], empty: str) -> None:
    rows = [
        [
            tables.wallet(each.chain_id, each.address),
            tables.part(each.role),
            tables.cell(f"{each.alerts:,}", routes.link("queue", each.chain_id, each.address)),
            tables.number(each.categories),
            tables.cell(wording.utc(each.first)),
            tables.cell(wording.utc(each.last)),
        ]
        for each in found
    ]
    tables.table(key, COLUMNS, rows, empty)


def _tokens(transfers: Transfers, found: Sequence[tuple[int, str, int]]) -> None:
    rows = []
    for chain_id, address, count in found:
        told = transfers.named(chain_id, [address])[address]
        rows.append([tables.token(chain_id, told), tables.number(count)])
    empty = "No alert is about a token: detectors of tokens say so where there are any."
    tables.table("tokens", (Column("Token"), Column("Alerts", "number")), rows, empty)
