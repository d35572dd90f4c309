"""Follows money from a wallet or a transaction, forward or backward: as a Sankey, as a graph, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import streamlit as st

from dashboard import wording
from dashboard.screens import charts, drawings, inputs, parts, routes, tables
from dashboard.screens.tables import Column
from dashboard.store import Reader
from dashboard.transfers import selection
from dashboard.transfers.door import Transfers
from dashboard.transfers.follow import MOST_HOPS, Trail, Wanted, follow
from dashboard.transfers.values import Token, native
from ingest.model.errors import UndertowError

WAYS = ("forward", "backward")
PAGE = 50
MOST_ASSETS = 6
WANTED = (
    "Give a wallet (0x and 40 hex digits) or a transaction (64): where its money went, or where it came "
    "from, payment by payment. Any transaction on another screen leads here."
)
NOT_HERE = (
    "With these filters none is known: widen them, look the other way, or look whether it is whole and of "
    "this chain. Transfers that no alert tells of are known from a lake only."
)
CAUTION = (
    "A payment leads on if it comes after the money arrived. What a wallet had anyway cannot be told from "
    "it: this is where money may have gone, no proof that it did."
)


def show() -> None:
    """Draws the screen. What cannot be answered is said in its place."""
    try:
        reader, transfers = parts.store(), parts.transfers()
        wanted = _wanted(reader, transfers)
        if wanted is None:
            parts.remark(WANTED)
            return
        _draw(reader, transfers, wanted)
    except UndertowError as error:
        parts.tell(error)


def _wanted(reader: Reader, transfers: Transfers) -> Wanted | None:
    """What the address asks for; None where it names nothing that can be followed."""
    parts.heading("Flows of money")
    one, two, three, four = st.columns([5, 2, 2, 2], vertical_alignment="bottom")
    with one:
        start = inputs.lower(inputs.text("From a wallet or a transaction", "from", "0x…", ("asset",)))
    with two:
        way = inputs.choice("Which way", "way", WAYS)
    with three:
        hops = inputs.choice("Payments", "hops", ("3", *(str(n) for n in range(1, MOST_HOPS + 1) if n != 3)))
    with four:
        chain_id = inputs.chain(reader, transfers)
    one, two, three, four = st.columns([5, 2, 2, 2], vertical_alignment="bottom")
    with one:
        token = inputs.lower(
            inputs.text("Only this token (its address, or `native`)", "token", "all", ("asset",))
        )
    with two:
        least = inputs.text("At least (in tokens)", "least", "0")
    with three:
        first = inputs.text("From block", "first", "any")
    with four:
        last = inputs.text("To block", "last", "any")
    if chain_id is None or not (inputs.is_address(start) or inputs.is_hash(start)):
        parts.notice(f"{wording.cut(start, 80)} is neither a wallet nor a transaction." if start else "")
        return None
    wanted = Wanted(chain_id, start, "backward" if way == WAYS[1] else "forward", int(hops))
    return _filtered(transfers, wanted, token, least, (first, last))


def _filtered(
    transfers: Transfers, wanted: Wanted, token: str, least: str, blocks: tuple[str, str]
) -> Wanted:
    """With the filters that can be read; of the others a line is said."""
    native_only = token == "native"
    chosen = token if inputs.is_address(token) else None
    if token and not native_only and chosen is None:
        parts.notice(f"{wording.cut(token, 80)} is no token: give its address, or the word native.")
    units = 0
    if least and least != "0":
        units = _units(transfers, wanted.chain_id, chosen, native_only, least)
    for text in blocks:
        if text and inputs.whole(text) is None:
            parts.notice(f"{wording.cut(text, 40)} is no block number.")
    return Wanted(
        wanted.chain_id,
        wanted.start,
        wanted.way,
        wanted.hops,
        chosen,
        native_only,
        units,
        *(inputs.whole(text) for text in blocks),
    )


def _units(transfers: Transfers, chain_id: int, token: str | None, native_only: bool, least: str) -> int:
    """An amount of tokens in units, exact; 0, with a line, where it cannot be told."""
    if token is None and not native_only:
        parts.notice("An amount counts for one asset: give its address, or the word native, as the token.")
        return 0
    told = native(chain_id) if token is None else transfers.named(chain_id, [token])[token]
    units = in_units(least, told.decimals)
    if units is None:
        parts.notice(f"{wording.cut(least, 40)} is no amount of {told.symbol}.")
    return units or 0


def in_units(least: str, decimals: int | None) -> int | None:
    """`1,000.5` tokens in units, rounded up; None for what is no amount."""
    plain = least.replace(",", "").strip()
    if not plain.isascii() or len(plain) > 40:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount < 0 or amount.adjusted() > 78:
        return None
    _, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int)
    number, places = int("".join(map(str, digits))), exponent + (decimals or 0)
    units: int = number * 10 ** max(places, 0)
    return units if places >= 0 else -(-number // 10 ** abs(places))


def _draw(reader: Reader, transfers: Transfers, wanted: Wanted) -> None:
    revision = reader.revision()
    trail = follow(drawings.finder(transfers, revision), wanted)
    tokens = transfers.tokens(wanted.chain_id, trail.moves)
    parts.remark(f"{CAUTION} {transfers.note(wanted.chain_id)}")
    parts.left_out(trail.left_out)
    _facts(wanted, trail)
    if not trail.moves:
        parts.nothing(reader, f"No payment leads on from {wording.short(wanted.start)}", NOT_HERE)
        return
    chosen = _asset(wanted, trail, tokens)
    _sankey(wanted, trail, tokens, chosen)
    parts.section("The same as a graph", "every asset; wallets with the same part are drawn as one")
    evidence = selection.evidence(trail.moves, tokens)
    key = f"trail_{wanted.chain_id}_{wanted.start}_{wanted.way}"
    drawings.laid_out(key, evidence, _roles(wanted, trail), wanted.chain_id)
    _table(transfers, wanted, trail, tokens)


def _facts(wanted: Wanted, trail: Trail) -> None:
    hops = trail.hops or {}
    ends = sorted({name for row in trail.moves for name in (row.payer, row.payee)}) if trail.moves else []
    parts.facts(
        [
            ("Payments", f"{len(trail.moves):,}"),
            ("Wallets", f"{len(ends):,}"),
            ("Longest way", f"{max(hops.values(), default=0)} payments"),
            ("Not followed further", f"{len(trail.busy):,} busy wallets"),
        ]
    )


def _roles(wanted: Wanted, trail: Trail) -> dict[str, str]:
    busy = dict.fromkeys(trail.busy, "busy, not followed")
    return {**busy, wanted.start: "start"}


def _asset(wanted: Wanted, trail: Trail, tokens: Mapping[str, Token]) -> str | None:
    """Which asset the Sankey shows: the one that the address names, else the one that moved most often."""
    moved = selection.assets(trail.moves)
    asked = routes.value("asset")
    chosen = next((each for each in moved if (each or "native") == asked), moved[0])
    if len(moved) > 1:
        columns = (Column("Asset of the Sankey", "short"), Column("Transfers", "number"))
        rows = []
        for each in moved[:MOST_ASSETS]:
            told = drawings.asset(wanted.chain_id, each, tokens)
            count = sum(row.token == each for row in trail.moves)
            mark = " (shown)" if each == chosen else ""
            named = tables.cell(
                f"{told.symbol}{mark}", routes.here(asset=each or "native"), told.address or ""
            )
            rows.append([named, tables.number(count)])
        tables.table("sankey_assets", columns, rows, "")
    return chosen


def _sankey(wanted: Wanted, trail: Trail, tokens: Mapping[str, Token], token: str | None) -> None:
    told = drawings.asset(wanted.chain_id, token, tokens)
    drawn = selection.sankey(trail.moves, token)
    parts.section(f"Flow of {told.symbol}", "wallet to wallet, summed")
    if not drawn.links:
        parts.remark("Nothing of it was paid to somebody else.")
        return
    charts.sankey(f"sankey_{wanted.chain_id}_{wanted.start}", drawn, token=told, alt=f"flow of {told.symbol}")
    if drawn.back:
        parts.remark(f"{drawn.back} payments lead back in a circle: they are in the graph and the table.")
    if drawn.small:
        parts.remark(f"The smallest {drawn.small} are left out: they are in the table.")


def _table(transfers: Transfers, wanted: Wanted, trail: Trail, tokens: dict[str, Token]) -> None:
    parts.section("Payments", "in the order in which they were reached")
    number = inputs.page(len(trail.moves), PAGE)
    some = trail.moves[(number - 1) * PAGE : number * PAGE]
    tables.table("trail", tables.MOVES, [tables.move(row, tokens) for row in some], "")
    drawings.files(transfers, wanted.chain_id, trail.moves, "flow")
