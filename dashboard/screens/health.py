"""Whether everything runs: how far each chain is filed, what was set aside, which detectors there are."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import wording
from dashboard.screens import (
    health_budget,
    health_course,
    health_outbox,
    health_pending,
    health_records,
    health_watch,
    parts,
    tables,
)
from dashboard.screens.tables import Column
from dashboard.store import Head, Reader, SetAside
from dashboard.store.overview import newest_time
from ingest.model.errors import UndertowError

REFRESH_S = 5.0
LATE_S = 30.0
"""Seconds without a block after which a chain is called behind: the sink looks every two."""
UNUSUAL = 3.0
"""So many times its usual rate, up or down, stands out; below a handful of alerts nothing does."""
HANDFUL = 5


def show() -> None:
    """Draws the screen. What the store cannot answer is said in its place."""
    parts.heading("Health", "as the store knows it")
    try:
        _live(parts.store())
    except UndertowError as error:
        parts.tell(error)


@st.fragment(run_every=REFRESH_S)
def _live(reader: Reader) -> None:
    try:
        heads = reader.heads()
        parts.section("Chains")
        _heads(reader, heads)
        parts.notice(parts.fault_line(heads))
        parts.notice(parts.rebuild_line(reader.rebuilding()))
        left, right = st.columns(2, gap="medium")
        with left:
            parts.section("Alert rates", "the last day of block time against the week before it")
            now = newest_time(reader)
            rates = {} if now is None else parts.answer(reader, reader.revision(), "overview.rates", now)
            _rates(rates)
        with right:
            parts.section("Detectors", "of this build, with the data that each needs at the least")
            _detectors()
        parts.section("Records that could not be read", "the last of each topic first")
        _set_aside(reader.set_aside())
        health_outbox.show(reader)
        told = reader.health.now()
        health_pending.show(told, time.time())
        health_watch.show(reader, told, time.time())
        health_budget.show(told)
        health_records.show(told, time.time())
        health_course.show(reader, [head.chain_id for head in heads], time.time())
    except UndertowError as error:
        parts.tell(error)


HEADS = (
    Column("Chain", "number"), Column("Head", "number"), Column("Block time (UTC)", "number"),
    Column("Filed", "short"), Column("Final at depth", "number"), Column("Alerts"), Column("State", "short"),
)  # fmt: skip


def _heads(reader: Reader, heads: Sequence[Head]) -> None:
    rows = [_head(reader, head, time.time()) for head in heads]
    tables.table("heads", HEADS, rows, "No block is filed yet: `undertow sink` files them.")


def _head(reader: Reader, head: Head, now: float) -> list[tables.Cell]:
    counted = reader.statuses(head.chain_id)
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(counted.items())) or "none"
    return [
        tables.cell(head.chain_id),
        tables.number(head.block_number),
        tables.cell("" if head.timestamp is None else wording.utc(head.timestamp)),
        tables.cell(_filed(head, now)),
        tables.number(head.finality),
        tables.cell(told),
        tables.cell(state(head, now)),
    ]


def state(head: Head, now: float) -> str:
    """In one word how a chain stands."""
    if head.fault() is not None:
        return "broken head"
    filed = head.filed_at
    known = isinstance(filed, int | float) and not isinstance(filed, bool)
    return "live" if known and now - filed < LATE_S else "nothing new"


def _filed(head: Head, now: float) -> str:
    try:
        return wording.ago(now - head.filed_at)
    except (TypeError, OverflowError):
        return wording.ago(None)


def _rates(rates: Mapping[str, tuple[int, float]]) -> None:
    columns = (
        Column("Category"),
        Column("Last day", "number"),
        Column("Usual a day", "number"),
        Column("Says"),
    )
    rows = [
        [tables.cell(wording.title(name)), tables.number(last), tables.cell(f"{usual:.1f}"),
         tables.cell(unusual(last, usual))]
        for name, (last, usual) in rates.items()
    ]  # fmt: skip
    tables.table("rates", columns, rows, "No alert was raised in the last eight days of block time.")


def unusual(last: int, usual: float) -> str:
    """What stands out, in words; empty where nothing does."""
    if max(last, usual) < HANDFUL:
        return ""
    if last > UNUSUAL * usual:
        return "more than usual"
    return "fewer than usual" if last * UNUSUAL < usual else ""


def _detectors() -> None:
    from detectors.registry import detectors  # half a second, which no other screen waits for

    columns = (Column("Detector"), Column("Catches"), Column("Needs", "short"))
    rows = [
        [
            tables.cell(each.name),
            tables.cell(", ".join(map(wording.title, each.catches))),
            tables.cell(each.needs),
        ]
        for each in detectors()
    ]
    tables.table("detectors", columns, rows, "None is built in.")


def _set_aside(found: Sequence[SetAside]) -> None:
    columns = (Column("Chain", "number"), Column("Topic", "short"), Column("Offset", "number"), Column("Why"))
    rows = [
        [tables.cell(each.chain_id), tables.cell(each.topic), tables.number(each.kafka_offset),
         tables.cell(each.reason)]
        for each in found
    ]  # fmt: skip
    tables.table("set_aside", columns, rows, "Every record could be read.")
