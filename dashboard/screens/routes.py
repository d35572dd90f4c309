"""Which page has which address: `/` is the queue, `/alert?id=<chain id>:<alert id>` is an alert."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

_PAGES = "pages"
_QUEUE_QUERY = "queue_query"


def register(queue: Callable[[], None], alert: Callable[[], None]) -> StreamlitPage:
    """Makes the two pages and returns the one the address names."""
    pages = {
        "queue": st.Page(queue, title="undertow · alerts", url_path="queue", default=True),
        "alert": st.Page(alert, title="undertow · alert", url_path="alert"),
    }
    st.session_state[_PAGES] = pages
    return st.navigation(list(pages.values()), position="hidden")


def open_alert(key: str) -> NoReturn:
    """Goes to the page of an alert (`<chain id>:<alert id>`), keeping the filters for the way back."""
    if "id" not in st.query_params:
        st.session_state[_QUEUE_QUERY] = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(st.session_state[_PAGES]["alert"], query_params={"id": key})


def open_queue() -> NoReturn:
    """Goes back to the queue as it was filtered."""
    st.switch_page(st.session_state[_PAGES]["queue"], query_params=st.session_state.get(_QUEUE_QUERY, {}))


def asked_alert() -> tuple[int, str] | None:
    """The chain id and the alert id of the address; None where it names none."""
    chain_id, _, alert_id = st.query_params.get("id", "").partition(":")
    return (int(chain_id), alert_id) if chain_id.isdecimal() and len(chain_id) < 19 and alert_id else None
