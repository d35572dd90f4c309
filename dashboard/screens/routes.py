"""Which screen the address names: `/?alert=<chain id>:<alert id>` is an alert, anything else the queue.

Both live at one path, so that Back and Forward of the browser keep the filters, which stay in the address.
"""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

_ALERT = "alert"


def asked() -> str | None:
    """The alert that the address names, as it stands there; None for the queue."""
    return st.query_params.get(_ALERT)


def parsed(key: str) -> tuple[int, str] | None:
    """Chain id and alert id of a key; None where it is no key."""
    chain_id, _, alert_id = key.partition(":")
    well_formed = chain_id.isascii() and chain_id.isdecimal() and len(chain_id) < 19 and alert_id
    return (int(chain_id), alert_id) if well_formed else None


def open_alert(key: str) -> NoReturn:
    """Goes to the page of an alert (`<chain id>:<alert id>`)."""
    rewrite(_ALERT, [key])
    st.rerun()


def open_queue() -> NoReturn:
    """Goes back to the queue as it was filtered."""
    rewrite(_ALERT, [])
    st.rerun()


def rewrite(name: str, values: list[str], leave_out: tuple[str, ...] = ()) -> None:
    """Puts `values` at `name` into the address, in one step of the browser's history.

    What stands there already is left alone: a widget's handler is also called when a link set its value.
    Names are sorted, since the same parameters in another order would be one more step.
    """
    if st.query_params.get_all(name) == values:
        return
    query = {other: st.query_params.get_all(other) for other in st.query_params if other not in leave_out}
    query[name] = values
    st.query_params.from_dict({other: query[other] for other in sorted(query) if query[other]})
