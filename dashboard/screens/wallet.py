"""One wallet: who it is, what came in and went out, its alerts and scores, and who is around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import wording
from dashboard.screens import charts, drawings, inputs, parts, tables, wallet_graph, watching
from dashboard.screens.tables import Column
from dashboard.store import AlertRow, Reader
from dashboard.store.subjects import MOST_SCORES, Score
from dashboard.transfers.door import Transfers
from dashboard.transfers.summary import by_asset, counterparties, in_and_out, span_of, token_of
from dashboard.transfers.values import Asked, Found, Label
from ingest.model.errors import UndertowError

VIEWS = ("Summary", "Around it", "Paths", "Transfers")
PAGE = 50
MOST_SHOWN = 25
NOT_HERE = (
    "No transfer, alert or score names it in what is read here. Look whether the address is whole, and of "
    "this chain; a wallet that nothing suspicious touched is known from a lake only."
)
WANTED = (
    "Give the address of a wallet or contract, 0x and 40 hex digits; any address on another screen leads "
    "here."
)


def show() -> None:
    """Draws the screen. What cannot be answered is said in its place."""
    try:
        reader, transfers = parts.store(), parts.transfers()
        chain_id, address = _chosen(reader, transfers)
        if chain_id is None or not inputs.is_address(address):
            parts.notice("" if not address else f"{wording.cut(address, 80)} is no address.")
            parts.remark(WANTED)
            watching.everything(reader)
            _suggest(reader, chain_id)
            return
        _draw(reader, transfers, chain_id, address)
    except UndertowError as error:
        parts.tell(error)


def _chosen(reader: Reader, transfers: Transfers) -> tuple[int | None, str]:
    title, field, choice = st.columns([2, 5, 2], vertical_alignment="bottom")
    with title:
        parts.heading("Wallet")
    with field:
        address = inputs.lower(inputs.text("Address", "address", "0x…", ("view", "to")))
    with choice:
        return inputs.chain(reader, transfers), address


def _suggest(reader: Reader, chain_id: int | None) -> None:
    """Wallets that are worth a look now, where none is asked for."""
    if chain_id is None:
        parts.remark("The store is empty: `undertow sink` fills it.")
        return
    parts.section("Wallets with the highest scores now")
    tables.scores("suggested", drawings.highest(reader, chain_id))


def _draw(reader: Reader, transfers: Transfers, chain_id: int, address: str) -> None:
    revision = reader.revision()
    st.code(address, language=None)
    watching.show(reader, chain_id, address)
    parts.remark(transfers.note(chain_id))
    found = parts.found(transfers, revision, Asked(chain_id, (address,)))
    alerts = parts.answer(reader, revision, "subjects.alerts_of", chain_id, address)
    _identity(transfers, revision, chain_id, address, found, alerts)
    if (
        not found.transfers
        and not alerts
        and not parts.answer(reader, revision, "subjects.scores_of", chain_id, address)
    ):
        parts.nothing(reader, f"Nothing is known of {wording.short(address)} on chain {chain_id}", NOT_HERE)
        return
    chosen = inputs.view("view", VIEWS)
    if chosen == "Summary":
        _summary(reader, transfers, revision, chain_id, address, found, alerts)
    elif chosen == "Around it":
        wallet_graph.around(transfers, revision, chain_id, address)
    elif chosen == "Paths":
        wallet_graph.paths(transfers, revision, chain_id, address)
    else:
        _transfers(transfers, found, chain_id)


def _identity(
    transfers: Transfers,
    revision: int,
    chain_id: int,
    address: str,
    found: Found,
    alerts: Sequence[tuple[str, AlertRow]],
) -> None:
    first = parts.found(transfers, revision, Asked(chain_id, (address,), order="oldest", most=1))
    funded = parts.found(transfers, revision, Asked(chain_id, (address,), "in", order="oldest", most=1))
    labels = transfers.labels(chain_id, address)
    contract = transfers.contract(chain_id, address)
    named: list[tuple[str, str]] = []
    for row in first.transfers[:1]:
        when = "" if row.timestamp is None else f", {wording.utc(row.timestamp)}"
        named.append(("First seen", f"block {row.block_number:,}{when}"))
    if contract is not None:
        named.append(("Contract since", f"block {contract.block_number:,}"))
    standing = [label for label in labels if label.listed]
    named += [
        ("Transfers read", f"{len(found.transfers):,}"),
        ("Alerts that name it", f"{len(alerts):,}"),
        ("On lists now", f"{len(standing):,}"),
    ]
    parts.facts(named)
    rows = []
    for row in funded.transfers[:1]:
        told = token_of(row, transfers.tokens(chain_id, [row]))
        rows.append([tables.cell("First paid by"), tables.wallet(chain_id, row.payer),
                     tables.cell(f"{wording.rounded(row.amount, told.decimals)} {told.symbol} in block "
                                 f"{row.block_number:,}")])  # fmt: skip
    if contract is not None and contract.creator is not None:
        code = wording.short(contract.code_hash)
        rows.append([tables.cell("Created by"), tables.wallet(chain_id, contract.creator),
                     tables.cell(f"code {code}" if code else "")])  # fmt: skip
    if rows:
        tables.table(
            "origin", (Column("Origin", "short"), Column("Address", "mono"), Column("What")), rows, ""
        )
    if labels:
        _labels(labels)


def _labels(labels: Sequence[Label]) -> None:
    parts.section("Labels", "what lists say of it, as the lake holds them")
    columns = (Column("List"), Column("Calls it"), Column("Source"), Column("Of (UTC)", "number"),
               Column("From block", "number"), Column("Says"))  # fmt: skip
    rows = [
        [
            tables.cell(label.kind),
            tables.cell(label.tag),
            tables.cell(label.source),
            tables.cell("" if label.date is None else wording.utc(label.date)),
            tables.number(label.block_number),
            tables.cell("listed" if label.listed else "taken off"),
        ]
        for label in labels
    ]
    tables.table("labels", columns, rows, "")


def _summary(
    reader: Reader,
    transfers: Transfers,
    revision: int,
    chain_id: int,
    address: str,
    found: Found,
    alerts: Sequence[tuple[str, AlertRow]],
) -> None:
    parts.left_out(found.left_out)
    _scores(parts.answer(reader, revision, "subjects.scores_of", chain_id, address))
    _activity(found, address)
    tokens = transfers.tokens(chain_id, found.transfers)
    left, right = st.columns(2, gap="medium")
    with left:
        _assets(found, tokens, chain_id, address)
    with right:
        _counterparties(found, tokens, chain_id, address)
    parts.section("Alerts that name it", "by its part in them")
    rows = [
        [tables.cell(role, tone=parts.tone(role, tables.ROLE_TONES)), *tables.alert(row)]
        for role, row in alerts
    ]
    tables.table("alerts", (Column("Part", "short"), *tables.ALERTS), rows, "No alert names this address.")


def _scores(scores: Sequence[Score]) -> None:
    parts.section("Score over time", "by detector; only blocks in which it was scored")
    if not scores:
        parts.remark("It was never among the highest scores of a block.")
        return
    names = sorted({name for each in scores for name in each.parts})[:8]
    series: dict[str, list[float | None]] = {"score": [each.score for each in scores]}
    series |= {wording.title(name): [each.parts.get(name) for each in scores] for name in names}
    stages = [f"{each.block_number:,}" for each in scores]
    charts.lines("score_over_time", stages, series, "score by block", 1.0)
    if len(scores) >= MOST_SCORES:
        parts.remark(f"Only the newest {MOST_SCORES} scores are drawn.")


def _activity(found: Found, address: str) -> None:
    times = [row.timestamp for row in found.transfers if row.timestamp is not None]
    if not times:
        return
    span = span_of(times)
    counted = in_and_out(found.transfers, address, span)
    parts.section("Activity", f"transfers in each {drawings.length(span)}")
    series = {"in": [pair[0] for pair in counted.values()], "out": [pair[1] for pair in counted.values()]}
    charts.stacked("activity", [wording.utc(at)[:16] for at in counted], series, {}, "transfers over time")


def _assets(found: Found, tokens: dict[str, Any], chain_id: int, address: str) -> None:
    parts.section("In and out by asset")
    columns = (Column("Asset", "short"), Column("In", "number"), Column("Out", "number"),
               Column("Transfers", "number"))  # fmt: skip
    rows = []
    for each in by_asset(found.transfers, address)[:MOST_SHOWN]:
        told = drawings.asset(chain_id, each.token, tokens)
        rows.append([tables.token(chain_id, told), tables.amount(each.came_in, told),
                     tables.amount(each.went_out, told), tables.number(each.count)])  # fmt: skip
    tables.table("assets", columns, rows, "No transfer of it is known.")


def _counterparties(found: Found, tokens: dict[str, Any], chain_id: int, address: str) -> None:
    others = counterparties(found.transfers, address)
    parts.section("Counterparties", f"{len(others):,}, those with most of the chain's own coin first")
    columns = (Column("Address", "mono"), Column("In", "number"), Column("Out", "number"),
               Column("Transfers", "number"), Column("Blocks", "number"))  # fmt: skip
    rows = []
    for each in others[:MOST_SHOWN]:
        main = each.moved[0]
        told = drawings.asset(chain_id, main.token, tokens)
        more = f" +{len(each.moved) - 1} assets" if len(each.moved) > 1 else ""
        rows.append([
            tables.wallet(chain_id, each.address),
            drawings.sum_cell(main.came_in, told, ""),
            drawings.sum_cell(main.went_out, told, more),
            tables.number(each.count),
            tables.cell(f"{each.first_block:,}–{each.last_block:,}"),
        ])  # fmt: skip
    tables.table("counterparties", columns, rows, "No counterparty is known.")


def _transfers(transfers: Transfers, found: Found, chain_id: int) -> None:
    parts.left_out(found.left_out)
    number = inputs.page(len(found.transfers), PAGE)
    rows = found.transfers[(number - 1) * PAGE : number * PAGE]
    tokens = transfers.tokens(chain_id, rows)
    tables.table(
        "transfers", tables.MOVES, [tables.move(row, tokens) for row in rows], "No transfer of it is known."
    )
    drawings.files(transfers, chain_id, found.transfers, "wallet")
