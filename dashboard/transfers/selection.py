"""One selection of transfers as a Sankey, as rows for a file, and as lines of evidence that can be drawn."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from dashboard import wording
from dashboard.filing.export import FORMULA_STARTS
from dashboard.transfers.summary import token_of
from dashboard.transfers.values import Token, Transfer
from detectors.alerts.alert import Evidence

MOST_LINKS = 60
COLUMNS = (
    "chain_id", "block_number", "timestamp", "transaction", "log_index", "kind", "token", "symbol",
    "decimals", "from", "to", "units", "amount",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """All transfers of one asset from a wallet to another, in units of the asset."""

    source: str
    target: str
    token: str | None
    units: int
    count: int


@dataclass(frozen=True, slots=True)
class Sankey:
    """Links without a circle, as a Sankey needs them, and how many were left out: those that lead back, and
    the smallest beyond what can be read.
    """

    links: tuple[Link, ...]
    back: int
    small: int


def links(moves: Sequence[Transfer]) -> list[Link]:
    """In order of the first transfer of each."""
    found: dict[tuple[str, str, str | None], list[int]] = defaultdict(lambda: [0, 0])
    for row in moves:
        if row.payer != row.payee:
            sums = found[row.payer, row.payee, row.token]
            sums[0] += row.amount
            sums[1] += 1
    return [Link(*ends, *sums) for ends, sums in found.items()]


def sankey(moves: Sequence[Transfer], token: str | None) -> Sankey:
    """Of one asset (None: the chain's own coin): amounts of several cannot stand side by side. The largest
    links first, so that a circle is cut where it carries the least.
    """
    ours = sorted((each for each in links(moves) if each.token == token), key=lambda each: -each.units)
    graph, kept, back = nx.DiGraph(), list[Link](), 0
    for each in ours[:MOST_LINKS]:
        if each.target in graph and each.source in graph and nx.has_path(graph, each.target, each.source):
            back += 1
            continue
        graph.add_edge(each.source, each.target)
        kept.append(each)
    return Sankey(tuple(kept), back, max(0, len(ours) - MOST_LINKS))


def assets(moves: Sequence[Transfer]) -> list[str | None]:
    """Those that moved, the one with the most transfers first."""
    counted: dict[str | None, int] = defaultdict(int)
    for row in moves:
        counted[row.token] += 1
    return sorted(counted, key=lambda token: (-counted[token], token or ""))


def evidence(moves: Sequence[Transfer], tokens: Mapping[str, Token]) -> tuple[Evidence, ...]:
    """As `dashboard.flow` draws them."""
    return tuple(_evidence(row, token_of(row, tokens)) for row in moves)


def _evidence(row: Transfer, token: Token) -> Evidence:
    return Evidence(
        row.transaction,
        row.log_index,
        row.block_number,
        row.payer,
        row.payee,
        row.token,
        token.symbol,
        token.decimals,
        str(row.amount),
        kind=row.kind,
    )


def rows(moves: Sequence[Transfer], tokens: Mapping[str, Token]) -> list[dict[str, object]]:
    """For a file: `units` is exact, `amount` the same with the token's decimals."""
    return [_row(row, token_of(row, tokens)) for row in moves]


def _row(row: Transfer, token: Token) -> dict[str, object]:
    values = (
        row.chain_id, row.block_number, row.timestamp, row.transaction, row.log_index, row.kind, row.token,
        token.symbol, token.decimals, row.payer, row.payee, str(row.amount),
        wording.amount(row.amount, token.decimals).replace(",", ""),
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def as_json(moves: Sequence[Transfer], tokens: Mapping[str, Token]) -> str:
    """JSON lines, ASCII, keys sorted."""
    return "".join(f"{json.dumps(row, sort_keys=True)}\n" for row in rows(moves, tokens))


def as_csv(moves: Sequence[Transfer], tokens: Mapping[str, Token]) -> str:
    """What a spreadsheet would run as a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for row in rows(moves, tokens):
        writer.writerow({name: _defused(value) for name, value in row.items()})
    return out.getvalue()


def _defused(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
