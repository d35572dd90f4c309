"""What the screens are put together from: own components, escaped markup, and the store behind a cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import wording
from dashboard.store import AlertRow, Counts, Filters, Head, Reader, open_reader
from detectors.alert import Alert
from detectors.text import visible
from ingest.model.errors import UndertowError

ASSETS = Path(__file__).parent.parent / "assets"
STORE_SETTING = "UNDERTOW_STORE"
KEPT_PAGES = 200
"""Answers of the store kept for all sessions together, by what was asked and the store's revision."""


@st.cache_resource(show_spinner=False)
def _reader(url: str) -> Reader:
    return open_reader(url)


def store() -> Reader:
    """The store that `undertow dashboard --store` named. Raises StoreUnreachable or BadInput."""
    return _reader(os.environ.get(STORE_SETTING, ""))


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False)
def page(_reader: Reader, revision: int, filters: Filters, number: int, size: int) -> list[AlertRow]:
    return _reader.page(filters, number, size)


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False)
def counts(_reader: Reader, revision: int, filters: Filters) -> Counts:
    return _reader.counts(filters)


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False)
def related(_reader: Reader, revision: int, chain_id: int, alert_id: str, _alert: Alert) -> list[AlertRow]:
    return _reader.related(_alert)


def component(name: str) -> Callable[..., Any]:
    """An own component of `assets/NAME.js` and `.css`: they draw text as text, as Markdown does not."""
    script, style = ((ASSETS / f"{name}.{kind}").read_text() for kind in ("js", "css"))
    return st.components.v2.component(f"undertow_{name}", js=script, css=style)


def line(row: AlertRow) -> dict[str, Any]:
    """A row of the store as `queue.js` draws it."""
    return {
        "key": f"{row.chain_id}:{row.id}",
        "severity": row.severity,
        "score": row.score,
        "category": wording.title(row.category),
        "why": wording.cut(row.explanation, 400),
        "subject": wording.short(row.subject_id),
        "subject_full": visible(row.subject_id),
        "status": row.status,
        "state": "suppressed" if row.suppressed else row.status,
        "block": f"{row.block_number:,}",
        "time": wording.utc(row.timestamp),
    }


def heads_line(heads: Iterable[Head], now: float) -> str:
    """`Chain 31337 · block 1,234 · filed 2 s ago`, for every chain."""
    return "   |   ".join(
        f"Chain {head.chain_id} · block {head.block_number:,} · filed {wording.ago(now - head.filed_at)}"
        for head in heads
    )


def badge(text: str, tone: str) -> str:
    """Escaped markup of a small coloured label; `tone` is a class of `style`."""
    return f'<span class="u-badge u-{escape(tone)}">{escape(text)}</span>'


def style() -> None:
    """Once a page: the look of what is drawn as markup."""
    st.html(f"<style>{(ASSETS / 'page.css').read_text()}</style>")


def tell(error: UndertowError) -> None:
    """Shows what went wrong as plain text: `st.error` would read it as Markdown."""
    st.html(f'<div class="u-notice">{escape(str(error))}</div>')
