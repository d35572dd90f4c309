"""The worlds that all contract tests share."""

import pytest

from tests.contract.worlds import Worlds


@pytest.fixture(scope="session")
def worlds() -> Worlds:
    return Worlds()
