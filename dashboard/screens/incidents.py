"""Incidents: alerts that share a transaction or an attacker, stage by stage, with what was lost."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import wording
from dashboard.screens import inputs, parts, routes, tables
from dashboard.screens.tables import Column
from dashboard.store import Reader
from dashboard.store.incidents import MOST_ALERTS, Incident, Incidents
from dashboard.store.overview import Span, newest_time
from ingest.model.errors import UndertowError
from ingest.schema import NATIVE_DECIMALS, native_symbol

PAGE = 25
SPANS = {"week": 7, "month": 31, "quarter": 92, "year": 366}
"""In days of block time."""
MOST_NAMES = 40
STAGES = {
    "funding": "Funding",
    "preparation": "Preparation",
    "exploitation": "Exploitation",
    "laundering": "Laundering",
    "unnamed": "Anomalies beside it",
}


def show() -> None:
    """Draws the list, or the incident that the address names."""
    try:
        reader = parts.store()
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        with left:
            parts.heading("Incidents", "alerts that share a transaction or an attacker")
        with right:
            named = inputs.view("span", ("quarter", "week", "month", "year"))
        now = newest_time(reader)
        if now is None:
            parts.notice(
                "The store is empty: `undertow sink` fills it, and incidents follow from its alerts."
            )
            return
        span = Span(now - SPANS[named] * 86_400 + 1, now)
        found: Incidents = parts.answer(reader, reader.revision(), "incidents.incidents", span)
        if found.cut:
            parts.notice(
                f"Only the newest {MOST_ALERTS:,} alerts of this {named} are joined: choose a shorter span."
            )
        _draw(reader, found.found, named)
    except UndertowError as error:
        parts.tell(error)


def _draw(reader: Reader, found: Sequence[Incident], named: str) -> None:
    asked = routes.parsed(routes.value("incident"))
    if asked is None and routes.value("incident"):
        parts.notice("The address names no incident: it ends in ?incident=<chain id>:<alert id>.")
    if asked is None:
        _list(found, named)
        return
    ours = (each for each in found if each.chain_id == asked[0])
    incident = next((each for each in ours if any(row.id == asked[1] for row in each.alerts)), None)
    if incident is None:
        there = f"There is no incident {wording.cut(asked[1], 80)} on chain {asked[0]} in this {named}"
        parts.nothing(reader, there, "Choose a longer span above. It goes by the id of any of its alerts.")
        return
    _one(incident)


LISTED = (
    Column("Severity", "short"), Column("Incident"), Column("Alerts", "number"), Column("Stages"),
    Column("Victims", "number"), Column("Lost", "number"), Column("From (UTC)", "number"),
    Column("To (UTC)", "number"),
)  # fmt: skip


def _list(found: Sequence[Incident], named: str) -> None:
    several = [each for each in found if len(each.alerts) > 1]
    alone = len(found) - len(several)
    parts.remark(
        f"{_counted(len(several), 'incident')} of several alerts in this {named}; "
        f"{_counted(alone, 'alert')} alone."
    )
    number = inputs.page(len(several), PAGE)
    rows = [row_of(each) for each in several[(number - 1) * PAGE : number * PAGE]]
    tables.table(
        "incidents", LISTED, rows, "No two alerts share a transaction or an attacker: choose a longer span."
    )


def row_of(each: Incident) -> list[tables.Cell]:
    stages = " → ".join(STAGES[name] for name, _ in each.stages())
    return [
        tables.severity(each.severity),
        tables.cell(title(each), routes.link("incident", each.chain_id, each.id), each.id),
        tables.number(len(each.alerts)),
        tables.cell(stages),
        tables.number(len(each.victims)),
        tables.cell(lost(each)),
        tables.cell(wording.utc(each.first)),
        tables.cell(wording.utc(each.last)),
    ]


def title(each: Incident) -> str:
    """`Wallet drain by 0xee…, then layering`."""
    names = list(dict.fromkeys(wording.title(row.category) for _, rows in each.stages() for row in rows))
    who = f" by {wording.short(each.attackers[0])}" if each.attackers else ""
    more = f", then {', '.join(name.lower() for name in names[1:3])}" if names[1:] else ""
    return f"{names[0]}{who}{more}" if names else wording.short(each.id)


def lost(each: Incident) -> str:
    if each.wei is None:
        return "not told"
    coin = native_symbol(each.chain_id) if isinstance(each.chain_id, int) else None
    return f"{wording.rounded(each.wei, NATIVE_DECIMALS)} {coin or 'native coin'}"


def _one(each: Incident) -> None:
    if st.button("← Incidents", type="tertiary"):
        routes.go(routes.INCIDENTS, {"span": routes.values("span")})
    parts.section(title(each))
    parts.facts(
        [
            ("Alerts", f"{len(each.alerts):,}"),
            ("Total loss, as told by its exploits", lost(each)),
            ("Victims", f"{len(each.victims):,}"),
            ("Attackers", f"{len(each.attackers):,}"),
            ("From (UTC)", wording.utc(each.first)),
            ("To (UTC)", wording.utc(each.last)),
        ]
    )
    for name, rows in each.stages():
        parts.section(STAGES[name], f"{_counted(len(rows), 'alert')}, in order of time")
        tables.alerts(f"stage_{name}", rows, "")
    left, right = st.columns(2, gap="medium")
    for column, title_of, names in ((left, "Attackers", each.attackers), (right, "Victims", each.victims)):
        with column:
            parts.section(title_of)
            rows_of = [[tables.wallet(each.chain_id, name)] for name in names[:MOST_NAMES]]
            tables.table(title_of, (Column("Address", "mono"),), rows_of, "None is named.")
            if len(names) > MOST_NAMES:
                parts.remark(f"{len(names) - MOST_NAMES:,} more are among the roles of its alerts.")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
