"""The flow of money of an alert: drawn, made to grow by what a wallet was paid and paid, and picked from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from dashboard import wording
from dashboard.flow import Flow, drawing, wallet
from dashboard.screens import drawings, inputs, parts, pictures
from dashboard.transfers import selection
from dashboard.transfers.values import Asked
from detectors.alerts.alert import Alert, Evidence
from ingest.model.errors import UndertowError

MOST_ADDED = 40
"""Transfers that are added for a wallet: the newest."""
MOST_STEPS = 20


@dataclass(slots=True)
class Look:
    """How somebody looks at the flow of an alert: wallets whose payments were added, each with the way that
    was asked for, and what is picked: a wallet, or payer and payee.
    """

    added: list[tuple[str, str]] = field(default_factory=list)
    picked: tuple[str, ...] = ()


def show(alert: Alert) -> tuple[Evidence, ...]:
    """Draws the flow; returns the rows of evidence that belong to what is picked, all where nothing is, or
    the picture is left out.
    """
    look: Look = st.session_state.setdefault(f"flow_of_{alert.chain_id}:{alert.id}", Look())
    roles = {wallet(role.address): wallet(role.role) for role in alert.roles}
    more = _added(alert, look)
    # Who asks for more wants to see it: more wallets stand alone than of the alert by itself.
    most = [drawings.MOST_NODES] if more else []
    key = f"flow-{alert.chain_id}-{alert.id}"
    drawn = pictures.laid_out(key, lambda: drawing((*alert.evidence, *more), roles, *most))
    if drawn is None:
        return alert.evidence
    if not drawn.nodes:
        parts.remark("No transfer is among the evidence of this alert.")
        return alert.evidence
    drawings.flow(key, drawn, alert.chain_id, on_asked=partial(ask, look))
    return tuple(row for row in alert.evidence if belongs(row, look.picked, drawn))


def ask(look: Look, wish: object) -> None:
    """Does what the browser asks for; what no button asks for changes nothing."""
    what = wish.get("what") if isinstance(wish, Mapping) else None
    told = wish.get("ends") if isinstance(wish, Mapping) else None
    ends = tuple(each for each in told if isinstance(each, str)) if isinstance(told, list) else ()
    if what == "pick" and len(ends) <= 2:
        look.picked = ends
    elif what == "undo" and look.added:
        look.added.pop()
    elif what in ("in", "out") and len(ends) == 1 and inputs.is_address(ends[0]):
        step = (ends[0], str(what))
        look.added = [*(each for each in look.added if each != step), step][-MOST_STEPS:]


def belongs(row: Evidence, picked: tuple[str, ...], drawn: Flow) -> bool:
    """Whether a row is one of the payments that are picked."""
    ends = tuple(drawn.names.get(wallet(each), "") for each in (row.from_address, row.to_address))
    return not picked or (picked[0] in ends if len(picked) == 1 else picked == ends)


def told(picked: int, alert: Alert) -> str:
    """What stands beside the rows that are shown."""
    if picked == len(alert.evidence):
        return "rows of the chain that anyone can look up"
    return f"{picked:,} of {len(alert.evidence):,}: what is picked in the flow; click there again for all"


def _added(alert: Alert, look: Look) -> tuple[Evidence, ...]:
    """The payments that were asked for and are not among the evidence."""
    known = {_place(row) for row in alert.evidence}
    found: dict[tuple[object, ...], Evidence] = {}
    for address, way in look.added:
        try:
            rows = _payments(alert.chain_id, address, way)
        except UndertowError as error:
            parts.tell(error)
            continue
        fresh = {_place(row): row for row in rows if _place(row) not in known}
        found |= fresh
        if not fresh:
            side = "came to" if way == "in" else "left"
            parts.remark(f"No further payment that {side} {wording.short(address)} is known.")
    return tuple(found.values())


def _payments(chain_id: int, address: str, way: str) -> tuple[Evidence, ...]:
    door = parts.transfers()
    asked = Asked(chain_id, (address,), "in" if way == "in" else "out", most=MOST_ADDED)
    found = parts.found(door, parts.store().revision(), asked)
    if found.left_out:
        parts.remark(f"Of {wording.short(address)} {', '.join(found.left_out)}.")
    return selection.evidence(found.transfers, door.tokens(chain_id, found.transfers))


def _place(row: Evidence) -> tuple[object, ...]:
    """Which movement of the chain a row is."""
    return row.transaction, row.log_index, row.from_address, row.to_address, row.token, row.amount
