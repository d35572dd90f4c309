"""What a field of a rule is: a typed column, and how it is read from what parts say of a piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.alerts.alert import SubjectKind
from detectors.library.rules.tree import Unit
from detectors.library.rules.values import Values, known_where, measured
from detectors.memory.layout import Array
from detectors.parts.contract import Columns, Seen, Tier
from detectors.parts.people import whole

WEI, UNITS, SECONDS, COUNT = Unit.WEI, Unit.UNITS, Unit.SECONDS, Unit.COUNT
NUMBER, FLAG, ADDRESS, SELECTOR = Unit.NUMBER, Unit.FLAG, Unit.ADDRESS, Unit.SELECTOR


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a piece in chain order. `at`: positions of their rows, transactions, or in the part's table;
    `table`: what the part said of them.
    """

    seen: Seen
    at: Array
    table: Columns
    block: Array

    def of(self, read: Read) -> Values:
        """What a field has, read once a piece for all rules about the same table."""
        return self.seen.once(("rules read", read), lambda: read(self))


Read = Callable[[Lines], Values]


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `words` say it in a sentence; `about` says to a reader what it is, and when it is unknown."""

    name: str
    unit: Unit
    words: str
    about: str
    read: Read


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a rule can be about: the field of type address, and what it is."""

    field: str
    kind: SubjectKind


@dataclass(frozen=True, slots=True)
class Table:
    """What lines a rule is about. `rows`: numbers of the rows that show a line; `worth`: what moved of the
    coin by each, in wei.
    """

    name: str
    about: str
    reads: tuple[str, ...]
    needs: Tier
    names: Mapping[str, Named]
    fields: Mapping[str, Field]
    lines: Callable[[Seen], Lines | None]
    rows: Callable[[Lines, int], Array]
    worth: Read | None = None


def of_row(name: str) -> Callable[[Lines], Array]:
    return lambda lines: lines.seen.rows[name][lines.at]


def of_transaction(name: str) -> Callable[[Lines], Array]:
    return lambda lines: lines.seen.transactions[name][lines.at]


def said(name: str) -> Callable[[Lines], Array]:
    return lambda lines: lines.table[name]


def known(column: Callable[[Lines], Array]) -> Read:
    return lambda lines: Values(column(lines))


def flag(column: Callable[[Lines], Array]) -> Read:
    return lambda lines: Values(column(lines) != 0)


def person(column: Callable[[Lines], Array]) -> Read:
    """Numbers of addresses; the zero address is nobody."""

    def read(lines: Lines) -> Values:
        numbers = column(lines)
        return known_where(numbers, numbers > 0)

    return read


def number(column: Callable[[Lines], Array]) -> Read:
    return lambda lines: measured(column(lines))


def age(who: Callable[[Lines], Array], time: Callable[[Lines], Array]) -> Read:
    """Seconds since an address was first heard of."""

    def read(lines: Lines) -> Values:
        people = who(lines)
        since = lines.seen.appeared(np.maximum(people, 0))
        return known_where(np.maximum(time(lines) - since, 0), (people > 0) & (since > 0))

    return read


def amounts(words: Array) -> Array:
    found = np.empty(len(words), object)
    found[:] = whole(words)
    return found


def by_name(*fields: Field) -> dict[str, Field]:
    return {each.name: each for each in fields}


def shown(unit: Unit, values: Values, seen: Seen, line: int) -> int | float | str:
    """A field of one line as `measured` has it: amounts as decimal strings, addresses as hex."""
    if not values.is_known(line):
        return "unknown"
    value: Any = values.column[line]
    match unit:
        case Unit.WEI | Unit.UNITS:
            return str(int(value))
        case Unit.SECONDS | Unit.COUNT:
            return int(value)
        case Unit.NUMBER:
            return round(float(value), 6)
        case Unit.FLAG:
            return "yes" if value else "no"
        case Unit.ADDRESS:
            return "0x" + seen.address(int(value)).hex()
        case Unit.SELECTOR:
            return f"0x{int(value):08x}"
