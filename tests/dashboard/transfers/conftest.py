"""The town's lake, once for all tests of this folder, and a store beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.store import Reader, open_reader, open_writer
from dashboard.transfers.door import Transfers, open_transfers
from tests.dashboard.alerts import Filing
from tests.dashboard.transfers.town import lake


@pytest.fixture(scope="session")
def town_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lake(tmp_path_factory.mktemp("town"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Filing, Reader]]:
    """A store to file into, and to ask."""
    url = f"sqlite:///{tmp_path}/desk.db"
    with closing(open_writer(url)) as writer, closing(open_reader(url)) as reader:
        yield Filing(writer), reader


@pytest.fixture
def town(desk: tuple[Filing, Reader], town_lake: Path) -> Transfers:
    return open_transfers(desk[1], str(town_lake))


@pytest.fixture
def no_lake(desk: tuple[Filing, Reader]) -> Transfers:
    return open_transfers(desk[1], "")
