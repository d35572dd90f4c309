"""The page of hard cases says of each where it is tried, and its sums are those of its rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from detectors.registry import detectors
from tests.contract import stories

TOP = Path(__file__).parents[2]
PAGE = (Path(__file__).parent / "HARD-CASES.md").read_text()
ROWS = re.findall(r"^\| (\d+\.[PN]\d) \| .+? \| (.+) \|$", PAGE, re.M)
KINDS = {5: "PPPPNNNN", 9: "PPPPPNN", 10: "PPPPNN", 11: "PPPPNN", 12: "PPPPNN", 13: "PPPPPN",
         15: "PPPPPNNNN", 16: "PPPPNNN"}  # fmt: skip
"""Kinds of each chapter of the collection that the page is about."""


def told(category: str) -> set[str]:
    """Names of a category's stories, without the turn and seed."""
    both = (*stories.positives(category, 1), *stories.hard_negatives(category, 1))
    return {story.name.rsplit(" ", 1)[0] for story in both}


def test_every_kind_of_these_chapters_has_its_row() -> None:
    wanted = [
        f"{chapter}.{kind}{kinds[: at + 1].count(kind)}"
        for chapter, kinds in KINDS.items()
        for at, kind in enumerate(kinds)
    ]
    assert [case for case, _ in ROWS] == wanted


@pytest.mark.parametrize(("case", "where"), ROWS, ids=[case for case, _ in ROWS])
def test_what_it_names_is_there(case: str, where: str) -> None:
    named = re.findall(r"`([^`]+)`", where)
    assert named
    for each in named:
        if "::" in each:
            path, test = each.split("::")
            assert f"def {test}(" in (TOP / path).read_text(), each
        elif ": " in each:
            category, name = each.split(": ", 1)
            assert name in told(category), each
        else:
            (missing,) = [one for one in detectors() if one.name == each]
            assert case.split(".")[1] in str(type(missing).__doc__).split("Fails:")[1], f"{each}: {case}"


def test_the_sums_are_those_of_the_rows() -> None:
    missed = {case for case, where in ROWS if where.startswith("missed")}
    part = sum(where.startswith("missed") and ";" in where for _, where in ROWS)
    found = {kind: [case for case, _ in ROWS if kind in case and case not in missed] for kind in "NP"}
    every = {kind: sum(kind in case for case, _ in ROWS) for kind in "NP"}
    said = (
        f"N kinds that are tried: {len(found['N'])} of {every['N']}. P kinds that are tried: "
        f"{len(found['P'])} of {every['P']}, and {part} of the {len(missed)} others in part."
    )
    assert said in PAGE
    assert len(found["N"]) == every["N"]
    assert 3 * len(found["P"]) >= 2 * every["P"]
