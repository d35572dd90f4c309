"""Files that take long are tested first, and each stays together."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from tests.fixtures.order import long_files_first


class Item:
    """What a collected test is to the order."""

    def __init__(self, file: str, *markers: str) -> None:
        self.path = Path(file)
        self.markers = markers

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.markers else None


def test_a_file_comes_before_others_by_the_longest_of_its_tests() -> None:
    items: list[Any] = [
        Item("quick.py"), Item("broker.py", "broker"), Item("played.py"), Item("played.py", "chain", "slow"),
        Item("quicker.py"), Item("chain.py", "chain"),
    ]  # fmt: skip
    long_files_first(cast("list[pytest.Item]", items))
    assert [item.path.name for item in items] == [
        "played.py", "played.py", "chain.py", "broker.py", "quick.py", "quicker.py",
    ]  # fmt: skip
