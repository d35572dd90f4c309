"""What a token trades for, and what its pools hold, over time."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import wording
from dashboard.screens import charts, parts, routes, tables
from dashboard.screens.tables import Column
from dashboard.transfers.door import Transfers
from dashboard.transfers.pools import Market, in_tokens, thinned
from dashboard.transfers.values import Found, Token

MOST_POINTS = 240
COLUMNS = (
    Column("Pool", "mono"), Column("Against", "short"), Column("Kind", "short"), Column("Trades", "number"),
    Column("Price now", "number"), Column("Holds of it", "number"), Column("Holds of the other", "number"),
    Column("Last change in block", "number"), Column("Page", "short"),
)  # fmt: skip
NONE_KNOWN = (
    "None of those who moved this token most told of a swap, so no price is known. Pools are looked for "
    "among them in the shapes of Uniswap V2 and V3."
)
NO_LAKE = (
    "Prices are read from the logs of a lake: start `undertow dashboard --lake DIR` with one of this chain."
)
WORDS = "what pools say of themselves, newest events of the lake; a made-up pool says what its maker wants"


def show(transfers: Transfers, chain_id: int, token: Token, found: Found) -> None:
    if not transfers.has_lake(chain_id):
        parts.remark(NO_LAKE)
        return
    known = transfers.markets(chain_id, str(token.address), found.transfers)
    parts.section("Pools", WORDS)
    chosen = _chosen(known)
    rows = [_row(chain_id, token, each, each is chosen) for each in known]
    tables.table("pools", COLUMNS, rows, NONE_KNOWN, "pools of the token")
    if chosen is not None:
        _charts(token, chosen)


def _chosen(known: Sequence[Market]) -> Market | None:
    """The pool that the address names, else the busiest."""
    asked = routes.value("pool")
    return next((each for each in known if each.pool == asked), next(iter(known), None))


def _row(chain_id: int, token: Token, market: Market, shown: bool) -> list[tables.Cell]:
    last = market.course[-1] if market.course else None
    mark = " (shown)" if shown else ""
    price = None if last is None else in_tokens(last.price, token, market.other)
    return [
        tables.cell(f"{wording.short(market.pool)}{mark}", routes.here(pool=market.pool), market.pool),
        tables.token(chain_id, market.other),
        tables.cell(market.protocol),
        tables.number(market.swaps),
        tables.cell(figures(price)),
        _held(None if last is None else last.held, token),
        _held(None if last is None else last.other_held, market.other),
        tables.cell("") if last is None else tables.number(last.block_number),
        tables.cell("wallet", routes.link("wallet", chain_id, market.pool), market.pool),
    ]


def _held(units: int | None, token: Token) -> tables.Cell:
    return tables.cell("not told") if units is None else tables.amount(units, token)


def figures(price: float | None) -> str:
    """Six figures, so that a small price does not become nothing."""
    return "not told" if price is None else f"{price:.6g}"


def _charts(token: Token, market: Market) -> None:
    course = thinned(market.course, MOST_POINTS)
    stages = [wording.utc(each.timestamp)[:16] for each in course]
    parts.section(
        f"Price of {token.symbol}", f"in {market.other.symbol}, in the pool {wording.short(market.pool)}"
    )
    price = [in_tokens(each.price, token, market.other) for each in course]
    charts.lines(f"price_{market.pool}", stages, {"price": price}, f"price of {token.symbol}", None)
    parts.section("Liquidity", "what the pool holds")
    if not any(each.held is not None for each in course):
        parts.remark("A pool of the third version does not tell what it holds with each trade.")
        return
    left, right = st.columns(2, gap="medium")
    for column, each, held in (
        (left, token, [step.held for step in course]),
        (right, market.other, [step.other_held for step in course]),
    ):
        with column:
            sums = [None if units is None else units / 10 ** (each.decimals or 0) for units in held]
            key = f"held_{market.pool}_{each.address}"
            charts.lines(key, stages, {each.symbol: sums}, f"{each.symbol} held over time", None)
