"""Payments between the same two nodes: one edge for each token, with how many there were and their sum."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboard import wording
from detectors.alerts.alert import Evidence

MOST_TOKENS = 5
"""Edges from one node to another: with more tokens than this the last one stands for the rest."""
LABEL_WIDTH = 22
"""Characters that fit between two columns (a wide one counts as two); the whole is shown on pointing."""
NATIVE_DECIMALS = 18
_LISTED = 12


@dataclass(frozen=True, slots=True)
class Sum:
    """All payments of one token from one node to another: `label` is short, `detail` exact."""

    source: str
    target: str
    label: str
    detail: str


def wallet(address: object) -> str:
    """What a node, or a token, is known by: its address, or whatever stands in its place."""
    return wording.text(address, 200)


def sums(moves: Iterable[Evidence], names: Mapping[str, str]) -> list[Sum]:
    """In the order of the first payment of each pair; the tokens of a pair in the order of theirs."""
    pairs: dict[tuple[str, str], dict[str, list[Evidence]]] = defaultdict(lambda: defaultdict(list))
    for row in moves:
        payer, payee = names[wallet(row.from_address)], names[wallet(row.to_address)]
        pairs[payer, payee][wallet(row.token)].append(row)
    return [
        Sum(source, target, label, detail)
        for (source, target), tokens in pairs.items()
        for label, detail in _written(list(tokens.values()))
    ]


def _written(tokens: Sequence[list[Evidence]]) -> Iterator[tuple[str, str]]:
    most = MOST_TOKENS if len(tokens) <= MOST_TOKENS else MOST_TOKENS - 1
    for rows in tokens[:most]:
        yield _label(rows), _detail(rows)
    if rest := tokens[most:]:
        count = sum(map(len, rest))
        listed = [_detail(rows) for rows in rest[:_LISTED]]
        unlisted = [f"and {len(rest) - _LISTED} more tokens"] if len(rest) > _LISTED else []
        yield f"{len(rest)} more tokens{_times(count)}", "\n".join([*listed, *unlisted])


def _label(rows: Sequence[Evidence]) -> str:
    units, decimals, name = _total(rows)
    times = _times(len(rows))
    return fitting(f"{wording.rounded(units, decimals)} {name}", LABEL_WIDTH - len(times)) + times


def _detail(rows: Sequence[Evidence]) -> str:
    units, decimals, name = _total(rows)
    return f"{wording.amount(units, decimals)} {name} in {len(rows)} transfer{'s' * (len(rows) > 1)}"


def _total(rows: Sequence[Evidence]) -> tuple[int, int | None, str]:
    """What no amount can be read of counts as nothing."""
    first = rows[0]
    units = sum(wording.units_of(row.amount) or 0 for row in rows)
    decimals = NATIVE_DECIMALS if first.token is None else first.decimals
    known = decimals if wording.is_decimals(decimals) else None
    return units, known, wording.symbol(first.symbol, first.token)


def _times(count: int) -> str:
    return f" ×{count:,}" if count > 1 else ""


def fitting(text: str, width: int) -> str:
    """`text`, cut where it is wider than `width` characters. A mark that stands on another letter is left out
    after the first: a pile of them would cover what is above.
    """
    shown, used = "", 0
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > 1:
            continue
        used += width_of(character)
        if used > width:
            while shown and width_of(shown) >= width:
                shown = shown[:-1]
            return f"{shown}…"
        shown += character
    return shown


def width_of(text: str) -> int:
    """In characters: letters of the Far East and pictures are as wide as two."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    wide = unicodedata.east_asian_width(character) in ("W", "F") or not 0x20 <= ord(character) < 0x3000
    return 2 if wide else 1
