"""A guarded vault on a real chain, and a store that says what happens to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.store import open_writer
from tests.dashboard.alerts import CHAIN, Filing
from tests.dashboard.outside.guarding.guarded import Guarded
from tests.fixtures.second_chain import second_chain


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One chain for all tests of a file."""
    with second_chain(CHAIN) as chain:
        chain.mine(5)
        made = Guarded(chain, tmp_path_factory.mktemp("guarded"))
        chain.mine(5)
        yield made


@pytest.fixture
def guarded(town: Guarded, tmp_path: Path) -> Iterator[Guarded]:
    """As it was at its beginning, with a folder of its own."""
    snapshot = town.chain.wallet.ask("evm_snapshot")
    before, town.folder = town.folder, tmp_path
    yield town
    town.folder = before
    town.chain.forget_what_waits()
    town.chain.wallet.ask("evm_revert", snapshot)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Guarded]:
    """A vault on a chain of its own, which may be reorganised: anvil forgets its snapshots then."""
    with second_chain(CHAIN) as chain:
        chain.mine(5)
        made = Guarded(chain, tmp_path)
        chain.mine(5)
        yield made


@pytest.fixture
def filing(sqlite_url: str) -> Iterator[Filing]:
    writer = open_writer(sqlite_url)
    yield Filing(writer)
    writer.close()
