"""A store, a second chain, and who anchors the one on the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.store import open_writer
from tests.dashboard.alerts import Filing
from tests.dashboard.outside.anchoring.anchored import Anchored
from tests.fixtures.second_chain import SecondChain


@pytest.fixture
def filing(sqlite_url: str) -> Iterator[Filing]:
    writer = open_writer(sqlite_url)
    yield Filing(writer)
    writer.close()


@pytest.fixture
def anchored(sqlite_url: str, filing: Filing, second: SecondChain, purse: Path, tmp_path: Path) -> Anchored:
    second.mine(5)
    return Anchored(sqlite_url, second, purse, tmp_path)
