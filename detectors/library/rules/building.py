"""Makes a tree of the phrases of a rule, each as it ends: one that is too deep ends the reading at once."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

import lark

from detectors.alerts.alert import SEVERITIES, Severity
from detectors.alerts.text import visible
from detectors.library.rules import limits
from detectors.library.rules.grammar import UNITS
from detectors.library.rules.refusing import Refused, quoted
from detectors.library.rules.tree import (
    Among,
    Compared,
    IsKnown,
    Joined,
    Named,
    Node,
    Not,
    Operator,
    Place,
    Rule,
    Sign,
    Sum,
    Unit,
    Written,
    depth,
)


class Builder(lark.Transformer[Any, Any]):
    """Makes a node of each phrase as it ends. A phrase too deep ends the reading at once."""

    def rule(self, children: list[Any]) -> Rule:
        name, *settings, when = children
        told: dict[str, lark.Token] = {}
        for key, value in settings:
            if key in told:
                raise Refused(_place(key), f"`{key}` stands twice: leave one")
            told[str(key)] = value
        for key in ("says", "each", "names"):
            if key not in told:
                raise Refused(_place(name), f"the rule has no `{key}`: write {_HOW[key]} before `when`")
        if len(name) > limits.NAME:
            raise Refused(_place(name), f"the name is longer than {limits.NAME} letters: shorten it")
        return Rule(
            str(name),
            _says(told["says"]),
            _word(told["each"], "each"),
            _word(told["names"], "names"),
            _severity(told.get("severity")),
            _score(told.get("score")),
            when,
            _place(told["each"]),
            _place(told["names"]),
        )

    def setting(self, children: list[Any]) -> tuple[lark.Token, lark.Token]:
        return children[0], children[1]

    def either(self, children: list[Any]) -> Node:
        return _bounded(Joined("or", tuple(children), place=children[0].place))

    def both(self, children: list[Any]) -> Node:
        return _bounded(Joined("and", tuple(children), place=children[0].place))

    def negation(self, children: list[Any]) -> Node:
        return _bounded(Not(children[1], place=_place(children[0])))

    def compared(self, children: list[Any]) -> Node:
        left, sign, right = children
        return _bounded(Compared(cast(Operator, str(sign)), left, right, place=_place(sign)))

    def among(self, children: list[Any]) -> Node:
        return _bounded(Among(children[0], tuple(children[1:]), place=children[0].place))

    def is_known(self, children: list[Any]) -> Node:
        return _bounded(IsKnown(children[0], str(children[1]) == "known", place=_place(children[1])))

    def calculated(self, children: list[Any]) -> Node:
        left, sign, right = children
        return _bounded(Sum(cast(Sign, str(sign)), left, right, place=_place(sign)))

    def named(self, children: list[Any]) -> Named:
        return Named(str(children[0]), place=_place(children[0]))

    def number(self, children: list[Any]) -> Written:
        return _number(*children)

    def bytes(self, children: list[Any]) -> Written:
        (token,) = children
        digits = str(token)[2:].lower()
        if len(digits) not in (40, 8):
            raise Refused(
                _place(token), f"{quoted(token)} has {len(digits)} digits: an address has 40, a selector 8"
            )
        unit = Unit.ADDRESS if len(digits) == 40 else Unit.SELECTOR
        return Written(bytes.fromhex(digits), unit, f"0x{digits}", place=_place(token))

    def flag(self, children: list[Any]) -> Written:
        word = str(children[0])
        return Written(word == "yes", Unit.FLAG, word, place=_place(children[0]))


_HOW = {"says": '`says "…"`', "each": "`each transfer`", "names": "whom it is about, `names payee` say,"}


def _bounded(node: Node) -> Node:
    if depth(node) > limits.DEPTH:
        raise Refused(
            node.place, f"conditions lie more than {limits.DEPTH} deep in each other: say it in fewer steps"
        )
    return node


def _number(token: lark.Token, unit: lark.Token | None = None) -> Written:
    digits = str(token).replace("_", "")
    whole, _, part = digits.partition(".")
    if max(len(whole), len(part)) > limits.DIGITS:
        raise Refused(_place(token), f"the number has more than {limits.DIGITS} digits: write a shorter one")
    value = Fraction(digits)
    if unit is None:
        return Written(value, None, digits, place=_place(token))
    one = str(unit).removesuffix("s")
    kind, factor = UNITS[one]
    value *= factor
    if kind is not None and value.denominator != 1:
        raise Refused(_place(token), f"{quoted(f'{token} {unit}')} is no whole number of the least unit")
    text = f"{digits} {one if one in ('%', 'gwei', 'wei') or digits == '1' else one + 's'}"
    return Written(value, kind, text, place=_place(token))


def _says(token: lark.Token) -> str:
    text = str(token)[1:-1] if token.type == "TEXT" else ""
    if not text.strip():
        raise Refused(_place(token), '`says` takes a sentence in "…": write what the rule is for')
    if visible(text) != text or len(text) > limits.SAYS:
        raise Refused(_place(token), f"the sentence takes {limits.SAYS} characters that can be seen: mend it")
    return text


def _word(token: lark.Token, key: str) -> str:
    if token.type != "WORD":
        raise Refused(_place(token), f"`{key}` takes a word, not {quoted(token)}")
    return str(token)


def _severity(token: lark.Token | None) -> Severity:
    if token is None:
        return "medium"
    for each in SEVERITIES:
        if each == token:
            return each
    raise Refused(_place(token), f"{quoted(token)} is no severity: write one of {', '.join(SEVERITIES)}")


def _score(token: lark.Token | None) -> float:
    if token is None:
        return 0.5
    value = _number(token).value if token.type == "NUMBER" else None
    if not isinstance(value, Fraction) or not 0 <= value <= 1 or (value * 10**6).denominator != 1:
        raise Refused(_place(token), f"{quoted(token)} is no score: write 0 to 1, with six decimals at most")
    return float(value)


def _place(token: Any) -> Place:
    return int(token.line), int(token.column)
