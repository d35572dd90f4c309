"""Anchors: which stretches of blocks are anchored on another chain, what waits, and why it does."""

from __future__ import annotations

import time

from dashboard import wording
from dashboard.screens import parts, tables
from dashboard.screens.tables import Column
from dashboard.store import Reader
from dashboard.store.anchors import Anchoring, StretchRow, anchorings, stretch_counts, stretches
from ingest.model.errors import UndertowError

SHOWN = 50
"""Stretches of a chain that are listed, the newest first."""
NOTHING = "Nothing is anchored: `undertow anchor` writes roots of final alerts to another chain."
STATES = {"waiting": "waits", "mined": "in a block", "settled": "anchored"}
COLUMNS = (
    Column("Blocks"), Column("State", "short"), Column("Revisions", "number"), Column("Root"),
    Column("Run", "short"), Column("Audit row", "number"), Column("Transaction"),
    Column("In block", "number"),
)  # fmt: skip


def show() -> None:
    """Draws the screen."""
    try:
        reader = parts.store()
        parts.heading("Anchors", "what was said of final blocks, written to another chain")
        found = anchorings(reader)
        if not found:
            parts.notice(NOTHING)
        counts = stretch_counts(reader)
        for each in found:
            _chain(reader, each, {state: counts.get((each.chain_id, state), 0) for state in STATES})
    except UndertowError as error:
        parts.tell(error)


def _chain(reader: Reader, told: Anchoring, counts: dict[str, int]) -> None:
    said = ", ".join(f"{count:,} {STATES[state]}" for state, count in counts.items())
    ago = wording.ago(time.time() - told.checked_at)
    where = f"{told.contract} on chain {told.anchor_chain}, looked at {ago}"
    parts.section(f"Chain {told.chain_id}", f"{said}: {where}")
    if told.trouble:
        parts.notice(f"It does not get on: {wording.cut(told.trouble, 300)}")
    rows = [_row(each) for each in stretches(reader, told.chain_id, SHOWN)]
    tables.table(f"anchors_{told.chain_id}", COLUMNS, rows, "Nothing is planned yet.")
    parts.remark(f"The newest {SHOWN} stretches; `undertow anchor prove` shows what one says of an alert.")


def _row(row: StretchRow) -> list[tables.Cell]:
    return [
        tables.cell(f"{row.first} – {row.last}"),
        tables.cell(STATES.get(row.state, row.state)),
        tables.number(row.leaves),
        tables.cell(row.root),
        tables.cell(row.run),
        tables.number(row.audited),
        tables.cell(row.transaction),
        tables.number(row.mined_block),
    ]
