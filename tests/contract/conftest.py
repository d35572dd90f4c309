"""The worlds that all contract tests share."""

import pytest

pytest.register_assert_rewrite(
    "tests.contract.checks",
    "tests.contract.order_checks",
    "tests.contract.part_checks",
    "tests.contract.worth_checks",
)

from tests.contract.worlds import Worlds  # noqa: E402


@pytest.fixture(scope="session")
def worlds() -> Worlds:
    return Worlds()
