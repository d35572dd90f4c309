"""Disguised names read like the real ones: with lookalikes taken for what they look like, they are equal."""

from __future__ import annotations

import unicodedata
from random import Random

import pytest

from ingest.localchain.story_parts import lookalike_names as disguises
from tests.ingest.localchain.skeleton import skeleton

REAL = ("USDC", "USDT", "DAI", "LINK", "WBTC", "WETH", "Tether USD", "Wrapped Ether")


@pytest.mark.parametrize("way", ["foreign_letters", "fullwidth", "invisible", "case_tricks"])
@pytest.mark.parametrize("real", REAL)
def test_a_disguised_name_is_another_string_that_reads_the_same(way: str, real: str) -> None:
    for seed in range(50):
        disguised = getattr(disguises, way)(Random(seed), real)
        assert disguised != real
        assert skeleton(disguised) == skeleton(real), ascii(disguised)


def test_foreign_letters_are_of_other_scripts() -> None:
    for twins in (disguises.CYRILLIC, disguises.OTHERS):
        for latin, twin in twins.items():
            assert unicodedata.name(latin).startswith("LATIN") and "LATIN" not in unicodedata.name(twin)


def test_invisible_characters_are_format_characters() -> None:
    assert {unicodedata.category(character) for character in disguises.INVISIBLE} == {"Cf"}


def test_names_that_are_not_disguises_have_another_skeleton() -> None:
    assert skeleton("USDD") != skeleton("USDC")
    assert skeleton("LINKA") != skeleton("LINK")
