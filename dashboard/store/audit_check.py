"""Reads the whole audit and says of the first row that is not as it was written which it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from dashboard.store.audit import canonical, chained
from dashboard.store.case_tables import NO_HASH, audit, audit_head, cases, comments, saved_filters, watches
from dashboard.store.heads import raw
from dashboard.store.refusals import AuditBroken
from dashboard.store.values import quoted, whole

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Known:
    """A row that somebody noted outside of the store: who can write to all of it can write another chain, but
    not one that ends there.
    """

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Audited:
    """How many rows are as they were written, and the hash of the last, which covers all of them."""

    rows: int
    hash: str


@dataclass(frozen=True, slots=True)
class _Left:
    """What row `number` of the audit left of something: its content, or that it is gone (None)."""

    number: int
    content: str | None


def check(connection: Connection, *known: Known) -> Audited:
    """Raises AuditBroken with the first row that is broken.

    1. rows are numbered from 1 without a gap, and each hash follows from the one before; 2. the last one is
    where `audit_head` says that the audit ends; 3. the rows that somebody noted are still there; 4. cases,
    comments, watch lists and saved filters are as the audit left them.
    """
    done, left, hashes = Audited(0, NO_HASH), dict[str, _Left](), {0: NO_HASH}
    noted = {each.number for each in known}
    for row in _rows(connection, audit):
        done = Audited(done.rows + 1, _checked(row, done))
        if (fact := _fact(row)) is not None:
            left[fact[0]] = _Left(done.rows, fact[1])
        if done.rows in noted:
            hashes[done.rows] = done.hash
    _check_end(connection, done)
    for each in sorted(known, key=lambda row: row.number):
        if hashes.get(each.number) != each.hash:
            raise AuditBroken(
                f"row {each.number} of the audit is not the one that was noted: it was written anew"
            )
    _check_standing(connection, left)
    return done


def _checked(row: dict[str, Any], before: Audited) -> str:
    expected = before.rows + 1
    number = whole(row["number"], 1)
    if number is None:
        raise AuditBroken(f"row {quoted(row['number'])} of the audit has no number: it was edited")
    if number != expected:
        raise AuditBroken(f"row {expected} of the audit is missing: it was removed")
    if row["hash"] != chained(before.hash, row):
        raise AuditBroken(f"row {number} of the audit is not as it was written: it, or its hash, was edited")
    return str(row["hash"])


def _check_end(connection: Connection, done: Audited) -> None:
    heads = [(row["number"], row["hash"]) for row in _rows(connection, audit_head)]
    if len(heads) != 1:
        raise AuditBroken(f"the end of the audit is gone: rows after {done.rows} may have been removed")
    number, last = heads[0]
    if number == done.rows and last == done.hash:
        return
    if (whole(number) or 0) > done.rows:
        raise AuditBroken(f"row {done.rows + 1} of the audit is missing: the last rows were removed")
    raise AuditBroken(f"the audit ends at row {quoted(number)}, but has {done.rows}: rows were added by hand")


def _fact(row: dict[str, Any]) -> tuple[str, str | None] | None:
    """What the row left of what it is about; None where it is about nothing that has a table."""
    subject, kind = str(row["subject"]), str(row["subject"]).partition(" ")[0]
    if kind not in ("case", "watch", "filter"):
        return None
    try:
        after = json.loads(row["change"])["after"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise AuditBroken(f"row {row['number']} of the audit was written by no undertow") from error
    if row["action"] == "comment":
        return f"comment {row['number']}", canonical([subject, row["person"], row["at"], after])
    return subject, None if after is None else canonical(after)


def _check_standing(connection: Connection, left: dict[str, _Left]) -> None:
    for name, content in _standing(connection):
        last = left.pop(name, None)
        if last is None or last.content is None:
            raise AuditBroken(f"{quoted(name)} is in no row of the audit: it was added by hand")
        if last.content != content:
            raise AuditBroken(
                f"{quoted(name)} is not as row {last.number} of the audit left it: it was edited"
            )
    gone = min(((last.number, name) for name, last in left.items() if last.content is not None), default=None)
    if gone is not None:
        raise AuditBroken(f"{quoted(gone[1])} of row {gone[0]} of the audit is gone: it was removed")


def _standing(connection: Connection) -> Iterator[tuple[str, str]]:
    """Everything that people made, with its content as `_fact` tells it."""
    for row in _rows(connection, cases):
        decided = {name: row[name] for name in ("status", "assignee", "disposition", "reason")}
        yield f"case {row['chain_id']}:{row['alert_id']}", canonical(decided)
    for row in _rows(connection, comments):
        about = f"case {row['chain_id']}:{row['alert_id']}"
        yield f"comment {row['number']}", canonical([about, row["person"], row["at"], row["text"]])
    for row in _rows(connection, watches):
        kept = {name: row[name] for name in ("note", "person")}
        yield f"watch {row['chain_id']}:{row['address']}", canonical(kept)
    for row in _rows(connection, saved_filters):
        kept = {name: row[name] for name in ("person", "name", "query")}
        yield f"filter {row['number']}", canonical(kept)


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """In the order of the key, some at a time; values of whatever type."""
    wanted = select(*map(raw, table.c)).order_by(*table.primary_key.columns)
    found = connection.execution_options(yield_per=_AT_ONCE).execute(wanted)
    for row in found.mappings():
        yield dict(row)
