"""One token: what it calls itself, who calls itself the same, what was minted, who holds it, its activity."""

from __future__ import annotations

import streamlit as st

from dashboard import wording
from dashboard.screens import charts, drawings, inputs, parts, tables, token_market, token_risk
from dashboard.screens.tables import Column
from dashboard.store import Reader
from dashboard.transfers.door import Transfers
from dashboard.transfers.summary import holders, span_of, supply
from dashboard.transfers.values import Asked, Found, Token
from ingest.model.errors import UndertowError

VIEWS = ("Summary", "Risk", "Market", "Holders", "Transfers")
PAGE = 50
MOST_ROWS = 20_000
MOST_ALIKE = 25
RAW_SHOWN = 80
NOT_HERE = (
    "No transfer of it, no word of its contract and no alert about it is read here. Look whether the address "
    "is whole, and a token's: the page of a wallet shows any other. All tokens are known from a lake only."
)
WANTED = "Give the address of a token, 0x and 40 hex digits; any token on another screen leads here."


def show() -> None:
    """Draws the screen. What cannot be answered is said in its place."""
    try:
        reader, transfers = parts.store(), parts.transfers()
        title, field, choice = st.columns([2, 5, 2], vertical_alignment="bottom")
        with title:
            parts.heading("Token")
        with field:
            address = inputs.lower(inputs.text("Address", "address", "0x…", ("view", "pool")))
        with choice:
            chain_id = inputs.chain(reader, transfers)
        if chain_id is None or not inputs.is_address(address):
            parts.notice(f"{wording.cut(address, 80)} is no address." if address else "")
            parts.remark(WANTED)
            return
        _draw(reader, transfers, chain_id, address)
    except UndertowError as error:
        parts.tell(error)


def _draw(reader: Reader, transfers: Transfers, chain_id: int, address: str) -> None:
    revision = reader.revision()
    token = transfers.named(chain_id, [address])[address]
    st.code(address, language=None)
    parts.remark(transfers.note(chain_id))
    asked = Asked(chain_id, token=address, order="oldest", most=MOST_ROWS)
    found = parts.found(transfers, revision, asked)
    parts.left_out(found.left_out)
    _identity(transfers, chain_id, token, found)
    alerts = parts.answer(reader, revision, "subjects.alerts_of", chain_id, address)
    if not found.transfers and not alerts and token.block_number is None:
        parts.nothing(reader, f"No token is known at {wording.short(address)} on chain {chain_id}", NOT_HERE)
        return
    chosen = inputs.view("view", VIEWS)
    if chosen == "Summary":
        _alike(transfers, chain_id, token)
        _activity(found)
        parts.section("Alerts that name it")
        rows = [[tables.part(role), *tables.alert(row)] for role, row in alerts]
        empty = "No alert names this token."
        tables.table("alerts", (Column("Part", "short"), *tables.ALERTS), rows, empty)
    elif chosen == "Risk":
        token_risk.show(reader, revision, chain_id, address, [row.id for _, row in alerts])
    elif chosen == "Market":
        token_market.show(transfers, chain_id, token, found)
    elif chosen == "Holders":
        _holders(chain_id, token, found)
    else:
        _transfers(transfers, chain_id, found)


def _identity(transfers: Transfers, chain_id: int, token: Token, found: Found) -> None:
    minted, burnt = supply(found.transfers)
    contract = transfers.contract(chain_id, str(token.address))
    named = [("Symbol", token.symbol), ("Name", token.name or "it has none")]
    named += [("Decimals", "it does not say" if token.decimals is None else str(token.decimals))]
    named += [
        ("Minted in these transfers", f"{wording.rounded(minted, token.decimals)}"),
        ("Burnt", f"{wording.rounded(burnt, token.decimals)}"),
        ("Transfers read", f"{len(found.transfers):,}"),
    ]
    if contract is not None:
        named.append(("Contract since", f"block {contract.block_number:,}"))
    parts.facts(named)
    if contract is not None and contract.creator is not None:
        columns = (Column("Created by", "mono"), Column("Code", "mono"))
        row = [tables.wallet(chain_id, contract.creator), tables.cell(wording.short(contract.code_hash))]
        tables.table("creator", columns, [row], "")


