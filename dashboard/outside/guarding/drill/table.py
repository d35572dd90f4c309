"""The drill's figures as a person reads them, and as the README keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.outside.guarding.drill.course import Drill, Price, Row
from dashboard.outside.guarding.drill.private_chain import COIN, HELD

_HEAD = ("run", "strikes", "lost", "% of it", "blocks to the pause", "blocks paused", "honest ones refused")


def text(drill: Drill) -> str:
    """The table as Markdown, and the cheapest forced pause."""
    lines = [_line(_HEAD), _line(["---"] * len(_HEAD)), *(_line(_cells(row)) for row in drill.rows)]
    lines += ["", _priced(drill.price)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Row) -> tuple[str, ...]:
    until = "never" if row.until_pause is None else str(row.until_pause)
    strikes = f"{row.struck} of {row.strikes}"
    lost = f"{row.lost / COIN:,.0f}"
    return (row.name, strikes, lost, f"{100 * row.lost / HELD:.1f}", until, str(row.paused), str(row.refused))


def _priced(price: Price | None) -> str:
    if price is None:
        return "No raid of those that were tried forced a pause."
    return (
        f"The cheapest forced pause was raid {price.tries} of ever larger ones: {price.stake} token units "
        f"put in (and paid back twice), {price.gas:,} gas, {price.wei / COIN:.6f} of the coin in fees."
    )
