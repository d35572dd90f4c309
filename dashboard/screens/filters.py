"""The filters of the queue, which live in the address: a link shows what its sender saw, and Back goes back.

Streamlit's own binding of widgets to the address drops a filter while its widget is not drawn, and so leaves
entries in the browser's history that lead nowhere; here the address is read before the widgets are drawn and
written when one of them changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard.screens import routes
from dashboard.store import CASE_STATUSES, Filters
from detectors.alerts.alert import SEVERITIES

STATUSES = ("provisional", "final", "retracted")
ANY_TIME = "any"
TIMES = {"last hour": 3_600, "last day": 86_400, "last week": 7 * 86_400, "last 30 days": 30 * 86_400}
_SEARCH_LENGTH = 100
_PAGE = "page"
_DRAWN = "drawn_filters"
"""Session key of what each widget was last drawn with: name -> (how often it was made anew, value)."""


def ask(known_categories: list[str], known_chains: Sequence[int] = (), now: int | None = None) -> Filters:
    """Draws the widgets as the address says and returns what it says; a value it may not have is left out.

    `now` is the newest block time, from which a stretch of time is counted back.
    """
    asked = asked_for(now)
    columns = st.columns([3, 3, 3, 2, 2, 2, 4], vertical_alignment="bottom")
    with columns[0]:
        _choice("Category", "category", sorted({*known_categories, *asked.categories}), asked.categories)
    with columns[1]:
        _choice("Severity", "severity", [*reversed(SEVERITIES)], asked.severities)
    with columns[2]:
        _choice("Status", "status", [*STATUSES], asked.statuses)
    with columns[3]:
        _choice("Case", "case", [*CASE_STATUSES], asked.cases)
    with columns[4]:
        wired = _wired("score", asked.minimum_score, _one)
        st.slider("Minimum score", 0.0, 1.0, asked.minimum_score, step=0.05, **wired)
    with columns[5]:
        _time()
    with columns[6]:
        wired = _wired("search", asked.search, _one)
        label = "Address, transaction, alert or token"
        st.text_input(label, asked.search, placeholder="0x… or a symbol", max_chars=_SEARCH_LENGTH, **wired)
    if len(known_chains) > 1 or asked.chains:
        options = sorted({*map(str, known_chains), *map(str, asked.chains)})
        _choice("Chain", "chain", options, tuple(map(str, asked.chains)))
    return asked


def _time() -> None:
    chosen = _span()
    wired = _wired("time", chosen, lambda value: [] if value == ANY_TIME else [value])
    st.selectbox("Block time", [ANY_TIME, *TIMES], [ANY_TIME, *TIMES].index(chosen), **wired)


def _span() -> str:
    asked = _first("time")
    return asked if asked in TIMES else ANY_TIME


def asked_for(now: int | None = None) -> Filters:
    """What the address asks for. It is written by strangers too: only what a filter may be is taken."""
    seconds = TIMES.get(_span())
    chains = (routes.chain_number(text) for text in routes.values("chain"))
    return Filters(
        categories=tuple(name for name in routes.values("category") if name.replace("-", "").isalnum()),
        severities=tuple(name for name in routes.values("severity") if name in SEVERITIES),
        statuses=tuple(name for name in routes.values("status") if name in STATUSES),
        cases=tuple(name for name in routes.values("case") if name in CASE_STATUSES),
        minimum_score=_share(_first("score")),
        search="".join(filter(str.isprintable, _first("search")[:_SEARCH_LENGTH])),
        chains=tuple(number for number in chains if number is not None),
        since=None if seconds is None or now is None else now - seconds + 1,
    )


def page_number(pages: int) -> int:
    """Draws the choice of a page, where there are several; the address says which it is."""
    asked = _first(_PAGE) or "1"
    number = min(max(1, int(asked) if asked.isascii() and asked.isdecimal() else 1), pages)
    if pages > 1:
        st.pagination(pages, default=number, **_wired(_PAGE, number, _one))
    return number


def forget() -> None:
    """To be called where the filters are not drawn: the next time they are made anew, from the address."""
    drawn = st.session_state.get(_DRAWN, {})
    st.session_state[_DRAWN] = {name: (times, None) for name, (times, _) in drawn.items()}


def _first(name: str) -> str:
    return next(iter(routes.values(name)), "")


def _share(text: str) -> float:
    """A score between 0 and 1; 0 for what is none."""
    try:
        score = float(text)
    except ValueError:
        return 0.0
    return score if 0 <= score <= 1 else 0.0


def _one(value: object) -> list[str]:
    return [str(value)] if value else []


def _choice(label: str, name: str, options: list[str], chosen: tuple[str, ...]) -> None:
    wired = _wired(name, list(chosen), list)
    st.multiselect(label, options, list(chosen), placeholder="all", **wired)


def _wired(name: str, value: object, texts: Callable[[Any], list[str]]) -> dict[str, Any]:
    """Key and handler of a widget that is about to be drawn with `value`.

    Where the address has changed by itself (a link, Back) the widget is made anew. Setting its value instead
    would race with the browser: its old value, sent meanwhile, would count as a choice and undo the address.
    """
    drawn = st.session_state.setdefault(_DRAWN, {})
    times, last = drawn.get(name, (0, None))
    if last != value:
        drawn[name] = (times := times + 1, value)
    key = f"filter_{name}_{times}"
    return {"key": key, "on_change": partial(_changed, name, times, key, texts)}


def _changed(name: str, times: int, key: str, texts: Callable[[Any], list[str]]) -> None:
    """Writes a choice into the address. Another filter begins at page 1.

    Streamlit also calls this for a widget that is no longer drawn, with its first value: nobody chose that.
    """
    drawn = st.session_state[_DRAWN]
    made, last = drawn[name]
    if made != times or last is None:
        return
    chosen = st.session_state[key]
    drawn[name] = (times, chosen)
    routes.rewrite(name, texts(chosen), leave_out=(_PAGE,))
