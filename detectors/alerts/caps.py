"""What makes every alert fit into a record: a broker with default limits carries 1 MiB, and a chain whose
next alert is larger would stop there at every start.

All bounds are bytes of JSON, for any input: a character is at most 12 of them (an escaped surrogate pair), a
byte of a token's symbol at most 9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

RECORD_BYTES = 900_000
ROW_BYTES = 3_000
"""A row of evidence and the transaction it names: 2,304 for the symbol, and what has a fixed size."""
ROLE_BYTES = 100
TEXT = 2_000
"""Characters of an explanation."""
WORD = 160
"""Characters of a measured value, a threshold, or a part of `suppressed_by`."""
NAME = 64
NAMES = 30
"""Characters of a name of a measured value; how many there are."""
_CHARACTER = 12
WORDS_BYTES = _CHARACTER * (TEXT + 3 * WORD + 2 * NAMES * (NAME + WORD)) + 8_000
"""An alert without evidence and roles; the last is for what has a fixed size."""

Value = int | float | str


def alert_bytes(evidence_rows: int, roles: int) -> int:
    """What an alert with so many rows and roles can be at most."""
    return evidence_rows * ROW_BYTES + roles * ROLE_BYTES + WORDS_BYTES


def score_bytes(detectors: Iterable[str]) -> int:
    """What one score of `fraud.scores` can be at most, with a part of each of these detectors."""
    return 250 + sum(len(name) + 16 for name in detectors)


def shortened(text: str, most: int) -> str:
    """At most so many characters; one that is cut tells how many it had."""
    if len(text) <= most:
        return text
    told = f"… ({len(text)} characters)"
    return text[: most - len(told)] + told


def bounded(values: Mapping[str, Value], first: Iterable[str] = ()) -> dict[str, Value]:
    """At most `NAMES` values with names and texts shortened; those named in `first` before the others. What
    is left out is counted.
    """
    order = dict.fromkeys([name for name in first if name in values]) | dict.fromkeys(values)
    kept = list(order) if len(order) <= NAMES else list(order)[: NAMES - 1]
    short = {shortened(name, NAME): _short(values[name]) for name in kept}
    return short if len(kept) == len(order) else short | {"left_out": len(order) - len(kept)}


def _short(value: Value) -> Value:
    fits = isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**WORD)
    return value if fits else shortened(str(value), WORD)
