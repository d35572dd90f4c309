"""What is done from the queue: alerts are taken, confirmed and dismissed by key, one or many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashboard import wording
from dashboard.screens import deeds, parts, routes
from dashboard.screens.case import taking
from dashboard.screens.report import told
from dashboard.store import (
    DISPOSITIONS,
    Actor,
    AlertKey,
    AlertRow,
    Bulk,
    Case,
    Change,
    Desk,
    Reader,
    quoted,
    whole,
)
from ingest.model.errors import BadInput

BY_KEY = ("confirmed", "dismissed")
"""What a key of the queue closes a case as; the rest is decided on the page of an alert."""
REASONS = {name: DISPOSITIONS[name] for name in BY_KEY}
TAKE = "take"


def act(asked: object, desk: Desk, who: Actor) -> str | None:
    """Does what the browser asks for: {"act", "reason", "seen": [[key, revision] …]}. Returns what somebody
    else was in the way of. Raises BadInput for what no button asks for, and what the desk raises.
    """
    if not isinstance(asked, Mapping):
        raise BadInput("the browser asked for nothing that can be done: load the page again")
    change = _change(asked.get("act"), asked.get("reason"), who)
    return _told(desk.change_many(who, _seen(asked.get("seen")), change))


def _change(wanted: object, reason: object, who: Actor) -> Change:
    if wanted == TAKE:
        return taking(who.name)
    if wanted not in BY_KEY or not isinstance(reason, str):
        raise BadInput(f"{quoted(wanted)} is nothing that is done from the queue: load the page again")
    return Change(disposition=str(wanted), reason=reason)


def _seen(rows: object) -> list[tuple[AlertKey, int]]:
    found = []
    for row in rows if isinstance(rows, list) else ():
        key, revision = row if isinstance(row, list) and len(row) == 2 else (None, None)
        named = routes.parsed(key) if isinstance(key, str) else None
        seen = whole(revision)
        if named is None or seen is None:
            raise BadInput(f"{quoted(row)} names no alert that was seen: load the page again")
        found.append((AlertKey(*named), seen))
    if not found:
        raise BadInput("no alert is chosen: go to one with J, or choose some with X")
    return list(dict(found).items())


def _told(done: Bulk) -> str | None:
    if not done.overtaken:
        return None
    if len(done.overtaken) == 1:
        left = deeds.overtaken(done.overtaken[0])
    else:
        names = ", ".join(sorted({told.person(each.changed_by) or "somebody" for each in done.overtaken}))
        left = f"{len(done.overtaken):,} were changed by {wording.cut(names, 200)} meanwhile and left alone."
    return left if not done.changed else f"{len(done.changed):,} changed. {left}"


def lines(reader: Reader, rows: Iterable[AlertRow]) -> list[dict[str, object]]:
    """Rows as `queue.js` draws them, with their cases as they stand now."""
    drawn = list(rows)
    known = reader.cases.cases(filter(None, map(_key, drawn)))
    watched = _watched(reader, drawn)
    return [
        {
            **parts.line(row),
            **_case(known, _key(row)),
            "watched": row.subject_id in watched.get(row.chain_id, ()),
        }
        for row in drawn
    ]


def _watched(reader: Reader, rows: Iterable[AlertRow]) -> dict[int, set[str]]:
    """By chain, those of the subjects that people watch."""
    asked: dict[int, set[str]] = {}
    for row in rows:
        named = isinstance(row.subject_id, str) and row.subject_id.isprintable()
        if named and whole(row.chain_id) is not None:
            asked.setdefault(row.chain_id, set()).add(row.subject_id)
    return {chain_id: set(reader.cases.watched(chain_id, names)) for chain_id, names in asked.items()}


def _case(known: Mapping[AlertKey, Case], key: AlertKey | None) -> dict[str, object]:
    case = known.get(key) if key is not None else None
    if case is None:
        return {"case": "", "case_full": "", "revision": 0, "closed": False}
    by = "" if case.assignee is None else f" {told.person(case.assignee)}"
    short = wording.cut(case.disposition, parts.LABEL_LENGTH) if case.disposition is not None else ""
    if not short and case.status != "new":
        short = f"{wording.cut(case.status, parts.LABEL_LENGTH)}{by}"
    return {
        "case": wording.cut(short, 30),
        "case_full": deeds.stands(case),
        "revision": whole(case.revision) or 0,
        "closed": case.status == "closed",
    }


def _key(row: AlertRow) -> AlertKey | None:
    """None where the store holds what no case can hang on."""
    named = isinstance(row.id, str) and row.id.isprintable()
    return AlertKey(row.chain_id, row.id) if named and whole(row.chain_id) is not None else None
