"""Settings that no run can keep to are refused."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.engine.settings import EngineSettings
from ingest.model.errors import BadInput


@pytest.mark.parametrize("name", ["finality", "epoch_blocks", "block_scores", "evidence_rows"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_count_of_the_engine_begins_at_one(name: str, value: int) -> None:
    changes: dict[str, Any] = {name: value}
    with pytest.raises(BadInput, match=f"^the setting {name} is {value}: give a whole number from 1 to "):
        EngineSettings(**changes)


@pytest.mark.parametrize("changes", [{"schedule": None}, {"quiet_seconds": -1}, {"score_floor": 1.1}])
def test_another_setting_of_the_engine_that_no_run_can_keep_to_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        EngineSettings(**changes)
