"""The grammar of a rule, its units, and what to call each of its words to a person."""

from __future__ import annotations

from fractions import Fraction

from detectors.library.rules.tree import Unit

SETTINGS = ("says", "each", "names", "severity", "score")
GRAMMAR = rf"""
rule: "rule" NAME setting* "when" either
setting: KEY WORD | KEY NUMBER | KEY TEXT
?either: both ("or" both)*
?both: negation ("and" negation)*
?negation: NOT negation -> negation | comparison
?comparison: sum COMPARES sum -> compared
           | sum "in" "(" value ("," value)* ")" -> among
           | sum "is" KNOWN -> is_known
           | sum
?sum: product | sum SUM product -> calculated
?product: term | product PRODUCT term -> calculated
?term: value | WORD -> named | "(" either ")"
value: NUMBER UNIT? -> number | HEX -> bytes | YES -> flag

NOT: "not"
KEY.2: /({"|".join(SETTINGS)})\b/
KNOWN.2: /(known|unknown)\b/
YES.2: /(yes|no)\b/
UNIT.2: /((coin|unit|second|minute|hour|day)s?|gwei|wei)\b|%/
COMPARES: "<=" | ">=" | "!=" | "<" | ">" | "="
SUM: "+" | "-"
PRODUCT: "*" | "/"
HEX.3: /0x[0-9a-fA-F]+/
NUMBER.2: /[0-9][0-9_]*(\.[0-9]+)?/
TEXT: /"[^"\n]*"/
NAME: /[a-z]+(-[a-z]+)*/
WORD: /[a-z_][a-z0-9_]*/
%ignore /[ \t\r\n]+/
%ignore /#[^\n]*/
"""
UNITS: dict[str, tuple[Unit | None, Fraction]] = {
    "coin": (Unit.WEI, Fraction(10**18)),
    "gwei": (Unit.WEI, Fraction(10**9)),
    "wei": (Unit.WEI, Fraction(1)),
    "unit": (Unit.UNITS, Fraction(1)),
    "second": (Unit.SECONDS, Fraction(1)),
    "minute": (Unit.SECONDS, Fraction(60)),
    "hour": (Unit.SECONDS, Fraction(3_600)),
    "day": (Unit.SECONDS, Fraction(86_400)),
    "%": (None, Fraction(1, 100)),
}
WORDS = {
    "RULE": "`rule`",
    "WHEN": "`when`",
    "OR": "`or`",
    "AND": "`and`",
    "NOT": "`not`",
    "IN": "`in`",
    "IS": "`is`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "COMMA": "`,`",
    "KEY": f"a setting ({', '.join(f'`{each}`' for each in SETTINGS)})",
    "KNOWN": "`known` or `unknown`",
    "YES": "`yes` or `no`",
    "UNIT": "a unit (`coins`, `hours`, `%`, …)",
    "COMPARES": "a comparison",
    "SUM": "`+` or `-`",
    "PRODUCT": "`*` or `/`",
    "HEX": "an address or a selector",
    "NUMBER": "a number",
    "TEXT": 'a text in "…"',
    "NAME": "a name (small letters and `-`)",
    "WORD": "a word",
    "$END": "the end of the file",
}
