"""The types of a rule: whether its fields exist, and what is compared and worked out goes together."""

from __future__ import annotations

from difflib import get_close_matches

from detectors.library.rules.columns import Table
from detectors.library.rules.fields import TABLES
from detectors.library.rules.refusing import Refused, quoted
from detectors.library.rules.tree import (
    Among,
    Compared,
    IsKnown,
    Joined,
    Named,
    Node,
    Not,
    Rule,
    Sum,
    Unit,
    Written,
)

PLAIN = None
"""The type of a written number without a unit: it goes with counts and numbers, and multiplies the others."""
Type = Unit | None
_NUMBERS = (Unit.COUNT, Unit.NUMBER, PLAIN)
_UNORDERED = (Unit.FLAG, Unit.ADDRESS, Unit.SELECTOR)
_WRITE = {
    Unit.WEI: "`10 coins`, `5 gwei` or `3 wei`",
    Unit.UNITS: "`1000 units`",
    Unit.SECONDS: "`90 seconds` or `2 hours`",
    Unit.COUNT: "a whole number",
    Unit.NUMBER: "a number",
    Unit.FLAG: "`yes` or `no`",
    Unit.ADDRESS: "`0x` and 40 digits",
    Unit.SELECTOR: "`0x` and 8 digits",
}


def checked(rule: Rule) -> Table:
    """The table that a rule is about. Raises Refused."""
    table = TABLES.get(rule.each)
    if table is None:
        raise Refused(
            rule.each_at,
            f"`each {rule.each}` is no line of a table: write `each` and one of {', '.join(TABLES)}",
        )
    if rule.names not in table.names:
        told = ", ".join(table.names)
        raise Refused(
            rule.names_at, f"a {table.name} has no {quoted(rule.names)} to name: write one of {told}"
        )
    kind = type_of(rule.when, table)
    if kind is not Unit.FLAG:
        raise Refused(
            rule.when.place, f"what stands after `when` is {_called(kind)}: compare it with something"
        )
    return table


def type_of(node: Node, table: Table) -> Type:
    """Raises Refused, with the place of what does not go together."""
    match node:
        case Written():
            return node.unit
        case Named():
            return _field(node, table)
        case Sum():
            return _sum(node, type_of(node.left, table), type_of(node.right, table))
        case Compared():
            _comparable(node, type_of(node.left, table), type_of(node.right, table))
        case Among():
            _among(node, type_of(node.left, table))
        case IsKnown():
            if isinstance(node.of, Written):
                raise Refused(node.place, "what is written is always known: ask it of a field")
            type_of(node.of, table)
        case Not():
            _condition(node.of, table, "not")
        case Joined():
            for each in node.of:
                _condition(each, table, node.word)
    return Unit.FLAG


def _field(node: Named, table: Table) -> Unit:
    if node.name in table.fields:
        return table.fields[node.name].unit
    near = get_close_matches(node.name, table.fields, 1)
    elsewhere = [each.name for each in TABLES.values() if node.name in each.fields]
    if near:
        told = f"did you mean `{near[0]}`?"
    elif elsewhere:
        told = f"it is one of a {elsewhere[0]}: write `each {elsewhere[0]}`, or"
    else:
        told = ""
    raise Refused(
        node.place,
        f"{quoted(node.name)} is no field of a {table.name}: {told} see `undertow rules fields`".replace(
            ":  ", ": "
        ),
    )


def _condition(node: Node, table: Table, word: str) -> None:
    kind = type_of(node, table)
    if kind is not Unit.FLAG:
        raise Refused(node.place, f"`{word}` joins conditions, and this is {_called(kind)}: compare it first")


def _sum(node: Sum, left: Type, right: Type) -> Type:
    for kind in (left, right):
        if kind in _UNORDERED:
            raise Refused(node.place, f"{_called(kind)} takes no part in arithmetic: compare it")
    if node.sign == "*" and PLAIN in (left, right):
        return right if left is PLAIN else left
    if node.sign == "*" and Unit.COUNT in (left, right) and Unit.NUMBER not in (left, right):
        return right if left is Unit.COUNT else left
    if node.sign == "/" and left not in _NUMBERS and right in (PLAIN, Unit.COUNT):
        return left
    if left in _NUMBERS and right in _NUMBERS:
        return _of_numbers(node, left, right)
    if left is right and node.sign != "*":
        return Unit.NUMBER if node.sign == "/" else left
    raise Refused(
        node.place,
        f"{_called(left)} {node.sign} {_called(right)} means nothing: amounts and times go with their own "
        "kind, and are multiplied by counts and written numbers only",
    )


def _of_numbers(node: Sum, left: Type, right: Type) -> Type:
    if left is PLAIN and right is PLAIN:
        return PLAIN
    return Unit.NUMBER if node.sign == "/" or Unit.NUMBER in (left, right) else Unit.COUNT


def _comparable(node: Compared, left: Type, right: Type) -> None:
    both_numbers = left in _NUMBERS and right in _NUMBERS
    if isinstance(node.left, Written) and isinstance(node.right, Written):
        raise Refused(node.place, "two written values are always alike or not: compare a field")
    if left is not right and not both_numbers:
        kind = left if isinstance(node.right, Written) else right
        hint = f": write {_WRITE[kind]}" if kind is not PLAIN else ": write a field of its kind"
        raise Refused(node.place, f"{_called(left)} is not compared with {_called(right)}{hint}")
    if left in _UNORDERED and node.operator not in ("=", "!="):
        raise Refused(node.place, f"{_called(left)} is no more or less than another: write `=` or `!=`")


def _among(node: Among, left: Type) -> None:
    for each in node.values:
        if each.unit is not left and not (left in _NUMBERS and each.unit is PLAIN):
            write = _WRITE.get(left, "a number") if left is not PLAIN else "a field before `in`"
            raise Refused(each.place, f"{quoted(each.text)} is not {_called(left)}: write {write}")


def _called(kind: Type) -> str:
    if kind is PLAIN:
        return "a plain number"
    words = {
        Unit.FLAG: "a condition (yes or no)",
        Unit.ADDRESS: "an address",
        Unit.WEI: "an amount of the coin",
        Unit.UNITS: "an amount of a token in units",
    }
    return words.get(kind, f"a {kind.value}")
