"""A town that remembers in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.detectors.memory.town import Town


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def town(state: Path) -> Iterator[Town]:
    town = Town(state)
    yield town
    town.memory.close()
