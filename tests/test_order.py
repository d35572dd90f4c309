"""Files that take long are tested first, and each stays together, with those that read the same world."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest

from tests.fixtures.order import WORLDS, long_files_first, scope_of

TOP = Path(__file__).parents[1]


class Item:
    """What a collected test is to the order."""

    def __init__(self, file: str, *markers: str) -> None:
        self.nodeid = f"{file}::test"
        self.markers = markers

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.markers else None


def test_a_file_comes_before_others_by_the_longest_of_its_tests() -> None:
    items: list[Any] = [
        Item("quick.py"), Item("broker.py", "broker"), Item("played.py"), Item("played.py", "chain", "slow"),
        Item("quicker.py"), Item("chain.py", "chain"),
    ]  # fmt: skip
    long_files_first(cast("list[pytest.Item]", items))
    assert files(items) == [
        "played.py", "played.py", "chain.py", "broker.py", "quick.py", "quicker.py",
    ]  # fmt: skip


def test_files_that_read_one_world_come_first_and_together() -> None:
    whole = "tests/ingest/localchain/play/test_whole_world.py"
    attacks = "tests/scenarios/test_demo_attacks.py"
    stories = "tests/ingest/localchain/play/test_stories.py"
    items: list[Any] = [Item("slow.py", "slow"), *(Item(file, "chain") for file in (whole, attacks, stories))]
    long_files_first(cast("list[pytest.Item]", items))
    assert files(items) == [whole, stories, attacks, "slow.py"]
    assert [scope_of(item.nodeid) for item in items] == ["whole", "whole", "played", "slow.py"]


def test_each_file_that_is_said_to_read_a_world_is_there_and_reads_it() -> None:
    for path, world in WORLDS.items():
        assert re.search(rf"\b{world}: Played\b", (TOP / path).read_text()), path


def files(items: list[Any]) -> list[str]:
    return [item.nodeid.split("::")[0] for item in items]
