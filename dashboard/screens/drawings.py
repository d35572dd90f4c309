"""Pictures and files of transfers that several screens share: the graph of who paid whom, CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, get_args

import streamlit as st

from dashboard import wording
from dashboard.flow import Flow, drawing
from dashboard.screens import parts, pictures, routes, tables
from dashboard.store import Reader
from dashboard.store.subjects import Score
from dashboard.transfers import network, selection
from dashboard.transfers.door import Transfers
from dashboard.transfers.values import Asked, Token, Transfer, native, unknown
from detectors.alerts.alert import Evidence, RoleName

LONGEST = 140
"""Characters of an identifier: hashes have 66."""
LABEL_BASE = 4
"""Pixels from the middle of a label's line to where its letters stand."""
ROLES = get_args(RoleName)
ALIKE = "wallets with the same part in the flow"
MOST_NODES = 28
FRESH_BLOCKS = 50
"""Blocks below the head whose scores count as those of now."""
MOST_HIGHEST = 12
_FLOW = parts.component("flow")
_SPANS = (
    (60, "minute"), (600, "ten minutes"), (3_600, "hour"), (21_600, "six hours"), (86_400, "day"),
    (7 * 86_400, "week"), (30 * 86_400, "30 days"), (365 * 86_400, "365 days"),
)  # fmt: skip


def flow(
    key: str, drawn: Flow, chain_id: int, roles: bool = True, on_asked: Callable[[object], None] | None = None
) -> None:
    """Draws a flow; a double click on a wallet opens its page. `on_asked` is told what the browser asks for,
    before the next drawing: what was picked, whose payments to add, what to undo. Without it none are added.
    """

    def asked() -> None:
        wish = st.session_state[key].asked
        if on_asked is not None and wish is not None:
            on_asked(wish)

    data = flow_data(drawn, roles) | {"grows": on_asked is not None}
    opened = _FLOW(key=key, data=data, on_opened_change=lambda: None, on_asked_change=asked).opened
    if opened:
        routes.follow(routes.link("wallet", chain_id, opened))


def laid_out(key: str, evidence: Sequence[Evidence], roles: Mapping[str, str], chain_id: int) -> None:
    """Draws transfers by the parts that some wallets have, where the server's budget allows it."""
    drawn = pictures.laid_out(key, lambda: drawing(evidence, roles, MOST_NODES))
    if drawn is not None:
        flow(key, drawn, chain_id, roles=False)


def flow_data(drawn: Flow, roles: bool = True) -> dict[str, Any]:
    """A flow as `flow.js` draws it."""
    nodes = [
        {
            "id": node.id,
            "label": wording.short(node.id) if node.count == 1 else f"{node.count} wallets",
            "full": wording.cut(node.id, LONGEST) if node.count == 1 else ALIKE,
            "role": wording.cut(node.role, 24) if roles or node.role != "other" else "",
            "tone": parts.tone(node.role, ROLES),
            "alone": node.count == 1,
            "x": node.x,
            "y": node.y,
        }
        for node in drawn.nodes
    ]
    edges = [
        {
            "source": edge.source,
            "target": edge.target,
            "label": edge.label,
            "detail": edge.detail,
            "path": edge.path,
            "x": edge.box.x,
            "y": edge.box.y + LABEL_BASE,
            "room": edge.box.width,
        }
        for edge in drawn.edges
    ]
    return {"nodes": nodes, "edges": edges}


def highest(reader: Reader, chain_id: int) -> list[Score]:
    """The highest scores of the newest blocks of a chain."""
    head = next((each for each in reader.heads() if each.chain_id == chain_id), None)
    if head is None or head.fault() is not None:
        return []
    first = head.block_number - FRESH_BLOCKS + 1
    scores: list[Score] = parts.answer(
        reader, reader.revision(), "subjects.highest", chain_id, first, MOST_HIGHEST
    )
    return scores


def finder(transfers: Transfers, revision: int) -> network.Find:
    """What follows and graphs ask with: an answer that was given is remembered."""
    return partial(parts.found, transfers, revision)


def network_of(
    transfers: Transfers, revision: int, chain_id: int, address: str, around: network.Network
) -> None:
    """The wallets around one: who pays stands left, who is paid right."""
    wallets = tuple(sorted(around.graph))
    found = parts.found(transfers, revision, Asked(chain_id, wallets, most=network.ROWS_OF_A_HOP))
    moves = [row for row in found.transfers if around.graph.has_edge(row.payer, row.payee)]
    if not moves:
        parts.remark("No transfer of it is known.")
        return
    parts.section("Who paid whom", f"{len(wallets):,} wallets; those with the same part are drawn as one")
    evidence = selection.evidence(moves, transfers.tokens(chain_id, moves))
    laid_out(f"around_{chain_id}_{address}", evidence, {address: "this wallet"}, chain_id)


def ways(
    transfers: Transfers, revision: int, chain_id: int, found: Sequence[Sequence[str]], key: str
) -> None:
    """The payments along some ways, as a graph."""
    steps = {(payer, payee) for way in found for payer, payee in pairwise(way)}
    wallets = tuple(sorted({name for step in steps for name in step}))
    if not wallets:
        return
    told = parts.found(transfers, revision, Asked(chain_id, wallets, most=network.ROWS_OF_A_HOP))
    moves = [row for row in told.transfers if (row.payer, row.payee) in steps]
    evidence = selection.evidence(moves, transfers.tokens(chain_id, moves))
    laid_out(f"ways_graph_{chain_id}_{key}", evidence, {}, chain_id)


def files(transfers: Transfers, chain_id: int, moves: Sequence[Transfer], name: str) -> None:
    """The selection that is shown, whole, as CSV and as JSON lines; made when somebody asks for it."""
    if not moves:
        return
    left, right, _ = st.columns([1, 1, 4])
    with left:
        made = partial(_csv, transfers, chain_id, moves)
        st.download_button("Transfers as CSV", made, f"{name}.csv", "text/csv")
    with right:
        made = partial(_json, transfers, chain_id, moves)
        st.download_button("Transfers as JSON", made, f"{name}.jsonl", "application/jsonl")


def _csv(transfers: Transfers, chain_id: int, moves: Sequence[Transfer]) -> str:
    return selection.as_csv(moves, transfers.tokens(chain_id, moves))


def _json(transfers: Transfers, chain_id: int, moves: Sequence[Transfer]) -> str:
    return selection.as_json(moves, transfers.tokens(chain_id, moves))


def asset(chain_id: int, token: str | None, tokens: Mapping[str, Token]) -> Token:
    return native(chain_id) if token is None else tokens.get(token) or unknown(token)


def sum_cell(units: int, told: Token, more: str) -> tables.Cell:
    """`1.5 ETH +2 assets`."""
    shown = f"{wording.rounded(units, told.decimals)} {wording.cut(told.symbol, 10)}" if units else "0"
    exact = f"{wording.amount(units, told.decimals)} {told.symbol}"
    return tables.cell(shown + more, full=exact)


def length(span: int) -> str:
    return next((words for seconds, words in _SPANS if seconds == span), f"{span:,} s")
