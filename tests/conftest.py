"""Fixtures live in `tests/fixtures/`, one file for each outside thing they start."""

from __future__ import annotations

import pytest

from tests.fixtures.order import long_files_first

pytest_plugins = [
    "tests.fixtures.broker",
    "tests.fixtures.stoppable_broker",
    "tests.fixtures.chain",
    "tests.fixtures.browser",
    "tests.fixtures.town",
    "tests.fixtures.pipeline",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long_files_first(items)
