"""Addresses that people watch: a view of the store, which detection never hears of."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import wording
from dashboard.screens import deeds, parts, sign_in, tables
from dashboard.screens.case import may_act
from dashboard.screens.report import told
from dashboard.screens.tables import Column
from dashboard.store import Actor, Desk, Reader, Watch


def show(reader: Reader, chain_id: int, address: str) -> None:
    """Whether an address is watched, by whom and why, and the controls of who may change that."""
    watch = reader.cases.watched(chain_id, [address]).get(address)
    place = f"watch {chain_id}:{address}"
    deeds.tell(place)
    if watch is not None:
        parts.notice(f"Watched since {wording.utc(watch.at)} by {told.person(watch.person)}. {_note(watch)}")
    if not may_act(sign_in.actor()):
        return
    with st.expander("Watch" if watch is None else "Change or end the watch"):
        typed = f"note-{place}"
        with st.form(place, border=False):
            st.text_input("Why it is watched", key=typed, max_chars=1_000)
            pressed = partial(_watch, place, chain_id, address)
            st.form_submit_button("Watch it" if watch is None else "Replace the note", on_click=pressed)
        if watch is not None:
            st.button("Watch it no longer", on_click=partial(_unwatch, place, chain_id, address))


def everything(reader: Reader) -> None:
    """The watch list, with its notes; nothing where it is empty."""
    rows = [
        [
            tables.wallet(each.chain_id, each.address),
            tables.cell(_note(each)),
            tables.cell(told.person(each.person)),
            tables.cell(wording.utc(each.at)),
        ]
        for each in reader.cases.watches()
    ]
    if rows:
        parts.section("Watched addresses", "the newest first")
        columns = (Column("Address", "mono"), Column("Why"), Column("By", "short"), Column("Since", "number"))
        tables.table("watched", columns, rows, "")


def _note(watch: Watch) -> str:
    return wording.cut(watch.note, 1_000)


def _watch(place: str, chain_id: int, address: str) -> None:
    def deed(desk: Desk, who: Actor) -> None:
        desk.watch(who, chain_id, address, st.session_state[f"note-{place}"])

    deeds.do(place, deed)


def _unwatch(place: str, chain_id: int, address: str) -> None:
    def deed(desk: Desk, who: Actor) -> None:
        desk.unwatch(who, chain_id, address)

    deeds.do(place, deed)
