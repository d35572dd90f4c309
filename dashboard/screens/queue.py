"""The alert queue: newest first, filtered by what the address bar says, growing while it is looked at."""

from __future__ import annotations

import time
from html import escape

import streamlit as st

from dashboard.screens import parts, routes
from dashboard.store import AlertRow, Counts, Filters, Reader
from detectors.alert import SEVERITIES
from ingest.errors import UndertowError

PAGE_SIZE = 25
REFRESH_S = 2.0
"""Eight sessions that draw every second hold 70 % of a core; every two, half of that."""
STATUSES = ("provisional", "final", "retracted")
SELECTED = "selected_alert"
"""Session key of the alert that was opened last: the queue marks its row wherever it has moved."""

_LIST = parts.component("queue")


def show() -> None:
    """Draws the screen. What the store cannot answer is said in its place."""
    parts.style()
    try:
        reader = parts.store()
        st.html('<div class="u-top"><h1>Alert queue</h1></div>')
        _live(reader, _ask(reader))
    except UndertowError as error:
        parts.tell(error)


def _ask(reader: Reader) -> Filters:
    """The filters, each bound to a part of the address: a link to the queue is a link to what it shows."""
    columns = st.columns([3, 3, 3, 2, 4], vertical_alignment="bottom")
    known = sorted({*reader.categories(), *_asked_for("category")})
    categories = _choice(columns[0], "Category", "category", known)
    severities = _choice(columns[1], "Severity", "severity", list(reversed(SEVERITIES)))
    statuses = _choice(columns[2], "Status", "status", list(STATUSES))
    with columns[3]:
        score = st.slider("Minimum score", 0.0, 1.0, step=0.05, key="score", bind="query-params")
    with columns[4]:
        search = st.text_input(
            "Address, transaction or alert",
            key="search",
            bind="query-params",
            placeholder="0x…",
            max_chars=100,
        )
    return Filters(categories, severities, statuses, score, search)


def _choice(
    column: st.delta_generator.DeltaGenerator, label: str, key: str, options: list[str]
) -> tuple[str, ...]:
    picked = column.multiselect(label, options, key=key, bind="query-params", placeholder="all")
    return tuple(picked)


def _asked_for(key: str) -> list[str]:
    """A category that a link names may have no alert yet."""
    return [value for value in st.query_params.get_all(key) if value.replace("-", "").isalnum()]


@st.fragment(run_every=REFRESH_S)
def _live(reader: Reader, filters: Filters) -> None:
    """Drawn again by itself; only the page that is seen is read, and only when something was filed."""
    try:
        revision = reader.revision()
        counts = parts.counts(reader, revision, filters)
        st.html(_top(counts, parts.heads_line(reader.heads(), time.time())))
        above = st.container()
        number = _page_number(counts.total)
        rows = parts.page(reader, revision, filters, number, PAGE_SIZE)
    except UndertowError as error:
        parts.tell(error)
        return
    with above:
        opened = _list(rows, filters, number)
    if opened:
        st.session_state[SELECTED] = opened
        routes.open_alert(opened)


def _list(rows: list[AlertRow], filters: Filters, number: int) -> str | None:
    """Draws a page of the queue and returns the key of the alert that was clicked."""
    data = {
        "rows": [parts.line(row) for row in rows],
        "selected": st.session_state.get(SELECTED),
        "empty": "No alerts yet." if filters == Filters() else "Nothing passes these filters.",
        "query": repr((filters, number)),
    }
    clicked: str | None = _LIST(key="queue", data=data, on_opened_change=lambda: None).opened
    return clicked


def _page_number(total: int) -> int:
    pages = max(1, -(-total // PAGE_SIZE))
    return st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1


def _top(counts: Counts, heads: str) -> str:
    """Escaped markup: how many alerts pass, by severity and by status, and how far each chain has come."""
    groups = ((counts.severity, tuple(reversed(SEVERITIES))), (counts.status, STATUSES))
    shown = [_count(counts.total, "alert" if counts.total == 1 else "alerts")]
    for values, order in groups:
        present = [_count(values[name], name) for name in order if values.get(name)]
        shown += ['<span class="u-sep"></span>', *present] if present else []
    head = escape(heads) or "nothing filed yet"
    counted = f'<div class="u-counts">{"".join(shown)}</div>'
    return f'<div class="u-top">{counted}<div class="u-heads">{head}</div></div>'


def _count(number: int, name: str) -> str:
    return f"<span><b>{number:,}</b>{escape(name)}</span>"