ALIKE = (
    Column("Symbol", "short"), Column("Name"), Column("Address", "mono"), Column("First told in", "number"),
    Column("Decimals", "number"),
)  # fmt: skip


def _alike(transfers: Transfers, chain_id: int, token: Token) -> None:
    parts.section("As its bytes are", "what the contract answers, before it is made safe to show")
    columns = (Column("What", "short"), Column("Bytes", "bytes"), Column("Made safe"))
    rows = [
        [tables.cell(what), tables.cell(raw_of(raw)), tables.cell(safe)]
        for what, raw, safe in (
            ("symbol", token.raw_symbol, token.symbol),
            ("name", token.raw_name, token.name),
        )
    ]
    tables.table("raw", columns, rows, "")
    parts.section("Look-alikes", "other tokens of the lake whose symbol looks the same to a reader")
    others = alike(transfers, chain_id, token)
    listed = [
        [tables.token(chain_id, each), tables.cell(each.name), tables.cell(each.address or ""),
         tables.number(each.block_number), tables.cell("" if each.decimals is None else each.decimals)]
        for each in others[:MOST_ALIKE]
    ]  # fmt: skip
    known = transfers.has_lake(chain_id)
    empty = "No other token looks the same." if known else "Only a lake knows other tokens."
    tables.table("alike", ALIKE, listed, empty)
    if len(others) > MOST_ALIKE:
        parts.notice(f"Only {MOST_ALIKE} of {len(others):,} look-alikes are shown.")


def alike(transfers: Transfers, chain_id: int, token: Token) -> list[Token]:
    """Other tokens that look the same; each once, the oldest word first."""
    found = {each.address: each for each in transfers.alike(chain_id, token.raw_symbol)}
    found.pop(token.address, None)
    return sorted(found.values(), key=lambda each: (each.block_number or 0, each.address or ""))


def raw_of(raw: bytes) -> str:
    """Bytes as hex; long ones are cut."""
    shown = raw[:RAW_SHOWN].hex()
    return f"0x{shown}{'…' if len(raw) > RAW_SHOWN else ''}" if raw else "none"


def _activity(found: Found) -> None:
    times = [row.timestamp for row in found.transfers if row.timestamp is not None]
    if not times:
        parts.remark("No transfer of it is known.")
        return
    span = span_of(times)
    counted: dict[int, int] = {}
    for at in times:
        counted[at - at % span] = counted.get(at - at % span, 0) + 1
    parts.section("Activity", f"transfers in each {drawings.length(span)}")
    stages = sorted(counted)
    series = {"transfers": [counted[at] for at in stages]}
    charts.stacked("activity", [wording.utc(at)[:16] for at in stages], series, {}, "transfers over time")


def _holders(chain_id: int, token: Token, found: Found) -> None:
    held = holders(found.transfers)
    known = sum(each.amount for each in held)
    words = "in less out of the transfers read" + (", which are not all" if found.left_out else "")
    parts.section("Holders", f"{len(held):,}; {words}")
    columns = (Column("Address", "mono"), Column("Holds", "number"), Column("Share", "number"),
               Column("Transfers", "number"))  # fmt: skip
    number = inputs.page(len(held), PAGE)
    rows = [
        [tables.wallet(chain_id, each.address), tables.amount(each.amount, token),
         tables.cell(f"{each.amount / known:.2%}", share=each.amount / known), tables.number(each.count)]
        for each in held[(number - 1) * PAGE : number * PAGE]
    ]  # fmt: skip
    tables.table("holders", columns, rows, "Nobody holds any of it, by the transfers that are known.")


def _transfers(transfers: Transfers, chain_id: int, found: Found) -> None:
    number = inputs.page(len(found.transfers), PAGE)
    rows = found.transfers[::-1][(number - 1) * PAGE : number * PAGE]
    tokens = transfers.tokens(chain_id, rows)
    moves = [tables.move(row, tokens) for row in rows]
    tables.table("transfers", tables.MOVES, moves, "No transfer of it is known.")
    drawings.files(transfers, chain_id, found.transfers, "token")
