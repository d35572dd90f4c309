"""What the address says: which screen (its path), what of it (its parameters), how one leads to another.

The alert queue and the page of an alert live at one path (`/queue?alert=<chain id>:<alert id>`), so that Back
and Forward keep the filters. The addresses of before (`/?alert=…`, `/?severity=…`) lead there. The session
remembers the address and looks at the real one only when it begins, when the screen changes, and when the
browser goes back or forward: what is redrawn by itself carries the address as the browser had it then, which
may be older than what was written since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

OVERVIEW, QUEUE, INCIDENTS, WALLET, TOKEN, FLOWS, TRENDS, HEALTH, TRUTH, ANCHORS, ADVICE, FEES, RULES = (
    "", "queue", "incidents", "wallet", "token", "flows", "trends", "health", "truth", "anchors", "advice",
    "fees", "rules",
)  # fmt: skip
_ALERT = "alert"
_ADDRESS = "address_bar"
"""Session key of the parameters of the address: name -> values."""
_AT, _PAGES, _HISTORY = "screen", "screens", "history"
Address = dict[str, list[str]]
MOST_STEPS = 200
_OLD = (_ALERT, "category", "severity", "status", "score", "search", "page")
"""Parameters of the queue when it was the first page."""
HERE = "at"
_LONGEST = 200


@dataclass(slots=True)
class History:
    """Where a session has been, as the browser remembers it, and where in it the session stands."""

    visited: list[tuple[str, Address]] = field(default_factory=list)
    at: int = -1

    def visit(self, screen: str, address: Address) -> None:
        """A step to somewhere new: what lay ahead is forgotten. Staying is no step."""
        if self.at >= 0 and self.visited[self.at] == (screen, address):
            return
        self.visited = [*self.visited[: self.at + 1], (screen, address)][-MOST_STEPS:]
        self.at = len(self.visited) - 1

    def step(self, screen: str, address: Address | None) -> Address | None:
        """Back or forward to the nearest visit of a screen (with these parameters, if they are known);
        returns its parameters, None where it was never visited.
        """
        for away in range(1, len(self.visited) + 1):
            for place in (self.at - away, self.at + away):
                if 0 <= place < len(self.visited) and self.visited[place][0] == screen:
                    found = self.visited[place][1]
                    if address is None or address == found:
                        self.at = place
                        return found
        return None


def _returned(screen: str, told: Address, stayed: bool) -> Address:
    """What a screen showed to which the browser went back or forward. From another screen Streamlit brings
    the parameters of that one, and writes them into the address bar: they are put right.
    """
    history = _history()
    exact = history.step(screen, told) if stayed else None
    if exact is not None:
        return exact
    found = history.step(screen, None)
    address = {} if found is None else found
    st.query_params.from_dict(address)
    return address


def _history() -> History:
    history: History = st.session_state.setdefault(_HISTORY, History())
    return history


def arrive(screen: str, pages: Mapping[str, Any]) -> None:
    """To be called first in every full drawing of a screen."""
    st.session_state[_PAGES] = pages
    context = get_script_run_ctx()
    moved = context is not None and context.is_history_navigation
    before = st.session_state.get(_AT)
    if moved or _ADDRESS not in st.session_state or before != screen:
        address = {name: st.query_params.get_all(name) for name in st.query_params}
        if moved and before is not None:
            address = _returned(screen, address, before == screen)
        else:
            _history().visit(screen, address)
        st.session_state[_ADDRESS] = address
    st.session_state[_AT] = screen
    if screen == OVERVIEW and any(map(values, _OLD)):
        go(QUEUE, st.session_state[_ADDRESS])


def values(name: str) -> list[str]:
    """The values of a parameter, each once, in order; written by strangers too."""
    return list(dict.fromkeys(st.session_state[_ADDRESS].get(name, [])))


def value(name: str) -> str:
    """The first value of a parameter, without what cannot be seen; empty where there is none."""
    return "".join(filter(str.isprintable, next(iter(values(name)), "")[:_LONGEST])).strip()


def asked() -> str | None:
    """The alert that the address names, as it stands there; None for the queue."""
    return next(iter(values(_ALERT)), None)


def parsed(key: str) -> tuple[int, str] | None:
    """Chain id and name of a key (`<chain id>:<name>`); None where it is no key."""
    chain_id, _, name = key.partition(":")
    number = chain_number(chain_id)
    return (number, name) if number is not None and name and name.isprintable() else None


def chain_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def link(kind: str, chain_id: object, name: object) -> str:
    """What a cell leads to: `alert`, `wallet`, `token`, `transaction`, `incident` or `node` of a chain."""
    return f"{kind}|{chain_id}:{name}"


def here(**changes: str) -> str:
    """A link to the screen that is shown, with other values of some parameters; empty takes one away."""
    kept = {name: next(iter(texts), "") for name, texts in st.session_state[_ADDRESS].items()}
    written = {name: text for name, text in sorted({**kept, **changes}.items()) if text}
    return f"{HERE}|{st.session_state[_AT]}?{urlencode(written)}"


def href(link: str) -> str:
    """The address of what a cell leads to, so that it opens in a tab of its own too; empty where nowhere."""
    target = _target(link)
    return "" if target is None else f"/{target[0]}?{urlencode(target[1], doseq=True)}"


def follow(link: str) -> None:
    """Goes where a cell leads; nowhere where it is no link of ours."""
    target = _target(link)
    if target is not None:
        go(*target)


def _target(link: str) -> tuple[str, Address] | None:
    kind, _, key = link.partition("|")
    if kind == HERE:
        screen, _, query = key.partition("?")
        return (screen, parse_qs(query)) if screen in st.session_state[_PAGES] else None
    found = parsed(key)
    if found is None:
        return None
    chain, name = str(found[0]), found[1]
    place = {
        "alert": (QUEUE, {_ALERT: key}),
        "wallet": (WALLET, {"chain": chain, "address": name}),
        "token": (TOKEN, {"chain": chain, "address": name}),
        "transaction": (FLOWS, {"chain": chain, "from": name}),
        "flow": (FLOWS, {"chain": chain, "from": name}),
        "incident": (INCIDENTS, {"incident": key}),
        "node": (HEALTH, {}),
        "queue": (QUEUE, {"chain": chain, "search": name}),
    }.get(kind)
    return None if place is None else (place[0], {name: [text] for name, text in place[1].items()})


def open_alert(key: str) -> NoReturn:
    """Goes to the page of an alert (`<chain id>:<alert id>`); within the queue the filters stay."""
    if st.session_state.get(_AT) != QUEUE:
        go(QUEUE, {_ALERT: [key]})
    rewrite(_ALERT, [key])
    st.rerun()


def open_queue() -> NoReturn:
    """Goes back to the queue as it was filtered."""
    rewrite(_ALERT, [])
    st.rerun()


def go(screen: str, address: Mapping[str, list[str]]) -> NoReturn:
    """Goes to another screen, or to other parameters of this one."""
    kept = {name: list(texts) for name, texts in sorted(address.items()) if texts}
    st.session_state[_ADDRESS] = kept
    st.session_state[_AT] = screen
    _history().visit(screen, kept)
    st.switch_page(st.session_state[_PAGES][screen], query_params=kept)
    raise AssertionError("switching the page ends the drawing")


def rewrite(name: str, chosen: list[str], leave_out: tuple[str, ...] = ()) -> None:
    """Puts `chosen` at `name` into the address, as one step of history; none where it stands already."""
    if values(name) == chosen:
        return
    address = {other: kept for other, kept in st.session_state[_ADDRESS].items() if other not in leave_out}
    address[name] = chosen
    st.session_state[_ADDRESS] = {other: address[other] for other in sorted(address) if address[other]}
    _history().visit(st.session_state[_AT], st.session_state[_ADDRESS])
    st.query_params.from_dict(st.session_state[_ADDRESS])
