"""Advice: what one's own address should revoke or beware of. The address stays in the session: it is in no
URL, in no cache, in no audit, and in no log.
"""

from __future__ import annotations

import time

import streamlit as st

from dashboard import wording
from dashboard.screens import inputs, parts, tables
from dashboard.screens.tables import Column
from dashboard.store import Reader
from dashboard.store.privacy import written_down
from dashboard.transfers.advice.advise import NOTHING, Advice, Advised, advise
from ingest.model.errors import UndertowError

KEY = "advice_address"
NO_ADDRESS = "That is no address: 0x and 40 hex digits."
COLUMNS = (Column("Severity", "short"), Column("What"), Column("Alert it rests on", width="20rem"))


def show() -> None:
    """Draws the screen."""
    parts.heading("Advice", "what an address of your own should revoke or beware of")
    try:
        reader = parts.store()
        if why := written_down(reader):
            parts.notice(f"{why[0].upper()}{why[1:]}, then come back.")
            return
        _ask(reader)
    except UndertowError as error:
        parts.tell(error)


def _ask(reader: Reader) -> None:
    door = parts.transfers()
    chain_id = inputs.chain(reader, door)
    typed = st.text_input("Address", key=KEY, placeholder="0x…", autocomplete="off", max_chars=60)
    parts.remark("It is worked out here and kept nowhere: reload the page, and it is gone.")
    if not typed or chain_id is None:
        return
    address = inputs.lower(typed)
    if not inputs.is_address(address):
        parts.notice(NO_ADDRESS)
        return
    _draw(advise(reader, door, chain_id, address, int(time.time())))


def _draw(advised: Advised) -> None:
    tables.table("advice", COLUMNS, [_row(each) for each in advised.advice], NOTHING)
    parts.left_out(advised.unknown)


def _row(each: Advice) -> list[tables.Cell]:
    return [
        tables.severity(each.severity),
        tables.cell(wording.text(each.sentence)),
        tables.cell(each.alert or ""),
    ]
