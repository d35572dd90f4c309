"""Views of the queue that a person keeps under a name, and goes back to."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard.screens import deeds, routes, sign_in, tables
from dashboard.screens.case import may_act
from dashboard.screens.tables import Column
from dashboard.store import Actor, Desk, Reader, SavedFilter

KEPT = ("category", "severity", "status", "case", "score", "time", "search", "chain")
"""Parameters of the address that a kept view holds."""
_NAME = "saved_filter_name"
_PLACE = "saved filters"


def show(reader: Reader) -> None:
    """A button that opens the person's list, and keeps what is shown."""
    who = sign_in.actor()
    if not may_act(who):
        return
    with st.popover("Saved filters"):
        deeds.tell(_PLACE)
        mine = reader.cases.filters(who)
        columns = (Column("No.", "number"), Column("Name"))
        rows = [
            [tables.number(at), tables.cell(each.name, _link(each))] for at, each in enumerate(mine, start=1)
        ]
        tables.table("saved_filters", columns, rows, "None is saved yet.")
        with st.form("save-filter", border=False):
            st.text_input("Name of what is shown now", key=_NAME, max_chars=100)
            st.form_submit_button("Save", on_click=_save)
        if mine:
            _removal(mine)


def _removal(mine: list[SavedFilter]) -> None:
    """By number: a name of somebody's own would be drawn as Markdown."""
    chosen = st.selectbox("Remove number", range(1, len(mine) + 1), key="removed_filter")
    number = mine[min(chosen, len(mine)) - 1].number
    st.button("Remove", on_click=partial(_drop, number))


def _link(each: SavedFilter) -> str:
    asked = [(name, text) for name, text in parse_qsl(str(each.query)) if name in KEPT]
    return f"{routes.HERE}|{routes.QUEUE}?{urlencode(asked)}"


def _save() -> None:
    asked = urlencode([(name, text) for name in KEPT for text in routes.values(name)])

    def deed(desk: Desk, who: Actor) -> None:
        desk.save_filter(who, st.session_state[_NAME], asked)

    if deeds.do(_PLACE, deed):
        st.session_state[_NAME] = ""


def _drop(number: int) -> None:
    def deed(desk: Desk, who: Actor) -> None:
        desk.drop_filter(who, number)

    deeds.do(_PLACE, deed)
