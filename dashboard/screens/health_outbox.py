"""The outbox on the screen Health: what waits to be told, and what nobody could be told."""

from __future__ import annotations

import time

from dashboard import wording
from dashboard.screens import parts, tables
from dashboard.screens.tables import Column
from dashboard.store import Reader
from dashboard.store.outbox_reading import DeadLetter, dead_letters, outbox_counts

COLUMNS = (
    Column("Channel", "short"), Column("Message", "short"), Column("Alert"), Column("Given up", "short"),
    Column("Tries", "number"), Column("Why"),
)  # fmt: skip
EVERYTHING_TOLD = "Nothing was given up."


def show(reader: Reader) -> None:
    """Draws the section; nothing where no message was ever planned."""
    counts = {state: count for state, count in outbox_counts(reader).items() if count}
    if not counts:
        return
    told = ", ".join(f"{count:,} {state}" for state, count in counts.items())
    parts.section("Messages to people", f"{told}: `undertow notify` sends them")
    tables.table("dead_letters", COLUMNS, [_row(each) for each in dead_letters(reader)], EVERYTHING_TOLD)


def _row(dead: DeadLetter) -> list[tables.Cell]:
    return [
        tables.cell(dead.channel),
        tables.cell(dead.kind),
        tables.cell(dead.alert_id),
        tables.cell(_ago(dead.done_at)),
        tables.number(dead.attempts),
        tables.cell(dead.reason),
    ]


def _ago(at: object) -> str:
    return wording.ago(time.time() - at if isinstance(at, int | float) else None)
