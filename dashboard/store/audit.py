"""Who did what and when: each row is hashed together with the one before it, so that none can be changed or
removed without a trace.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from dashboard.store.case_tables import audit, audit_head
from dashboard.store.heads import raw
from dashboard.store.people import Actor
from dashboard.store.refusals import AuditBroken
from dashboard.store.values import whole


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did: `action` on `subject`, with what was before and after it. `at` is seconds UTC."""

    actor: Actor
    action: str
    subject: str
    change: Mapping[str, object]
    at: int


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A row as the store holds it; values may be of whatever type."""

    number: int
    at: int
    person: str
    role: str
    action: str
    subject: str
    change: str
    hash: str


def note(connection: Connection, deed: Deed) -> int:
    """Adds a row in the caller's transaction, and returns its number.

    The row of `audit_head` is locked first: of several writers each waits for the one before, so there is one
    chain. Raises AuditBroken where that row is gone: nothing is written past a broken audit.
    """
    number, before = lock(connection)
    row = {
        "number": number + 1,
        "at": deed.at,
        "person": deed.actor.name,
        "role": deed.actor.role,
        "action": deed.action,
        "subject": deed.subject,
        "change": canonical(deed.change),
    }
    row["hash"] = chained(before, row)
    connection.execute(insert(audit), row)
    connection.execute(update(audit_head).values(number=row["number"], hash=row["hash"]))
    return number + 1


def lock(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last row; who else writes waits until this transaction ends."""
    wanted = select(raw(audit_head.c.number), raw(audit_head.c.hash)).with_for_update()
    heads = connection.execute(wanted).all()
    if len(heads) != 1 or whole(heads[0][0]) is None:
        raise AuditBroken("the end of the audit is gone from the store: `undertow audit verify` says more")
    number, last = heads[0]
    return int(number), str(last)


def chained(before: str, row: Mapping[str, Any]) -> str:
    """The hash of a row: of the hash before it and of all its columns, in the order of the table."""
    columns = [row[column.name] for column in audit.c if column.name != "hash"]
    return hashlib.sha256(f"{before}\n{canonical(columns)}".encode()).hexdigest()


def canonical(value: object) -> str:
    """JSON of one spelling, in ASCII. What no JSON holds, an edited row may: it is spelled as Python does."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=repr)
