"""Every revision of every alert in one order, the place of each alert in it, and the outbox.

Of alerts that an older store holds their last revision is the first of the list, in order of block time; what
is no alert has no place in it.
"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_AT_ONCE = 500
_OLD = """
SELECT chain_id, id, status, timestamp, record FROM alerts ORDER BY timestamp, chain_id, id
"""


def upgrade() -> None:
    revisions, numbers, head = _make_revisions()
    _make_outbox()
    _fill(revisions, numbers, head)
    op.execute("UPDATE undertow_store SET version = 4")


def _fill(revisions: sa.Table, numbers: sa.Table, head: sa.Table) -> None:
    number, last = 0, "0" * 64
    rows: list[dict[str, object]] = []
    for chain_id, alert_id, status, time, record in op.get_bind().exec_driver_sql(_OLD).all():
        if not all(isinstance(each, int) for each in (chain_id, time)) or not isinstance(record, str):
            continue
        number += 1
        last = hashlib.sha256(f"{last}\n{chain_id}:{alert_id}\n{record}".encode(errors="replace")).hexdigest()
        kind = "retracted" if status == "retracted" else "raised"
        row = {"number": number, "chain_id": chain_id, "alert_id": alert_id, "kind": kind}
        rows.append(row | {"block_time": time, "filed_at": time, "record": record, "hash": last})
    places = [{name: row[name] for name in ("chain_id", "alert_id", "number")} for row in rows]
    for start in range(0, len(rows), _AT_ONCE):
        op.bulk_insert(revisions, rows[start : start + _AT_ONCE])
        op.bulk_insert(numbers, places[start : start + _AT_ONCE])
    op.bulk_insert(head, [{"one": 1, "number": number, "hash": last}])


def _make_revisions() -> tuple[sa.Table, sa.Table, sa.Table]:
    revisions = op.create_table(
        "revisions",
        _number("number", primary_key=True),
        _number("chain_id"),
        _text("alert_id"),
        _text("kind"),
        _number("block_time"),
        _number("filed_at"),
        _long_text("record"),
        _text("hash"),
    )
    op.create_index("revisions_of_alert", "revisions", ["chain_id", "alert_id", "number"])
    numbers = op.create_table(
        "alert_numbers",
        _number("chain_id"),
        _text("alert_id"),
        _number("number"),
        sa.PrimaryKeyConstraint("chain_id", "alert_id"),
    )
    op.create_index("alert_numbers_in_order", "alert_numbers", ["number"], unique=True)
    head = op.create_table(
        "revision_head",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        _number("number"),
        _text("hash"),
    )
    return revisions, numbers, head


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        _number("number", primary_key=True),
        _text("channel"),
        _text("id"),
        _number("chain_id"),
        _text("alert_id"),
        _number("revision"),
        _text("kind"),
        _text("state"),
        _number("due_at"),
        _number("filed_at"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        _long_text("reason"),
        sa.Column("folded_into", sa.BigInteger),
    )
    op.create_index("outbox_by_state", "outbox", ["state", "due_at", "number"])
    op.create_index("outbox_of_digest", "outbox", ["folded_into"])
    op.create_table(
        "told",
        _text("channel"),
        _number("chain_id"),
        _text("alert_id"),
        _text("severity"),
        sa.Column("standing", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("channel", "chain_id", "alert_id"),
    )
    place = op.create_table(
        "outbox_place",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        _number("revision"),
        _number("outbox"),
    )
    op.bulk_insert(place, [{"one": 1, "revision": 0, "outbox": 0}])


def _number(name: str, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=primary_key, autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _long_text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
