"""The fields of rules stand as the code has them, and the rules that are shown as examples are rules."""

from __future__ import annotations

import pytest

from detectors.evaluate.categories import CATEGORIES
from detectors.library.rules.detector import CATEGORY
from detectors.library.rules.fields import TABLES
from detectors.library.rules.files import rule_of
from detectors.library.rules.grammar import SETTINGS
from detectors.library.rules.reference import reference
from detectors.library.rules.tree import Unit
from tests.detectors.rules.test_rule_detector import found, town
from tests.readme.documents import DETECTORS
from tests.readme.rule_fields import FIELDS

EXAMPLES = DETECTORS.blocks("rule")


def test_the_reference_of_fields_is_as_the_code_has_it() -> None:
    assert FIELDS.read_text() == reference(), "run `python -m tests.readme.rule_fields`"


def test_every_field_is_said_and_every_type_is_used() -> None:
    every = [each for table in TABLES.values() for each in table.fields.values()]
    assert all(each.about and each.words and f"| `{each.name}` |" in FIELDS.read_text() for each in every)
    assert {each.unit for each in every} == set(Unit)
    for table in TABLES.values():
        assert {named.field for named in table.names.values()} <= set(table.fields)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_a_rule_that_runs(text: str) -> None:
    rule = rule_of(text, "the README")
    assert found(rule, town()) == found(rule, town())


def test_the_first_example_finds_who_is_new() -> None:
    assert [each.block_number for each in found(rule_of(EXAMPLES[0], "the README"), town())] == [1]


def test_every_setting_of_a_rule_is_in_its_table_and_its_category_is_its_own() -> None:
    told = " ".join(row[0] for row in DETECTORS.table("a rule has").rows)
    assert all(f"`{name}`" in told for name in SETTINGS)
    assert CATEGORY not in CATEGORIES
