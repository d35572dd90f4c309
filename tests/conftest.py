"""Fixtures live in `tests/fixtures/`, one file for each outside thing they start."""

pytest_plugins = [
    "tests.fixtures.broker",
    "tests.fixtures.stoppable_broker",
    "tests.fixtures.chain",
    "tests.fixtures.browser",
    "tests.fixtures.town",
    "tests.fixtures.pipeline",
]
