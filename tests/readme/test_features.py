"""The catalogue of what parts say is the one that the code makes."""

from __future__ import annotations

from detectors.registry import parts
from tests.readme.features import CATALOGUE, catalogue, stands


def test_the_catalogue_of_features_is_as_the_code_has_it() -> None:
    assert CATALOGUE.read_text() == catalogue(), "run `python -m tests.readme.features`"


def test_every_part_with_all_that_it_remembers_is_in_it() -> None:
    text = CATALOGUE.read_text()
    for part in parts():
        assert f"## `{part.name}`\n" in text
        section = text.split(f"## `{part.name}`\n")[1].split("\n## ")[0]
        for name, spec in part.memory().items():
            assert f"`{name}` for {spec.horizon_s / 86_400:g} days, {spec.cap:,} keys at most" in section


def test_a_column_is_read_where_its_name_stands_or_its_number() -> None:
    assert stands("payer", 'edges["payer"][at]')
    assert stands("wired3", 'made[f"wired{n}"]')
    assert not stands("payer", "who is the payer")
    assert not stands("wired3", 'made["wired"]')
