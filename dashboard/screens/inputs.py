"""Inputs that live in the address: drawn as it says, written there when somebody changes one.

An input is made anew where the address has changed by itself: its key holds the value that it began with.
Streamlit tells of a change also for an input that is no longer drawn, with its first value: nobody chose
that. Options are words of ours: Streamlit draws them as Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard.screens import routes
from dashboard.store import Reader, in_order
from dashboard.transfers.door import Transfers

ADDRESS = re.compile(r"0x[0-9a-f]{40}")
HASH = re.compile(r"0x[0-9a-f]{64}")
_LONGEST = 100


def text(label: str, name: str, placeholder: str = "", leave_out: tuple[str, ...] = ()) -> str:
    """What stands there; also what is no value of ours, so that it can be said."""
    value = routes.value(name)[:_LONGEST]
    key = f"input_{name}_{value}"
    st.text_input(
        label,
        value,
        placeholder=placeholder,
        max_chars=_LONGEST,
        key=key,
        on_change=partial(_changed, name, key, value, leave_out),
    )
    return value


def choice(label: str, name: str, options: Sequence[str], leave_out: tuple[str, ...] = ()) -> str:
    """One of `options`; the first where the address says none of them."""
    asked = routes.value(name)
    value = asked if asked in options else options[0]
    key = f"input_{name}_{value}_{'_'.join(options)}"
    st.selectbox(
        label,
        options,
        options.index(value),
        key=key,
        on_change=partial(_changed, name, key, value, leave_out),
    )
    return value


def view(name: str, options: Sequence[str]) -> str:
    """One of a few views of a screen, as buttons in a row."""
    asked = routes.value(name)
    value = asked if asked in options else options[0]
    key = f"input_{name}_{value}"
    changed = partial(_changed, name, key, value, ("page",))
    st.segmented_control(
        "View", options, default=value, key=key, on_change=changed, label_visibility="collapsed"
    )
    return value


def page(rows: int, size: int) -> int:
    """Which page of so many rows; drawn where there are several."""
    pages = max(1, -(-rows // size))
    asked = routes.value("page")
    number = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdecimal() else 1
    if pages > 1:
        key = f"input_page_{number}_{pages}"
        changed = partial(_changed, "page", key, number, ())
        st.pagination(pages, default=number, key=key, on_change=changed)
    return number


def chain(reader: Reader, transfers: Transfers) -> int | None:
    """The chain that the address names, else the first there is; drawn where there are several."""
    known = sorted({head.chain_id for head in reader.heads()} | set(transfers.chains()), key=in_order)
    whole = [str(each) for each in known if isinstance(each, int)]
    asked = routes.value("chain")
    options = whole if asked in whole or routes.chain_number(asked) is None else [*whole, asked]
    if not options:
        return None
    if len(options) == 1:
        return int(options[0])
    return int(choice("Chain", "chain", options))


def is_address(value: str) -> bool:
    return ADDRESS.fullmatch(value) is not None


def is_hash(value: str) -> bool:
    return HASH.fullmatch(value) is not None


def lower(value: str) -> str:
    """An address as it may be pasted: with capitals, or without its 0x."""
    plain = value.strip().lower()
    bare = len(plain) in (40, 64) and not plain.startswith("0x")
    return f"0x{plain}" if bare else plain


def whole(value: str) -> int | None:
    plain = value.replace(",", "").strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 19 else None


def _changed(name: str, key: str, value: object, leave_out: tuple[str, ...]) -> None:
    chosen = st.session_state.get(key)
    if chosen == value:
        return
    written = [] if chosen in (None, "") else [str(chosen)]
    routes.rewrite(name, written, leave_out=("page", *leave_out))
