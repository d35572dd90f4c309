"""How far a chain is filed: its head, what is final at it, and whether a run judges the log anew."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, delete, insert, select, type_coerce, update
from sqlalchemy.types import NullType

from dashboard.store.anchor_tables import runs
from dashboard.store.feed import Feed
from dashboard.store.tables import alerts, heads, rebuilds
from dashboard.store.values import whole
from detectors.alerts.alert import is_final
from detectors.alerts.messages import BlockScores, RolledBack


def move_head(connection: Connection, feed: Feed) -> None:
    """To the last block judged. One that is judged again, by a run that supersedes another, lies below. What
    is no block is passed over by the first that comes.
    """
    here = heads.c.chain_id == feed.chain_id
    columns = [raw(column) for column in heads.c]
    stood = connection.execute(select(*columns).where(here)).mappings().first()
    head = None if stood is None or whole(stood["block_number"]) is None else dict(stood)
    for record in feed.blocks:
        match record:
            case RolledBack():
                head = {**_block(record), "timestamp": None}
            case BlockScores() if not (record.again and head and record.block_number <= head["block_number"]):
                head = {**_block(record), "timestamp": record.timestamp}
    if head is not None and feed.blocks:
        connection.execute(delete(heads).where(here))
        connection.execute(insert(heads), {**head, "finality": feed.finality, "filed_at": time.time()})


def _block(record: BlockScores | RolledBack) -> dict[str, Any]:
    return {
        "chain_id": record.chain_id,
        "block_number": record.block_number,
        "block_hash": record.block_hash,
    }


def settle(connection: Connection, feed: Feed) -> None:
    """The head alone tells provisional from final, in both directions: a rollback makes provisional again.
    What was filed just now stands as provisional until here. Where no block stands as the head, all do.
    """
    head = whole(connection.scalar(of_head(heads.c.block_number, feed.chain_id)))
    finality = whole(connection.scalar(of_head(heads.c.finality, feed.chain_id)), 1)
    if head is None:
        return
    deep = is_final(alerts.c.block_number, head, finality or feed.finality)
    for was, where, status in (("provisional", deep, "final"), ("final", ~deep, "provisional")):
        # By `alerts_by_status`: of the alerts whose status stays none is looked at.
        wrong = (alerts.c.status == was) & (alerts.c.chain_id == feed.chain_id) & where
        connection.execute(update(alerts).where(wrong).values(status=status))


def note_rebuild(connection: Connection, feed: Feed) -> None:
    connection.execute(delete(rebuilds).where(rebuilds.c.chain_id == feed.chain_id))
    if feed.rebuilding is not None:
        connection.execute(insert(rebuilds), {"chain_id": feed.chain_id, "run": feed.rebuilding})


def note_run(connection: Connection, feed: Feed, head_before: int | None) -> None:
    """Which run judges the chain, and since which head: one that takes over has judged all before that anew,
    and of that only the last revision of each alert is filed.
    """
    if not feed.run or feed.rebuilding is not None:
        return
    here = runs.c.chain_id == feed.chain_id
    if connection.scalar(select(raw(runs.c.run)).where(here)) == feed.run:
        return
    head = whole(connection.scalar(of_head(heads.c.block_number, feed.chain_id)))
    connection.execute(delete(runs).where(here))
    since = 0 if head_before is None or head is None else max(head, head_before)
    connection.execute(insert(runs), {"chain_id": feed.chain_id, "run": feed.run, "since": since})


def of_head(column: Column[Any], chain_id: int) -> Select[Any]:
    return select(raw(column)).where(heads.c.chain_id == chain_id)


def raw(column: Column[Any]) -> ColumnElement[Any]:
    """As the database holds it, of whatever type."""
    return type_coerce(column, NullType()).label(column.name)
