"""The reference of fields, made out of the fields: `FIELDS.md` beside, and `undertow rules fields`."""

from __future__ import annotations

from detectors.library.rules import limits
from detectors.library.rules.columns import Table
from detectors.library.rules.fields import TABLES
from detectors.library.rules.tree import Unit

HEAD = f"""# Fields of rules

Written by `python -m tests.readme.rule_fields` out of the code beside, and held to it by a test.
How a rule is written stands in `detectors/README.md`. What is unknown makes no condition true, nor its
opposite. A rule has at most {limits.FILE_BYTES:,} bytes, {limits.TERMS} terms, {limits.DEPTH} conditions
inside of each other and {limits.EXACT} signs of arithmetic; a folder has {limits.RULES} rules, a block
{limits.SUBJECTS} findings of one rule.

| type | what it is | is written |
|---|---|---|
"""
_TYPES = {
    Unit.WEI: ("an amount of the coin, exact", "`10 coins`, `5 gwei`, `3 wei`"),
    Unit.UNITS: ("an amount of a token in its units, exact", "`1000 units`"),
    Unit.SECONDS: ("a time in block time", "`90 seconds`, `5 minutes`, `2 hours`, `30 days`"),
    Unit.COUNT: ("a whole number", "`3`"),
    Unit.NUMBER: ("a measured number, or a ratio", "`0.5`, `20 %`"),
    Unit.FLAG: ("yes or no", "`yes`, `no`, or the field alone"),
    Unit.ADDRESS: ("an address", "`0x` and 40 digits"),
    Unit.SELECTOR: ("a function that is called", "`0x` and 8 digits"),
}


def reference() -> str:
    """Markdown."""
    types = "".join(f"| {unit.name.lower()} | {about} | {how} |\n" for unit, (about, how) in _TYPES.items())
    return HEAD + types + "".join(f"\n{of_table(each)}" for each in TABLES.values())


def of_table(table: Table) -> str:
    """Markdown of the fields of one kind of lines."""
    names = ", ".join(f"`{name}`" for name in table.names)
    rows = "".join(
        f"| `{each.name}` | {each.unit.name.lower()} | {each.about} |\n" for each in table.fields.values()
    )
    parts = ", ".join(f"`{name}`" for name in table.reads)
    return (
        f"## `each {table.name}`\n\n{table.about[0].upper()}{table.about[1:]}. Names {names}; rests on "
        f"{parts} (`detectors/FEATURES.md`).\n\n| field | type | what it says |\n|---|---|---|\n{rows}"
    )
