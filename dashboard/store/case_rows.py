"""Rows of case work as the desk asks for them and writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from dashboard.store.case_reading import case_of
from dashboard.store.case_tables import cases, saved_filters, watches
from dashboard.store.cases import AlertKey, Case
from dashboard.store.heads import raw
from dashboard.store.tables import alerts
from dashboard.store.texts import storable
from dashboard.store.values import quoted, whole
from ingest.model.errors import BadInput

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


def case_at(connection: Connection, alert: AlertKey) -> Case:
    """The case as it stands. Raises BadInput where there is no such alert."""
    if not _is_askable(alert):
        raise BadInput(f"there is no alert {quoted(alert.alert_id)} on chain {quoted(alert.chain_id)}")
    row = connection.execute(select(*map(raw, cases.c)).where(is_case(alert))).mappings().first()
    if row is not None:
        return case_of(row)
    here = (alerts.c.chain_id == alert.chain_id) & (alerts.c.id == alert.alert_id)
    if connection.execute(select(alerts.c.id).where(here)).first() is None:
        raise BadInput(f"there is no alert {quoted(alert.alert_id)} on chain {alert.chain_id}")
    return Case(alert)


def _is_askable(alert: AlertKey) -> bool:
    named = alert.alert_id
    return (
        whole(alert.chain_id) is not None and isinstance(named, str) and storable(named, "the alert") == named
    )


def is_case(alert: AlertKey) -> Any:
    return (cases.c.chain_id == alert.chain_id) & (cases.c.alert_id == alert.alert_id)


def case_row(case: Case) -> dict[str, Any]:
    where = {"chain_id": case.alert.chain_id, "alert_id": case.alert.alert_id}
    stamp = {"revision": case.revision, "changed_at": case.changed_at, "changed_by": case.changed_by}
    return where | case.decided() | stamp


def place_of(chain_id: int, address: str) -> dict[str, Any]:
    lowered = address.strip().lower() if isinstance(address, str) else ""
    if whole(chain_id) is None or not _ADDRESS.fullmatch(lowered):
        raise BadInput(f"{quoted(address)} is no address: write 0x and 40 hex digits")
    return {"chain_id": chain_id, "address": lowered}


def is_at(place: Mapping[str, Any]) -> Any:
    return (watches.c.chain_id == place["chain_id"]) & (watches.c.address == place["address"])


def watch_at(connection: Connection, place: Mapping[str, Any]) -> dict[str, Any] | None:
    row = connection.execute(
        select(raw(watches.c.note), raw(watches.c.person)).where(is_at(place))
    ).mappings()
    found = row.first()
    return None if found is None else dict(found)


def watch_subject(place: Mapping[str, Any]) -> str:
    return f"watch {place['chain_id']}:{place['address']}"


def person_subject(name: str) -> str:
    return f"person {name}"


def filters_of(connection: Connection, name: str) -> list[dict[str, Any]]:
    """Those that the person of that name keeps."""
    mine = select(*map(raw, saved_filters.c)).where(saved_filters.c.person == name)
    return [dict(row) for row in connection.execute(mine).mappings()]
