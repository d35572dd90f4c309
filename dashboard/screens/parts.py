"""What the screens are put together from: own components, escaped markup, and the store behind a cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import wording
from dashboard.store import (
    AlertRow,
    Counts,
    Filters,
    Head,
    Reader,
    incidents,
    open_reader,
    overview,
    revision_reading,
    subjects,
    trends,
)
from dashboard.transfers.door import Transfers, open_transfers
from dashboard.transfers.values import Asked, Found
from detectors.alerts.alert import SEVERITIES, Alert
from ingest.model.errors import UndertowError

ASSETS = Path(__file__).parent.parent / "assets"
STORE_SETTING = "UNDERTOW_STORE"
LAKE_SETTING, EVALUATION_SETTING = "DASHBOARD_LAKE", "DASHBOARD_EVALUATION"
RULES_SETTING = "DASHBOARD_RULES"
"""How `dashboard.launch` hands over what was named on the command line: no settings of people."""
LABEL_LENGTH = 24
"""Characters of a severity, a status or a score: known ones are shorter."""
LONGEST_KEY = 130
WHY_LENGTH = 400
_QUESTIONS = {
    "overview": overview, "subjects": subjects, "incidents": incidents, "trends": trends,
    "revision_reading": revision_reading,
}  # fmt: skip
KEPT_PAGES = 200
"""Answers kept for all sessions together, by the store, its revision, and what was asked."""


@st.cache_resource(show_spinner=False)
def _reader(url: str) -> Reader:
    return open_reader(url)


def store() -> Reader:
    """The store that `undertow dashboard --store` named. Raises StoreUnreachable or BadInput."""
    return _reader(os.environ.get(STORE_SETTING, ""))


def revision(reader: Reader) -> int:
    """Grows whenever anything was filed, and whenever a person changed anything."""
    return reader.revision() + reader.cases.revision()


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False, hash_funcs={Reader: id})
def categories(reader: Reader, revision: int) -> list[str]:
    return reader.categories()


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False, hash_funcs={Reader: id})
def counts(reader: Reader, revision: int, filters: Filters) -> Counts:
    return reader.counts(filters)


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False, hash_funcs={Reader: id})
def related(reader: Reader, revision: int, chain_id: int, alert_id: str, _alert: Alert) -> list[AlertRow]:
    return reader.related(_alert)


@st.cache_resource(show_spinner=False)
def _transfers(url: str, lake: str) -> Transfers:
    return open_transfers(_reader(url), lake)


def transfers() -> Transfers:
    """Transfers of the lake that `undertow dashboard --lake` named, else of alerts. Raises NotALake."""
    return _transfers(os.environ.get(STORE_SETTING, ""), os.environ.get(LAKE_SETTING, ""))


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False, hash_funcs={Transfers: id})
def found(door: Transfers, revision: int, asked: Asked) -> Found:
    return door.find(asked)


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False, hash_funcs={Reader: id})
def answer(reader: Reader, revision: int, question: str, *details: Any) -> Any:
    """What a function of the store says, by its name: `overview.timeline`, say."""
    room, _, name = question.partition(".")
    return getattr(_QUESTIONS[room], name)(reader, *details)


def component(name: str) -> Callable[..., Any]:
    """An own component of `assets/NAME.js` and `.css`: they draw text as text, as Markdown does not."""
    script, style = ((ASSETS / f"{name}.{kind}").read_text() for kind in ("js", "css"))
    return st.components.v2.component(f"undertow_{name}", js=script, css=style)


def line(row: AlertRow) -> dict[str, Any]:
    """A row of the store as `queue.js` draws it."""
    return {
        "key": f"{wording.text(row.chain_id, LONGEST_KEY)}:{wording.text(row.id, LONGEST_KEY)}",
        "severity": wording.cut(row.severity, LABEL_LENGTH),
        "tone": tone(row.severity, SEVERITIES),
        "share": wording.share(row.score) or 0.0,
        "score": wording.cut(wording.score(row.score), LABEL_LENGTH),
        "category": wording.title(row.category),
        "why": wording.sentence(row.explanation, row.subject_kind, row.subject_id, WHY_LENGTH),
        "subject": wording.short(row.subject_id),
        "subject_full": wording.cut(row.subject_id, 200),
        "status": wording.cut(row.status, LABEL_LENGTH),
        "state": "suppressed" if row.suppressed else wording.cut(row.status, LABEL_LENGTH),
        "block": wording.number(row.block_number),
        "time": wording.utc(row.timestamp),
    }


def heads_line(heads: Iterable[Head], now: float) -> str:
    """`Chain 31337 · block 1,234 · filed 2 s ago`, for every chain."""
    return "   |   ".join(_head(head, now) for head in heads)


def _head(head: Head, now: float) -> str:
    block = wording.number(head.block_number)
    return f"Chain {_chain(head.chain_id)} · block {block} · filed {_filed(head, now)}"


def _filed(head: Head, now: float) -> str:
    try:
        return wording.ago(now - head.filed_at)
    except (TypeError, OverflowError):
        return wording.ago(None)


def set_aside_line(counts: Mapping[int, int]) -> str:
    """How many records of each chain could not be read; empty where all could."""
    return "   |   ".join(
        f"Chain {_chain(chain_id)}: {count:,} {'record' if count == 1 else 'records'} set aside, "
        "as `undertow status` says"
        for chain_id, count in counts.items()
    )


def rebuild_line(runs: Mapping[int, str]) -> str:
    """Which chains are judged anew; empty where none is."""
    return "   |   ".join(
        f"Chain {_chain(chain_id)}: {wording.judged_anew(run)}" for chain_id, run in runs.items()
    )


def fault_line(heads: Iterable[Head]) -> str:
    """What is wrong with heads that nothing can be counted from; empty where all are well."""
    faults = ((head.chain_id, head.fault()) for head in heads)
    return "   |   ".join(f"Chain {_chain(chain_id)}: {fault}" for chain_id, fault in faults if fault)


def _chain(chain_id: object) -> str:
    return wording.cut(chain_id, LABEL_LENGTH)


def notice(text: str) -> None:
    """A line that stands out, where there is one, as plain text."""
    if text:
        st.html(f'<div class="u-notice">{escape(text)}</div>')


def tone(value: object, known: Sequence[str]) -> str:
    """The class of a label: the value itself where it is a known one."""
    return str(value) if value in known else "plain"


def badge(text: object, tone: str) -> str:
    """Escaped markup of a small coloured label; `tone` is a class of `style`."""
    return f'<span class="u-badge u-{escape(tone)}">{escape(wording.cut(text, LABEL_LENGTH))}</span>'


def heading(title: str, detail: str = "") -> None:
    """The name of a screen, and a line beside it."""
    st.html(f'<div class="u-top"><h1>{escape(title)}</h1><div class="u-heads">{escape(detail)}</div></div>')


def section(title: str, detail: str = "") -> None:
    st.html(f'<div class="u-section">{escape(title)}<small>{escape(detail)}</small></div>')


def facts(named: Iterable[tuple[str, str]]) -> None:
    """Short values with their names, side by side."""
    cells = "".join(f"<div><small>{escape(n)}</small><span>{escape(v)}</span></div>" for n, v in named)
    st.html(f'<div class="u-facts">{cells}</div>')


def remark(text: str) -> None:
    """A quiet line: where something comes from, what was left out."""
    if text:
        st.html(f'<div class="u-remark">{escape(text)}</div>')


def left_out(told: Sequence[str]) -> None:
    """What an answer does not hold, loudly."""
    for words in told:
        notice(f"Not everything is shown: {words}.")


def style() -> None:
    """Once a page: the look of what is drawn as markup."""
    st.html(f"<style>{(ASSETS / 'page.css').read_text()}</style>")


def nothing(reader: Reader, what: str, todo: str) -> None:
    """That a link leads to what is not here, which chains are, and what to do: words of ours and escaped."""
    chains = ", ".join(_chain(head.chain_id) for head in reader.heads()) or "none yet"
    st.html(
        f'<div class="u-nothing"><h2>{escape(what)}</h2><p>{escape(todo)}</p>'
        f"<p>Chains in this store: {escape(chains)}.</p></div>"
    )


def tell(error: UndertowError) -> None:
    """Shows what went wrong as plain text: `st.error` would read it as Markdown."""
    notice(str(error))
