"""Files scores of blocks: of however many records, one statement takes away and one adds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, delete

from dashboard.store.inserting import insert_if_new
from dashboard.store.tables import scores
from detectors.alerts.messages import BlockScores, RolledBack, ScoreRecord, Superseded

_Key = tuple[int, str, str]


def file_scores(connection: Connection, chain_id: int, records: Iterable[ScoreRecord]) -> None:
    """As if record after record took away and added its own. Each takes away the scores after a block: what
    the store loses begins after the lowest of these, and what it gets is what no later record took.
    """
    lowest: int | None = None
    fresh: dict[_Key, dict[str, Any]] = {}
    highest = -1
    for record in records:
        last = _last_kept(record)
        if last is not None:
            lowest = last if lowest is None else min(lowest, last)
            if last < highest:
                fresh = {key: row for key, row in fresh.items() if key[0] <= last}
                highest = last
        if isinstance(record, BlockScores):
            highest = max(highest, record.block_number)
            for row in _rows(record):
                # A part that comes twice, or a subject in two parts, is filed once.
                fresh.setdefault((row["block_number"], row["subject_kind"], row["subject"]), row)
    if lowest is not None:
        gone = scores.c.block_number > lowest
        connection.execute(delete(scores).where(scores.c.chain_id == chain_id, gone))
    insert_if_new(connection, scores, list(fresh.values()))


def _last_kept(record: ScoreRecord) -> int | None:
    """The block after which scores filed before no longer count; None where all do."""
    match record:
        case RolledBack(block_number=number):
            return number
        case Superseded(block_number=number):
            return number - 1
        case BlockScores(part=0):  # those of a block that comes again take the place of the old ones
            return record.block_number - 1
    return None


def _rows(record: BlockScores) -> list[dict[str, Any]]:
    return [
        {
            "chain_id": record.chain_id,
            "block_number": record.block_number,
            "subject_kind": each.subject_kind,
            "subject": each.subject,
            "score": each.score,
            "parts": msgspec.json.encode(each.parts, order="sorted").decode(),
            "timestamp": record.timestamp,
        }
        for each in record.scores
    ]
