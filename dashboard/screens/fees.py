"""Fees: when to send, what gas and blobs will cost, how full blocks will be, and how forecasts have held."""

from __future__ import annotations

import streamlit as st

from dashboard import wording
from dashboard.filing import fees as when
from dashboard.screens import charts, inputs, parts, tables
from dashboard.screens.tables import Column
from dashboard.store import Reader, whole
from dashboard.store.fee_filing import KEPT_BLOCKS, KEPT_FORECASTS
from dashboard.store.fees import last_forecasts, newest_fees
from detectors.runs.forecasts.blocks import BlockFees
from detectors.runs.forecasts.values import LEVELS, Forecast
from ingest.model.errors import UndertowError

REFRESH_S = 5.0
DRAWN = 200
"""Blocks before the forecast that are drawn beside it."""
DEADLINES = {"50 blocks": 50, "10 blocks": 10, "300 blocks": 300}
NOTHING = (
    "No forecast is filed: `undertow sink` makes one with each block, unless its budget leaves them out "
    "(see Health)."
)
AHEAD = (
    Column("Blocks ahead", "number"), Column("About", "short"), Column("Base fee, gwei", "number"),
    Column("50 of 100"), Column("90 of 100"), Column("Cheaper than next", "number"),
    Column("Blob fee, wei", "number"), Column("90 of 100"), Column("Gas used / limit", "number"),
)  # fmt: skip
HELD = (
    Column("Blocks ahead", "number"), Column("Forecasts", "number"), Column("Within 50 of 100", "number"),
    Column("Within 90 of 100", "number"), Column("Mean error", "number"),
    Column("Error of the last value", "number"),
)  # fmt: skip


def show() -> None:
    """Draws the screen. What the store cannot answer is said in its place."""
    parts.heading("Fees", "when to send, from the blocks that the store keeps")
    try:
        _live(parts.store())
    except UndertowError as error:
        parts.tell(error)


@st.fragment(run_every=REFRESH_S)
def _live(reader: Reader) -> None:
    try:
        deadline = DEADLINES[inputs.view("deadline", tuple(DEADLINES))]
        chains = [chain for head in reader.heads() if (chain := whole(head.chain_id)) is not None]
        made = {chain: last_forecasts(reader, chain, KEPT_FORECASTS) for chain in chains}
        if not any(made.values()):
            parts.notice(NOTHING)
        for chain, forecasts in made.items():
            if forecasts:
                _chain(reader, chain, forecasts, deadline)
    except UndertowError as error:
        parts.tell(error)


def _chain(reader: Reader, chain: int, forecasts: list[Forecast], deadline: int) -> None:
    """Of forecasts, the newest first."""
    found = forecasts[0]
    parts.section(f"Chain {chain}", f"within {deadline} blocks")
    parts.notice(when.sentence(found, deadline))
    blocks = newest_fees(reader, chain, KEPT_FORECASTS + max(when.HELD_AT))
    if blocks and blocks[-1].number > found.number:
        behind = blocks[-1].number - found.number
        parts.remark(f"The forecast is {behind} blocks old: newer ones were left out, or are on their way.")
    for line in when.told(found):
        parts.remark(line)
    rows = [[tables.cell(cell) for cell in row] for row in when.rows(found, deadline)]
    tables.table(f"fees_{chain}", AHEAD, rows, "Nothing can be forecast of these blocks.")
    _picture(chain, found, [block for block in blocks if block.number <= found.number][-DRAWN:])
    _held(chain, forecasts, blocks)
    parts.remark(
        f"Kept of a chain are the fees of its newest {KEPT_BLOCKS:,} blocks and its last {KEPT_FORECASTS} "
        "forecasts. Whoever sends pays a tip on top of the base fee."
    )


def _picture(chain: int, found: Forecast, blocks: list[BlockFees]) -> None:
    """What was, and the middle and the ends of 90 of 100 of what will be."""
    if not found.base_fee or not blocks:
        return
    stages = [wording.number(block.number) for block in blocks]
    stages += [f"+{point.blocks}" for point in found.base_fee]
    nothing: list[float | None] = [None] * len(blocks)
    series: dict[str, list[float | None]] = {
        "base fee, gwei": [None if b.base_fee is None else b.base_fee / when.GWEI for b in blocks]
    }
    for edge, name in ((0, "lowest of 90"), (len(LEVELS) // 2, "forecast"), (-1, "highest of 90")):
        series[name] = nothing + [point.quantiles[edge] / when.GWEI for point in found.base_fee]
    charts.lines(f"fees_course_{chain}", stages, series, "base fee of the last blocks and the next", None)


def _held(chain: int, forecasts: list[Forecast], blocks: list[BlockFees]) -> None:
    fared = when.held(forecasts, blocks)
    if fared:
        parts.section(
            "How the last forecasts held", "each against the block that came, made before it was known"
        )
        tables.table(f"fees_held_{chain}", HELD, [held_row(each) for each in fared], "")


def held_row(each: when.Held) -> list[tables.Cell]:
    shares = (each.within_50 / each.count, each.within_90 / each.count, each.error, each.last_value_error)
    return [
        tables.number(each.blocks),
        tables.number(each.count),
        *(tables.cell(f"{100 * share:.3g} %") for share in shares),
    ]
