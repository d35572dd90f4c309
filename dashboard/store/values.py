"""Which values of a store can be counted with, and how the others are told of.

SQLite keeps any value in any column, PostgreSQL any number in a column of numbers: what a store holds is only
then a block, a depth or an offset when it is in the range of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from detectors.alerts.text import visible

LARGEST = 2**63 - 1
QUOTED = 80
"""Characters of a stranger's text that a message quotes."""


def whole(value: object, least: int = 0) -> int | None:
    """`value` where it is a whole number from `least` on; None for whatever else stands in its place."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST:
        return value
    return None


def misfit(kind: type[Any], row: Sequence[Any]) -> str | None:
    """The first field of a dataclass (of texts, whole numbers and flags, some None) that holds something else
    in a row of the store; None where all is as it should be.
    """
    for field, value in zip(fields(kind), row, strict=True):
        is_right = isinstance(value, str) if field.type == "str" else whole(value) is not None
        if not is_right and not (value is None and field.type == "int | None"):
            return field.name
    return None


def cut(text: str) -> str:
    """What a message may quote of a stranger's text."""
    return visible(text[:QUOTED])


def quoted(value: object) -> str:
    """Any value of the store in a message: a number as it is, text in quotes."""
    return cut(repr(value[:QUOTED] if isinstance(value, str | bytes) else value))


def in_order(value: object) -> tuple[int, int, str]:
    """Sorts values of whatever type: numbers first, by their size."""
    known = whole(value)
    return (1, 0, str(value)) if known is None else (0, known, "")
