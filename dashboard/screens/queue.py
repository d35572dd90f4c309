"""The alert queue: newest first, filtered by what the address bar says, growing while it is looked at."""

from __future__ import annotations

import time
from functools import partial
from html import escape

import streamlit as st

from dashboard import wording
from dashboard.screens import alert, case, deeds, filters, parts, routes, saved, sign_in, triage
from dashboard.store import Counts, Filters, Reader, overview
from dashboard.store.reading import SYMBOL_ALERTS, names_hex
from detectors.alerts.alert import SEVERITIES
from ingest.model.errors import UndertowError

PAGE_SIZE = 25
REFRESH_S = 1.0
"""What is drawn is worked out once for all sessions and each revision of the store."""
_KEY = "queue"
HINT = "J and K: next and back · Enter: open"
ACTING = " · X: choose · T: take · C: confirm · D: dismiss, what is chosen or else this one"
SELECTED = "selected_alert"
"""Session key of the alert that was opened last: the queue marks its row wherever it has moved."""

_LIST = parts.component("queue")


def show() -> None:
    """Draws the screen, or the alert that the address names. What the store cannot answer is said there."""
    key = routes.asked()
    if key is not None:
        alert.show(key)
        return
    try:
        reader = parts.store()
        title, kept = st.columns([5, 1], vertical_alignment="bottom")
        title.html('<div class="u-top"><h1>Alert queue</h1></div>')
        with kept:
            saved.show(reader)
        chains = [head.chain_id for head in reader.heads() if head.fault() is None]
        asked = filters.ask(
            parts.categories(reader, parts.revision(reader)), chains, overview.newest_time(reader)
        )
        if asked.search and not names_hex(asked.search):
            parts.remark(f"Symbols of tokens are looked for among the newest {SYMBOL_ALERTS:,} alerts.")
        _live(reader, asked)
    except UndertowError as error:
        parts.tell(error)


@st.fragment(run_every=REFRESH_S)
def _live(reader: Reader, asked: Filters) -> None:
    """Drawn again by itself; only the page that is seen is read, and only when something was filed."""
    try:
        revision = parts.revision(reader)
        counts = parts.counts(reader, revision, asked)
        heads = reader.heads()
        st.html(_top(counts, parts.heads_line(heads, time.time())))
        parts.notice(parts.rebuild_line(reader.rebuilding()))
        parts.notice(parts.fault_line(heads))
        parts.notice(parts.set_aside_line(reader.set_aside_counts()))
        above = st.container()
        number = filters.page_number(max(1, -(-counts.total // PAGE_SIZE)))
        rows = _lines(reader, revision, asked, number)
    except UndertowError as error:
        parts.tell(error)
        return
    with above:
        deeds.tell(_KEY)
        opened = _list(rows, asked, number)
    if opened:
        st.session_state[SELECTED] = opened
        routes.open_alert(opened)


@st.cache_data(max_entries=parts.KEPT_PAGES, show_spinner=False, hash_funcs={Reader: id})
def _lines(reader: Reader, revision: int, asked: Filters, number: int) -> list[dict[str, object]]:
    return triage.lines(reader, reader.page(asked, number, PAGE_SIZE))


def _list(rows: list[dict[str, object]], asked: Filters, number: int) -> str | None:
    """Draws a page of the queue and returns the key of the alert that was clicked."""
    can = case.may_act(sign_in.actor())
    data = {
        "rows": rows,
        "reasons": triage.REASONS if can else {},
        "selected": st.session_state.get(SELECTED),
        "empty": "No alerts yet." if asked == Filters() else "Nothing passes these filters.",
        "query": repr((asked, number)),
    }
    answered = _LIST(key=_KEY, data=data, on_opened_change=_nothing, on_acted_change=_act)
    parts.remark(HINT + (ACTING if can else ""))
    clicked: str | None = answered.opened
    return clicked


def _act() -> None:
    """Before the list is drawn again."""
    asked = st.session_state[_KEY].acted
    if asked is not None:
        deeds.do(_KEY, partial(triage.act, asked))


def _nothing() -> None:
    """Streamlit tells only of what has a handler."""


def _top(counts: Counts, heads: str) -> str:
    """Escaped markup: how many alerts pass, by severity and by status, and how far each chain has come."""
    groups = ((counts.severity, tuple(reversed(SEVERITIES))), (counts.status, filters.STATUSES))
    shown = [_count(counts.total, "alert" if counts.total == 1 else "alerts")]
    for values, order in groups:
        others = sorted(name for name in values if name not in order)
        present = [_count(values[name], name) for name in (*order, *others) if values.get(name)]
        shown += ['<span class="u-sep"></span>', *present] if present else []
    head = escape(heads) or "nothing filed yet"
    counted = f'<div class="u-counts">{"".join(shown)}</div>'
    return f'<div class="u-top">{counted}<div class="u-heads">{head}</div></div>'


def _count(number: int, name: str) -> str:
    return f"<span><b>{number:,}</b>{escape(wording.cut(name, parts.LABEL_LENGTH))}</span>"
