"""The text of a rule, read by its grammar into a tree. Nothing of it is executed: what is no word of the
grammar is refused with its place.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import lark

from detectors.alerts.text import visible
from detectors.library.rules import limits
from detectors.library.rules.building import Builder
from detectors.library.rules.grammar import GRAMMAR, WORDS
from detectors.library.rules.refusing import Refused, quoted
from detectors.library.rules.tree import Node, Place, Rule, Sum, walked


def parsed(text: str) -> Rule:
    """The rule that a text is, not yet held against fields and their types. Raises Refused."""
    if len(text.encode(errors="replace")) > limits.FILE_BYTES:
        raise Refused((1, 1), f"the rule is longer than {limits.FILE_BYTES:,} bytes: say less in one rule")
    _refuse_hidden(text)
    try:
        found = cast(Rule, _parser().parse(text))
    except lark.exceptions.UnexpectedCharacters as error:
        what = quoted(text[int(error.pos_in_stream or 0)])
        allowed = _allowed(error.allowed)
        place = int(error.line), int(error.column)
        raise Refused(place, f"{what} stands in no rule here: write {allowed}") from None
    except lark.exceptions.UnexpectedToken as error:
        raise Refused(*_unexpected(text, error)) from None
    _bound(found.when)
    return found


def _refuse_hidden(text: str) -> None:
    """Nothing in a rule deceives who reads it, remarks among it."""
    for at, line in enumerate(text.split("\n"), start=1):
        plain = line.removesuffix("\r").replace("\t", " ")
        column = next((i for i, letter in enumerate(plain, start=1) if visible(letter) != letter), None)
        if column is not None:
            what = quoted(plain[column - 1])
            raise Refused((at, column), f"{what} cannot be seen: take it out, or write it as it looks")


def _unexpected(text: str, error: Any) -> tuple[Place, str]:
    allowed = _allowed(error.accepts or error.expected)
    if error.token.type == "$END":
        lines = text.split("\n")
        return (len(lines), len(lines[-1]) + 1), f"the rule ends too early: write {allowed}"
    return (error.line, error.column), f"{quoted(str(error.token))} cannot stand here: write {allowed}"


def _allowed(names: Any) -> str:
    words = sorted(WORDS.get(name, name) for name in names or ("$END",))
    return " or ".join([", ".join(words[:-1]), words[-1]] if words[:-1] else words)


def _bound(when: Node) -> None:
    nodes = list(walked(when))
    if len(nodes) > limits.TERMS:
        place = nodes[limits.TERMS].place
        raise Refused(
            place, f"the condition has {len(nodes)} terms, at most {limits.TERMS}: make two rules of it"
        )
    exact = [each for each in nodes if isinstance(each, Sum)]
    if len(exact) > limits.EXACT:
        place = exact[limits.EXACT].place
        raise Refused(
            place, f"more than {limits.EXACT} signs of arithmetic: compare fields with what is worked out"
        )


@cache
def _parser() -> lark.Lark:
    return lark.Lark(GRAMMAR, start="rule", parser="lalr", maybe_placeholders=False, transformer=Builder())
