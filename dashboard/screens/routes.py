"""What the address says: which screen (`/?alert=<chain id>:<alert id>`, else the queue) and which filters.

Both screens live at one path, so that Back and Forward keep the filters. The session remembers the address
and looks at the real one only when it begins and when the browser goes back or forward: what is redrawn by
itself carries the address as the browser had it then, which may be older than what was written since.
"""

from __future__ import annotations

from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_ALERT = "alert"
_ADDRESS = "address"
"""Session key of the parameters of the address: name -> values."""


def arrive() -> None:
    """To be called first in every full drawing."""
    context = get_script_run_ctx()
    moved = context is not None and context.is_history_navigation
    if moved or _ADDRESS not in st.session_state:
        st.session_state[_ADDRESS] = {name: st.query_params.get_all(name) for name in st.query_params}


def values(name: str) -> list[str]:
    """The values of a parameter, each once, in order; written by strangers too."""
    return list(dict.fromkeys(st.session_state[_ADDRESS].get(name, [])))


def asked() -> str | None:
    """The alert that the address names, as it stands there; None for the queue."""
    return next(iter(values(_ALERT)), None)


def parsed(key: str) -> tuple[int, str] | None:
    """Chain id and alert id of a key; None where it is no key."""
    chain_id, _, alert_id = key.partition(":")
    is_number = chain_id.isascii() and chain_id.isdecimal() and len(chain_id) < 19
    return (int(chain_id), alert_id) if is_number and alert_id and alert_id.isprintable() else None


def open_alert(key: str) -> NoReturn:
    """Goes to the page of an alert (`<chain id>:<alert id>`)."""
    rewrite(_ALERT, [key])
    st.rerun()


def open_queue() -> NoReturn:
    """Goes back to the queue as it was filtered."""
    rewrite(_ALERT, [])
    st.rerun()


def rewrite(name: str, chosen: list[str], leave_out: tuple[str, ...] = ()) -> None:
    """Puts `chosen` at `name` into the address, as one step of history; none where it stands already."""
    if values(name) == chosen:
        return
    address = {other: kept for other, kept in st.session_state[_ADDRESS].items() if other not in leave_out}
    address[name] = chosen
    st.session_state[_ADDRESS] = {other: address[other] for other in sorted(address) if address[other]}
    st.query_params.from_dict(st.session_state[_ADDRESS])
