"""Case work: what people made of alerts, and what a program of theirs makes of them."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

from fastapi import APIRouter, Query

from dashboard.outside.api import models, wording
from dashboard.outside.api.alerts import Chain, Id
from dashboard.outside.api.gate import From, Who
from dashboard.store import AlertKey, Change
from dashboard.store.case_lists import case_list
from dashboard.store.people import require

router = APIRouter(prefix="/v1", tags=["cases"])


@router.get("/cases")
def cases(
    who: Who,
    source: From,
    status: Annotated[list[str], Query(max_length=10)] = [],  # noqa: B006
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[models.Case]:
    """Cases that somebody has touched, last changed first."""
    return [wording.case(each) for each in case_list(source.reader, tuple(status), limit)]


@router.get("/cases/{chain_id}/{alert_id}")
def case(who: Who, source: From, chain_id: Chain, alert_id: Id) -> models.CaseWork:
    """The case of an alert, and what was said."""
    key = AlertKey(chain_id, alert_id)
    reader = source.reader.cases
    said = [models.Comment.model_validate(each) for each in reader.comments(key)]
    return models.CaseWork(case=wording.case(reader.case(key)), comments=said)


@router.patch("/cases/{chain_id}/{alert_id}")
def change(who: Who, source: From, chain_id: Chain, alert_id: Id, wanted: models.CaseChange) -> models.Case:
    """Changes a case, as an analyst. 409, with nothing changed, where somebody else did since `seen`."""
    require(who, "analyst", "change a case")
    made = Change(wanted.status, wanted.assignee, wanted.disposition, wanted.reason)
    with closing(source.open_desk()) as desk:
        return wording.case(desk.change(who, AlertKey(chain_id, alert_id), wanted.seen, made))


@router.post("/cases/{chain_id}/{alert_id}/comments", status_code=201)
def comment(who: Who, source: From, chain_id: Chain, alert_id: Id, said: models.Said) -> models.Comment:
    """Adds what somebody says, as an analyst; nothing takes it away again."""
    require(who, "analyst", "comment on an alert")
    with closing(source.open_desk()) as desk:
        return models.Comment.model_validate(desk.comment(who, AlertKey(chain_id, alert_id), said.text))


@router.get("/audit", tags=["audit"])
def audit(
    who: Who,
    source: From,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Rows before this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> models.Audit:
    """Who did what, as an admin: the last rows, oldest first."""
    require(who, "admin", "read the audit")
    rows = source.reader.cases.audit(before, limit)
    return models.Audit(rows=[models.AuditRow.model_validate(row) for row in rows])
