"""The page of one alert: why it fired, on what evidence, who is in it, and how the money went."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from dashboard import wording
from dashboard.flow import Flow, flow
from dashboard.screens import filters, parts, routes
from dashboard.store import Reader
from detectors.alert import Alert
from detectors.text import visible
from ingest.model.errors import UndertowError

REFRESH_S = 2.0

_FLOW = parts.component("flow")
_LIST = parts.component("queue")


def show(key: str) -> None:
    """Draws the alert that the address names by `key`."""
    parts.style()
    filters.forget()
    if st.button("← Alert queue", type="tertiary"):
        routes.open_queue()
    asked = routes.parsed(key)
    if asked is None:
        st.text("The address names no alert: it ends in ?alert=<chain id>:<alert id>.")
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
    except UndertowError as error:
        parts.tell(error)
        return
    if found is None:
        st.text(f"There is no alert {wording.cut(alert_id, 80)} on chain {chain_id} in this store.")
        return
    alert, status = found
    _summary(alert, status)
    _section("Flow of money", "the transfers of the evidence, payer to payee")
    _draw(alert)
    left, right = st.columns(2, gap="medium")
    with left:
        _section("Roles")
        st.dataframe(_role_rows(alert), hide_index=True, width="stretch")
    with right:
        _section("Measured against thresholds")
        st.dataframe(_measured_rows(alert), hide_index=True, width="stretch")
    _section("Evidence", "rows of the chain that anyone can look up")
    st.dataframe(_evidence_rows(alert), hide_index=True, width="stretch")
    _related(reader, revision, alert)


def _summary(alert: Alert, status: str) -> None:
    tone = "retracted" if status == "retracted" else "plain"
    badges = parts.badge(alert.severity, alert.severity) + parts.badge(status, tone)
    st.html(
        f'<div class="u-top"><h1>{escape(wording.title(alert.category))}</h1><div>{badges}</div></div>'
        f'<div class="u-why">{escape(wording.cut(alert.explanation, 2_000))}</div>'
    )
    if status == "retracted":
        reason = alert.retraction_reason or "its block left the chain"
        _notice(f"Retracted: {reason}. It counts as not raised.")
    if alert.suppressed_by is not None:
        because = " · ".join(str(alert.suppressed_by[key]) for key in sorted(alert.suppressed_by))
        _notice(f"Suppressed: {because}")
    st.html(_facts(_short_facts(alert)))
    with st.expander("Full identifiers, to copy"):
        st.code("\n".join(f"{name:<12} {value}" for name, value in _long_facts(alert)), language=None)


def _short_facts(alert: Alert) -> list[tuple[str, str]]:
    return [
        ("Score", f"{alert.score:.2f}" + ("" if alert.p_value is None else f" (p = {alert.p_value:.2g})")),
        ("Subject", f"{alert.subject_kind} {wording.short(alert.subject_id)}"),
        ("Block", f"{alert.block_number:,}"),
        ("Block time (UTC)", wording.utc(alert.timestamp)),
        ("Last changed in block", f"{alert.updated_block:,}"),
        ("Chain", str(alert.chain_id)),
        ("Detector", alert.detector),
        ("Proof of the block", alert.proof),
        ("Data tier", alert.tier),
        ("Run digest", wording.short(alert.run)),
    ]


def _long_facts(alert: Alert) -> list[tuple[str, str]]:
    named = [
        ("alert", alert.id),
        (alert.subject_kind, alert.subject_id),
        ("block", alert.block_hash),
        ("run", alert.run),
    ]
    transactions = [("transaction", name) for name in alert.transactions]
    return [(name, visible(value)) for name, value in named + transactions]


def _facts(facts: list[tuple[str, str]]) -> str:
    cells = "".join(f"<div><small>{escape(n)}</small><span>{escape(v)}</span></div>" for n, v in facts)
    return f'<div class="u-facts">{cells}</div>'


def _notice(text: str) -> None:
    st.html(f'<div class="u-notice">{escape(wording.cut(text, 500))}</div>')


def _section(title: str, detail: str = "") -> None:
    st.html(f'<div class="u-section">{escape(title)}<small>{escape(detail)}</small></div>')


def _draw(alert: Alert) -> None:
    drawing = flow(alert)
    if drawing.nodes:
        _FLOW(key=f"flow-{alert.chain_id}-{alert.id}", data=_flow_data(drawing))
    else:
        st.text("No transfer is among the evidence of this alert.")


def _flow_data(drawing: Flow) -> dict[str, Any]:
    nodes = [
        {
            "id": node.id,
            "label": wording.short(node.id) if node.count == 1 else f"{node.count} wallets",
            "full": visible(node.id) if node.count == 1 else "wallets with the same part in the flow",
            "role": node.role,
            "x": node.x,
            "y": node.y,
        }
        for node in drawing.nodes
    ]
    edges = [
        {"source": edge.source, "target": edge.target, "label": edge.label, "detail": edge.detail}
        for edge in drawing.edges
    ]
    return {"nodes": nodes, "edges": edges}


def _role_rows(alert: Alert) -> dict[str, list[str]]:
    return {
        "role": [role.role for role in alert.roles],
        "address": [visible(role.address) for role in alert.roles],
    }


def _measured_rows(alert: Alert) -> dict[str, list[str]]:
    names = sorted(alert.measured, key=lambda name: (name not in alert.thresholds, name))
    return {
        "measure": [wording.title(name) for name in names],
        "measured": [_value(alert.measured[name]) for name in names],
        "is": [wording.stands(alert.measured[name], alert.thresholds.get(name)) for name in names],
        "threshold": [_value(alert.thresholds[name]) if name in alert.thresholds else "" for name in names],
    }


def _value(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else wording.cut(str(value), 100)


def _evidence_rows(alert: Alert) -> dict[str, list[str]]:
    roles: dict[str, str] = {role.address: role.role for role in alert.roles}
    rows = alert.evidence
    return {
        "block": [f"{row.block_number:,}" for row in rows],
        "log": ["native" if row.log_index is None else str(row.log_index) for row in rows],
        "amount": [wording.amount(row.amount, 18 if row.token is None else row.decimals) for row in rows],
        "token": [wording.symbol(row.symbol, row.token) if row.amount is not None else "" for row in rows],
        "from": [visible(row.from_address or "") for row in rows],
        "from is": [roles.get(row.from_address or "", "") for row in rows],
        "to": [visible(row.to_address or "") for row in rows],
        "to is": [roles.get(row.to_address or "", "") for row in rows],
        "transaction": [visible(row.transaction) for row in rows],
        "token contract": [visible(row.token or "") for row in rows],
    }


def _related(reader: Reader, revision: int, alert: Alert) -> None:
    rows = parts.related(reader, revision, alert.chain_id, alert.id, alert)
    if not rows:
        return
    _section("Related alerts", "the same attacker or transaction")
    data = {"rows": [parts.line(row) for row in rows], "selected": None, "empty": "", "query": alert.id}
    opened = _LIST(
        key=f"related-{alert.chain_id}-{alert.id}", data=data, on_opened_change=lambda: None
    ).opened
    if opened:
        routes.open_alert(opened)
