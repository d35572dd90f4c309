"""Fixtures live in `tests/fixtures/`, one file for each outside thing they start."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.fixtures.order import ByWorld, long_files_first

# Brokers of tests live for minutes: Java's second compiler would take more time than it wins.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

# No example fails for being slow on a busy machine. `make test` tries the same ones each time,
# `make soak` others.
settings.register_profile(
    "same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("same"), derandomize=False, print_blob=True)
settings.load_profile("same")

pytest_plugins = [
    "tests.fixtures.broker",
    "tests.fixtures.stoppable_broker",
    "tests.fixtures.secured_broker",
    "tests.fixtures.three_brokers",
    "tests.fixtures.chain",
    "tests.fixtures.second_chain",
    "tests.fixtures.browser",
    "tests.fixtures.town",
    "tests.fixtures.pipeline",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long_files_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByWorld | None:
    return ByWorld(config, log) if config.getoption("dist") == "loadfile" else None
