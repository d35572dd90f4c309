"""The page of one alert: why it fired, on what evidence, who is in it, and how the money went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape

import streamlit as st

from dashboard import wording
from dashboard.screens import case, filters, handing_on, money, parts, routes, tables
from dashboard.screens.report import told
from dashboard.screens.report.course import MOST, course
from dashboard.screens.report.told import LONGEST
from dashboard.screens.tables import Column
from dashboard.store import AlertKey, AlertRow, Reader, subjects
from detectors.alerts.alert import SEVERITIES, Alert
from ingest.model.errors import UndertowError

REFRESH_S = 2.0
NOT_HERE = (
    "The link may come from another store, or the alert is not filed yet: this page shows it as soon as it "
    "is. Alerts are never deleted, so a part of its id may be missing: the queue finds an alert by its id."
)
MOST_LEADS = 5
"""Transactions of an alert that a link leads on from."""
_LIST = parts.component("queue")


def show(key: str) -> None:
    """Draws the alert that the address names by `key`."""
    filters.forget()
    if st.button("← Alert queue", type="tertiary"):
        routes.open_queue()
    asked = routes.parsed(key)
    if asked is None:
        parts.notice("The address names no alert: it ends in ?alert=<chain id>:<alert id>.")
        return
    try:
        _live(parts.store(), *asked)
    except UndertowError as error:
        parts.tell(error)


@st.fragment(run_every=REFRESH_S)
def _live(reader: Reader, chain_id: int, alert_id: str) -> None:
    """Drawn again by itself: an alert grows, becomes final or is retracted while it is read."""
    try:
        found = reader.alert(chain_id, alert_id)
        revision = reader.revision()
        rebuilding = reader.rebuilding()
    except UndertowError as error:
        parts.tell(error)
        return
    if found is None:
        there = f"There is no alert {wording.cut(alert_id, 80)} on chain {chain_id} in this store"
        parts.nothing(reader, there, NOT_HERE)
        return
    alert, status = found
    parts.notice(parts.rebuild_line({name: run for name, run in rebuilding.items() if name == chain_id}))
    _summary(alert, status)
    handing_on.show(reader, AlertKey(chain_id, alert_id), alert)
    _case(reader, AlertKey(chain_id, alert_id))
    _lesser(reader, revision, alert)
    _section("Flow of money", "the transfers of the evidence, payer to payee")
    picked = money.show(alert)
    left, right = st.columns(2, gap="medium")
    with left:
        _section("Roles", "each leads to its page")
        tables.table(f"roles-{alert.id}", ROLES, _role_rows(alert), "It names nobody.")
    with right:
        _section("Measured against thresholds")
        st.dataframe(_measured_rows(alert), hide_index=True, width="stretch")
    _section("Its course")
    head = next((each for each in reader.heads() if each.chain_id == chain_id), None)
    known = parts.answer(reader, revision, "revision_reading.revisions_of", chain_id, alert_id, MOST)
    steps = [list(map(tables.cell, row)) for row in course(alert, status, head, known)]
    tables.table(f"course-{alert.id}", COURSE, steps, "")
    parts.remark(f"Only the newest {MOST} revisions." if len(known) == MOST else "")
    _leads(alert)
    _section("Evidence", money.told(len(picked), alert))
    st.dataframe(_evidence_rows(replace(alert, evidence=picked)), hide_index=True, width="stretch")
    _related(reader, revision, alert)


def _summary(alert: Alert, status: str) -> None:
    tone = parts.tone(alert.severity, SEVERITIES)
    badges = parts.badge(alert.severity, tone) + parts.badge(status, parts.tone(status, ("retracted",)))
    st.html(
        f'<div class="u-top"><h1>{escape(wording.title(alert.category))}</h1><div>{badges}</div></div>'
        f'<div class="u-why">{escape(told.why(alert))}</div>'
    )
    for each in told.notices(alert, status):
        parts.notice(each)
    parts.facts(told.short_facts(alert))
    with st.expander("Full identifiers, to copy"):
        st.code("\n".join(f"{name:<12} {value}" for name, value in told.long_facts(alert)), language=None)


def _case(reader: Reader, key: AlertKey) -> None:
    try:
        case.show(reader, key)
    except UndertowError as error:
        parts.tell(error)


COURSE = (
    Column("What", "short"),
    Column("Block", "number"),
    Column("When (UTC)", "number"),
    Column("Detail"),
)


def _lesser(reader: Reader, revision: int, alert: Alert) -> None:
    """Alerts that yielded to this one: they say less about the same attack."""
    rows = parts.related(reader, revision, alert.chain_id, alert.id, alert)
    part_of: list[AlertRow] = subjects.lesser(reader, rows, alert.id)
    if part_of:
        _section("Part of it", "alerts that say less about the same attack, and count as this one")
        tables.alerts(f"lesser-{alert.id}", part_of, "")


def _leads(alert: Alert) -> None:
    """Where to look next: the incident it belongs to, and where the money of its transactions went."""
    rows = [[tables.cell("Its incident"), tables.cell("alerts that share a transaction or an attacker",
             routes.link("incident", alert.chain_id, alert.id))]]  # fmt: skip
    rows += [
        [tables.cell("Follow the money of"), tables.transaction(alert.chain_id, name)]
        for name in alert.transactions[:MOST_LEADS]
    ]
    _section("Where to look next")
    tables.table(f"leads-{alert.id}", (Column("What", "short"), Column("Where", "mono")), rows, "")


def _section(title: str, detail: str = "") -> None:
    st.html(f'<div class="u-section">{escape(title)}<small>{escape(detail)}</small></div>')


ROLES = (Column("Part", "short"), Column("Address", "mono"))


def _role_rows(alert: Alert) -> list[list[tables.Cell]]:
    return [[tables.part(role.role), _whole(alert, role.address)] for role in alert.roles]


def _whole(alert: Alert, address: str) -> tables.Cell:
    """Of a node, which has no address, its name as it was measured."""
    if not wording.is_node(alert.subject_kind, alert.subject_id, address):
        return tables.cell(address, routes.link("wallet", alert.chain_id, address), address)
    return tables.cell(_node_name(alert), routes.link("node", alert.chain_id, address), address)


def _node_name(alert: Alert) -> object:
    known = alert.measured.get("node") if isinstance(alert.measured, Mapping) else None
    return f"node {wording.short(alert.subject_id)}" if known is None else known


def _measured_rows(alert: Alert) -> dict[str, list[str]]:
    rows = told.measured(alert)
    names = ("measure", "measured", "is", "threshold")
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _evidence_rows(alert: Alert) -> dict[str, list[str]]:
    roles = {wording.cut(role.address, LONGEST): wording.cut(role.role, 24) for role in alert.roles}
    rows = alert.evidence
    return {
        "block": [wording.number(row.block_number) for row in rows],
        "log": ["native" if row.log_index is None else wording.number(row.log_index) for row in rows],
        "amount": [wording.amount(row.amount, 18 if row.token is None else row.decimals) for row in rows],
        "token": [wording.symbol(row.symbol, row.token) if row.amount is not None else "" for row in rows],
        "from": [wording.cut(row.from_address, LONGEST) for row in rows],
        "from is": [roles.get(wording.cut(row.from_address, LONGEST), "") for row in rows],
        "to": [wording.cut(row.to_address, LONGEST) for row in rows],
        "to is": [roles.get(wording.cut(row.to_address, LONGEST), "") for row in rows],
        "transaction": [wording.cut(row.transaction, LONGEST) for row in rows],
        "token contract": [wording.cut(row.token, LONGEST) for row in rows],
    }


def _related(reader: Reader, revision: int, alert: Alert) -> None:
    try:
        rows = parts.related(reader, revision, alert.chain_id, alert.id, alert)
    except UndertowError as error:
        parts.tell(error)
        return
    if not rows:
        return
    _section("Related alerts", "the same attacker or transaction")
    data = {"rows": [parts.line(row) for row in rows], "selected": None, "empty": "", "query": alert.id}
    key = f"related-{alert.chain_id}-{alert.id}"
    opened = _LIST(key=key, data=data, on_opened_change=lambda: None).opened
    if opened:
        routes.open_alert(opened)
