"""What a rule says, as a tree: frozen, and equal where two say the same, wherever they stand in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Literal

from detectors.alerts.alert import Severity

Place = tuple[int, int]
"""Line and column in a file, both from one on."""
Operator = Literal["=", "!=", "<", "<=", ">", ">="]
Sign = Literal["+", "-", "*", "/"]


class Unit(Enum):
    """What a column holds. The first four are whole numbers, exact however large; `NUMBER` is measured, a
    64-bit float, or a ratio of exact ones.
    """

    WEI = "amount of the coin in wei"
    UNITS = "amount of some token in its units"
    SECONDS = "time in seconds"
    COUNT = "count"
    NUMBER = "number"
    FLAG = "yes or no"
    ADDRESS = "address"
    SELECTOR = "selector"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    place: Place = field(default=(1, 1), compare=False)


@dataclass(frozen=True, slots=True)
class Written(_Placed):
    """A value that stands in the rule: `unit` null for a plain number. `text` as it is written back."""

    value: Fraction | bytes | bool
    unit: Unit | None
    text: str


@dataclass(frozen=True, slots=True)
class Named(_Placed):
    """A field of the lines that the rule is about."""

    name: str


@dataclass(frozen=True, slots=True)
class Sum(_Placed):
    """Two expressions with a sign of arithmetic between."""

    sign: Sign
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compared(_Placed):
    operator: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Among(_Placed):
    """`left` is one of some written values."""

    left: Node
    values: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class IsKnown(_Placed):
    """Whether an expression has a value at all."""

    of: Node
    known: bool


@dataclass(frozen=True, slots=True)
class Not(_Placed):
    of: Node


@dataclass(frozen=True, slots=True)
class Joined(_Placed):
    """Two conditions or more, joined by one word."""

    word: Literal["and", "or"]
    of: tuple[Node, ...]


Node = Written | Named | Sum | Compared | Among | IsKnown | Not | Joined


@dataclass(frozen=True, slots=True)
class Rule:
    """`says`: a sentence of who wrote it. `each`: what its lines are, `names`: whom of a line it is about."""

    name: str
    says: str
    each: str
    names: str
    severity: Severity
    score: float
    when: Node
    each_at: Place = field(default=(1, 1), compare=False)
    names_at: Place = field(default=(1, 1), compare=False)


def below(node: Node) -> tuple[Node, ...]:
    """What a node is made of."""
    match node:
        case Sum() | Compared():
            return node.left, node.right
        case Among():
            return (node.left, *node.values)
        case IsKnown() | Not():
            return (node.of,)
        case Joined():
            return node.of
    return ()


def walked(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order in which they are written."""
    yield node
    for each in below(node):
        yield from walked(each)


def depth(node: Node) -> int:
    return 1 + max(map(depth, below(node)), default=0)
