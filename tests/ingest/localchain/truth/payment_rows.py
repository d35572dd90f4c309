"""Payments in a row: who passes on to whom in time order, what comes home, what is lent and paid back."""

from __future__ import annotations

from tests.ingest.localchain.reading import Moved

HOME = "home"
LEAST_HOPS = 3
PASSED = 0.5
"""Wallets of a layering pass on more than this of what they are paid."""


def longest_line(source: str, between: set[str], moves: list[Moved]) -> list[str]:
    """Who stands in the longest line of payments from `source`, each after the one before and, but for the
    last, to one of `between`.
    """
    return max(_lines(source, between, moves).values(), key=len)


def _lines(source: str, between: set[str], moves: list[Moved]) -> dict[str, list[str]]:
    """The first line of payments from `source` to each who was reached; at `HOME` the one back to it."""
    lines: dict[str, list[str]] = {source: [source]}
    for move in moves:
        line = lines.get(move.sender, [])
        if line and (move.sender == source or move.sender in between) and move.receiver not in line[1:]:
            lines.setdefault(move.receiver if move.receiver != source else HOME, [*line, move.receiver])
    return lines


def returns(moves: list[Moved], source: str, between: set[str]) -> bool:
    """Whether half of what `source` pays comes back to it, over two or more of `between`, in time order."""
    line = _lines(source, between, moves).get(HOME, [])
    left = sum(move.amount for move in moves if move.sender == source)
    back = sum(move.amount for move in moves if (move.receiver, move.sender in between) == (source, True))
    return len(line) > LEAST_HOPS and back >= PASSED * left


def is_lent(moves: list[Moved], attackers: set[str]) -> bool:
    """Whether something comes to one of `attackers`, and later at least as much of it goes back there."""
    return any(
        (back.token, back.sender, back.receiver) == (loan.token, loan.receiver, loan.sender)
        and back.amount >= loan.amount
        for place, loan in enumerate(moves)
        if loan.receiver in attackers and loan.sender not in attackers
        for back in moves[place + 1 :]
    )
