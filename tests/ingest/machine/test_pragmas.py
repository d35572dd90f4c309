"""Which compiler a pragma asks for."""

from __future__ import annotations

import pytest

from ingest.machine.pragmas import newest
from ingest.model.errors import BadInput

THERE = ["0.4.26", "0.5.16", "0.5.17", "0.6.12", "0.7.6", "0.8.19", "0.8.28"]


@pytest.mark.parametrize(
    ("pragma", "version"),
    [
        ("^0.8.0", "0.8.28"),
        ("0.5.16", "0.5.16"),
        ("=0.5.16", "0.5.16"),
        (">=0.4.22 <0.6.0", "0.5.17"),
        (">= 0.6.0 < 0.7.0", "0.6.12"),
        ("~0.7.1", "0.7.6"),
        ("^0.4.11 || ^0.6.0", "0.6.12"),
        ("0.5.0 - 0.7.0", "0.6.12"),
        ("0.8.x", "0.8.28"),
        ("0.6", "0.6.12"),
        ("*", "0.8.28"),
        ("<=0.8.19", "0.8.19"),
        (">0.8.19", "0.8.28"),
        ('"^0.5.0"', "0.5.17"),
    ],
)
def test_the_newest_that_a_range_allows_is_taken(pragma: str, version: str) -> None:
    assert newest([pragma], THERE) == version


def test_every_file_has_its_say() -> None:
    assert newest([], THERE) == "0.8.28"
    assert newest(["^0.8.0", "<0.8.20"], THERE) == "0.8.19"


def test_what_no_compiler_satisfies_is_said_with_those_that_are_there() -> None:
    with pytest.raises(
        BadInput, match=r"no Solidity compiler here satisfies '0\.8\.3': there are 0\.4\.26, "
    ):
        newest(["0.8.3"], THERE)


@pytest.mark.parametrize("pragma", ["latest", "^0.8.0 beta", "0.8.0.0", "^"])
def test_what_is_no_range_is_named(pragma: str) -> None:
    with pytest.raises(BadInput, match="cannot be read as a range"):
        newest([pragma], THERE)
