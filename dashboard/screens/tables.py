"""Tables of text with links between the screens; the browser's part of them is `assets/table.js`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard import wording
from dashboard.screens import parts, routes
from dashboard.store import AlertRow
from dashboard.store.subjects import Score
from dashboard.transfers.summary import token_of
from dashboard.transfers.values import Token, Transfer
from detectors.alerts.alert import SEVERITIES

Cell = dict[str, Any]
_TABLE = parts.component("table")
_LONGEST = 400
ROLE_TONES = ("attacker", "victim")


@dataclass(frozen=True, slots=True)
class Column:
    """`kind` is a class of `table.css`: `mono`, `number`, `short`, or nothing for text that may wrap."""

    name: str
    kind: str = ""
    width: str = ""


def table(
    key: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    empty: str,
    label: str = "",
) -> None:
    """Draws a table and goes where a clicked cell leads."""
    data = {
        "columns": [{"name": each.name, "kind": each.kind, "width": each.width} for each in columns],
        "rows": [{"cells": list(row)} for row in rows],
        "empty": empty,
        "label": label or key,
    }
    opened = _TABLE(key=key, data=data, on_opened_change=lambda: None).opened
    if opened:
        routes.follow(opened)


def cell(
    value: object, link: str = "", full: object = "", tone: str = "", share: float | None = None
) -> Cell:
    """`link` is what `routes.link` made, `full` what is shown on pointing."""
    made: Cell = {"text": wording.cut(value, _LONGEST), "full": wording.cut(full, _LONGEST)}
    where = routes.href(link) if link else ""
    if where:
        made |= {"link": link, "href": where}
    if tone:
        made["tone"] = tone
    if share is not None:
        made["share"] = share
    return made


def number(value: object) -> Cell:
    return cell(wording.number(value))


def severity(value: object) -> Cell:
    return cell(wording.cut(value, parts.LABEL_LENGTH), tone=parts.tone(value, SEVERITIES))


def part(role: object) -> Cell:
    """The part of an address in an alert: victims and attackers are told apart at a glance."""
    return cell(wording.cut(role, parts.LABEL_LENGTH), tone=parts.tone(role, ROLE_TONES))


def score(value: object) -> Cell:
    return cell(wording.score(value), full=value, share=wording.share(value) or 0.0)


def wallet(chain_id: object, address: object, named: str = "") -> Cell:
    """A short address, or what it is called here, that leads to its page."""
    shown = f"{named} {wording.short(address)}" if named else wording.short(address)
    return cell(shown, routes.link("wallet", chain_id, address), address)


def lead(kind: str, shown: object, chain_id: object, name: object) -> Cell:
    """Words that lead to a page."""
    return cell(shown, routes.link(kind, chain_id, name))


LEADS = {"token": "token", "transaction": "transaction", "node": "node"}
"""What a subject's kind leads to; every other is an address with a page of a wallet."""


def named(kind: object, chain_id: object, name: object) -> Cell:
    """What an alert or a score is about. A node has no address: it leads to Health, which lists nodes."""
    return cell(wording.short(name), routes.link(LEADS.get(str(kind), "wallet"), chain_id, name), name)


def subject(row: AlertRow) -> Cell:
    return named(row.subject_kind, row.chain_id, row.subject_id)


def token(chain_id: int, told: Token) -> Cell:
    """A token as it calls itself; the chain's own coin leads nowhere."""
    link = "" if told.address is None else routes.link("token", chain_id, told.address)
    return cell(told.symbol, link, f"{told.name} {told.address or ''}".strip())


def amount(units: int, told: Token) -> Cell:
    """Rounded, exact on pointing."""
    exact = f"{wording.amount(units, told.decimals)} {told.symbol}"
    return cell(wording.rounded(units, told.decimals), full=exact)


def transaction(chain_id: object, name: object) -> Cell:
    return cell(wording.short(name), routes.link("transaction", chain_id, name), name)


ALERTS = (
    Column("Severity", "short", "96px"),
    Column("Score", "number", "112px"),
    Column("Category", "short"),
    Column("Why"),
    Column("Subject", "mono"),
    Column("Status", "short"),
    Column("Time (UTC)", "number"),
)


def alerts(key: str, rows: Sequence[AlertRow], empty: str, label: str = "alerts") -> None:
    """The usual short list of alerts."""
    table(key, ALERTS, [alert(row) for row in rows], empty, label)


def alert(row: AlertRow) -> list[Cell]:
    why = wording.sentence(row.explanation, row.subject_kind, row.subject_id, parts.WHY_LENGTH)
    state = "suppressed" if row.suppressed else wording.cut(row.status, parts.LABEL_LENGTH)
    return [
        severity(row.severity),
        score(row.score),
        cell(wording.title(row.category), routes.link("alert", row.chain_id, row.id)),
        cell(why),
        subject(row),
        cell(state),
        cell(wording.utc(row.timestamp)),
    ]


MOVES = (
    Column("Block", "number"),
    Column("Time (UTC)", "number"),
    Column("From", "mono"),
    Column("To", "mono"),
    Column("Amount", "number"),
    Column("Asset", "short"),
    Column("Kind", "short"),
    Column("Transaction", "mono"),
)


def move(row: Transfer, tokens: dict[str, Token]) -> list[Cell]:
    told = token_of(row, tokens)
    return [
        number(row.block_number),
        cell("" if row.timestamp is None else wording.utc(row.timestamp)),
        wallet(row.chain_id, row.payer),
        wallet(row.chain_id, row.payee),
        amount(row.amount, told),
        token(row.chain_id, told),
        cell(row.kind),
        transaction(row.chain_id, row.transaction),
    ]


SCORES = (
    Column("Score", "number", "120px"),
    Column("What", "short"),
    Column("Subject", "mono"),
    Column("From"),
    Column("Block", "number"),
)


def scores(key: str, found: Sequence[Score], empty: str = "No block was scored lately.") -> None:
    """Subjects with their scores and the parts they are made of."""
    table(key, SCORES, [_score(each) for each in found], empty, "highest scores")


def _score(each: Score) -> list[Cell]:
    parts_of = sorted(each.parts.items(), key=lambda part: -part[1])
    told = ", ".join(f"{wording.title(name)} {wording.score(part)}" for name, part in parts_of)
    return [
        score(each.score),
        cell(each.subject_kind),
        named(each.subject_kind, each.chain_id, each.subject),
        cell(told),
        number(each.block_number),
    ]
