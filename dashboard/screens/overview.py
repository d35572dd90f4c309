"""The first page: what happened lately, what wants a person first, and who is suspicious now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import wording
from dashboard.screens import charts, drawings, inputs, parts, tables
from dashboard.store import Reader
from dashboard.store.overview import MOST_VALUED, Bucket, Span, Worth, newest_time
from detectors.alerts.alert import SEVERITIES
from ingest.model.errors import UndertowError
from ingest.schema import NATIVE_DECIMALS, native_symbol

REFRESH_S = 5.0
SPANS = {"hour": (3_600, 120), "day": (86_400, 3_600), "week": (7 * 86_400, 6 * 3_600)}
"""Length of a span, and of a bar in it, in seconds of block time."""
THREE = 3
NEWEST = 5
FIRST_RUN = (
    "Nothing is filed yet. Blocks are read with `undertow ingest`, judged with `undertow detect`, and filed "
    "into this store with `undertow sink`; `undertow demo` plays all of it on this machine. This page then "
    "shows what was found, who is suspicious, and what wants a person first; it fills by itself."
)
QUIET = (
    "No alert was raised in this {span} of block time: choose a longer one, or see Health for whether blocks "
    "come."
)


def show() -> None:
    """Draws the screen. What the store cannot answer is said in its place."""
    try:
        reader = parts.store()
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        with left:
            parts.heading("Overview")
        with right:
            span = inputs.view("span", tuple(SPANS)[::-1])
        _live(reader, span)
    except UndertowError as error:
        parts.tell(error)


@st.fragment(run_every=REFRESH_S)
def _live(reader: Reader, span: str) -> None:
    """Drawn again by itself; the store is asked only when something was filed."""
    try:
        revision, now = parts.revision(reader), newest_time(reader)
        heads = reader.heads()
        if now is None and not heads:
            parts.notice(FIRST_RUN)
            return
        parts.remark(parts.heads_line(heads, time.time()))
        parts.notice(parts.rebuild_line(reader.rebuilding()))
        parts.notice(parts.fault_line(heads))
        if now is not None:
            _draw(reader, revision, now, span)
        _suspicious(reader)
    except UndertowError as error:
        parts.tell(error)


def _draw(reader: Reader, revision: int, now: int, named: str) -> None:
    length, width = SPANS[named]
    span = Span(now - length + 1, now)
    buckets: list[Bucket] = parts.answer(reader, revision, "overview.timeline", span, width)
    worth: list[Worth] = parts.answer(reader, revision, "overview.worth", span)
    if not buckets:
        parts.notice(QUIET.format(span=named))
        return
    _figures(buckets, worth)
    left, right = st.columns(2, gap="medium")
    with left:
        parts.section("By severity", f"alerts that stand, of the last {named} of block time")
        _bars("severity_bars", span, width, buckets, "severity")
    with right:
        parts.section("By category")
        _bars("category_bars", span, width, buckets, "category")
    parts.section(
        "Three that want a person first",
        "the gravest that nobody has taken or closed",
    )
    first = parts.answer(reader, revision, "overview.worst", span, THREE)
    tables.alerts("first_three", first, "Nothing stands that was not explained, taken or closed.")
    parts.section("Newest critical alerts")
    critical = parts.answer(reader, revision, "overview.newest", span, NEWEST, ("critical",))
    tables.alerts("newest_critical", critical, f"No critical alert in this {named}.")


def _figures(buckets: Sequence[Bucket], worth: Sequence[Worth]) -> None:
    by = {name: sum(each.count for each in buckets if each.severity == name) for name in SEVERITIES[::-1]}
    named = [("Alerts that stand", f"{sum(by.values()):,}")]
    named += [(name.capitalize(), f"{count:,}") for name, count in by.items()]
    for each in worth:
        coin = native_symbol(each.chain_id) or "native coin"
        told = f"{wording.rounded(each.wei, NATIVE_DECIMALS)} {coin}"
        named.append((f"At risk, told by {each.valued:,} of {each.valued + each.unvalued:,}", told))
    parts.facts(named)
    if any(each.valued + each.unvalued >= MOST_VALUED for each in worth):
        parts.remark(f"Value at risk is of the newest {MOST_VALUED:,} alerts.")


def _bars(key: str, span: Span, width: int, buckets: Sequence[Bucket], by: str) -> None:
    starts = list(range(span.since, span.until + 1, width))
    found = {str(getattr(each, by)) for each in buckets}
    names = [name for name in SEVERITIES[::-1] if name in found] if by == "severity" else sorted(found)
    names += sorted(found - set(names))
    counted: dict[str, list[int]] = {name: [0] * len(starts) for name in names}
    for each in buckets:
        counted[str(getattr(each, by))][(each.start - span.since) // width] += each.count
    series = {name if by == "severity" else wording.title(name): values for name, values in counted.items()}
    charts.stacked(
        key, [_clock(at, width) for at in starts], series, charts.SEVERITY_COLOURS, f"alerts by {by}"
    )


def _clock(at: int, width: int) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%H:%M" if width <= 3_600 else "%d %b %H:%M")
    except (ValueError, OverflowError, OSError):
        return wording.number(at)


def _suspicious(reader: Reader) -> None:
    for head in reader.heads():
        if head.fault() is not None:
            continue
        chain = "" if len(reader.heads()) == 1 else f" on chain {head.chain_id}"
        parts.section(
            f"Highest scores now{chain}",
            f"wallets and flows of the last {drawings.FRESH_BLOCKS} blocks, also below the alert mark",
        )
        tables.scores(f"scores_{head.chain_id}", drawings.highest(reader, head.chain_id))
