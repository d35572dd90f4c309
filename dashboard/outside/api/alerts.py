"""Alerts: pages, one alert, its revisions, evidence and relations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from dashboard.outside.api import models, wording
from dashboard.outside.api.cursors import cursor_at, place_of
from dashboard.outside.api.gate import From, Refused, Who
from dashboard.store import Filters
from dashboard.store.revision_reading import alerts_before, revisions_of
from detectors.alerts.alert import Alert

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

Chain = Annotated[int, Path(ge=0, le=2**63 - 1, description="Chain id.")]
Id = Annotated[str, Path(max_length=128, description="Id of the alert.")]
Words = Annotated[list[str], Query(max_length=100)]
Text = Annotated[str, Query(max_length=128)]


@router.get("")
def alerts(
    who: Who,
    source: From,
    category: Words = [],  # noqa: B006  (FastAPI copies it)
    severity: Annotated[list[models.Severity], Query()] = [],  # noqa: B006
    status: Annotated[list[models.Status], Query()] = [],  # noqa: B006
    case: Words = [],  # noqa: B006
    chain: Annotated[list[models.Number], Query(max_length=100)] = [],  # noqa: B006
    score: Annotated[float, Query(ge=0, le=1, description="The least.")] = 0.0,
    since: Annotated[int | None, Query(ge=0, le=2**63 - 1, description="Block time, seconds UTC.")] = None,
    search: Annotated[
        str, Query(max_length=128, description="Beginning of an address, hash, id or token symbol.")
    ] = "",
    cursor: Annotated[str | None, Query(max_length=40, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> models.Page:
    """Alerts that pass, the last that was filed first.

    Who follows `next` to the end sees every alert that was there when they began exactly once, whatever
    blocks leave the chain meanwhile; what comes after is in the stream of events.
    """
    asked = Filters(
        categories=tuple(category),
        severities=tuple(severity),
        statuses=tuple(status),
        minimum_score=score,
        search="".join(filter(str.isprintable, search)),
        chains=tuple(chain),
        since=since,
        cases=tuple(case),
    )
    rows = alerts_before(source.reader, asked, place_of(cursor), limit)
    told = [(row.id, wording.line(row)) for _, row in rows]
    return models.Page(
        alerts=[found for _, found in told if found is not None],
        next=cursor_at(rows[-1][0]) if len(rows) == limit else None,
        left_out=[str(name) for name, found in told if found is None],
    )


@router.get("/{chain_id}/{alert_id}")
def alert(who: Who, source: From, chain_id: Chain, alert_id: Id) -> models.Alert:
    """The last revision of an alert, with its status at the head."""
    return wording.alert_of(*_found(source, chain_id, alert_id))


@router.get("/{chain_id}/{alert_id}/revisions")
def revisions(who: Who, source: From, chain_id: Chain, alert_id: Id) -> models.Revisions:
    """How the alert came to be what it is, oldest first: also how it was before it was retracted."""
    _found(source, chain_id, alert_id)
    told = map(wording.revision, revisions_of(source.reader, chain_id, alert_id))
    return models.Revisions(revisions=[each for each in told if each is not None])


@router.get("/{chain_id}/{alert_id}/evidence")
def evidence(who: Who, source: From, chain_id: Chain, alert_id: Id) -> models.Evidence:
    """What the alert stands on."""
    whole = wording.alert_of(*_found(source, chain_id, alert_id)).model_dump()
    return models.Evidence(**{name: whole[name] for name in models.Evidence.model_fields})


@router.get("/{chain_id}/{alert_id}/related")
def related(who: Who, source: From, chain_id: Chain, alert_id: Id) -> list[models.Line]:
    """Other alerts that share an attacker or a transaction with it, newest first, at most 20."""
    return wording.lines(source.reader.related(_found(source, chain_id, alert_id)[0]))


def _found(source: From, chain_id: int, alert_id: str) -> tuple[Alert, str]:
    found = source.reader.alert(chain_id, alert_id) if alert_id.isprintable() else None
    if found is None:
        raise Refused(404, f"there is no such alert on chain {chain_id}")
    return found
