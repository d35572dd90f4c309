"""An evaluation is read as `evaluate` writes it; a file that is none is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.filing import evaluation
from dashboard.filing.evaluation import read_evaluation
from dashboard.launch import Sources
from ingest.model.errors import BadInput, NotALake
from tests.dashboard.evaluations import plain, written


def test_what_evaluate_writes_is_read(tmp_path: Path) -> None:
    told = read_evaluation(written(tmp_path / "evaluation.json"))
    drains = next(each for each in told.categories if each.name == "wallet-drain")
    # Two thefts, one alert about the first: half of them found, nothing false.
    assert (drains.attacks, drains.found, drains.alerts) == (2, 1, 1)
    assert (drains.recall.value, drains.precision.value) == (0.5, 1.0)
    assert drains.recall.low is not None and drains.recall.low < 0.5 < (drains.recall.high or 0)
    assert told.overall.found == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "is not JSON"), ("[]", "is no evaluation"),
     ("{}", "is no evaluation"),
     ('{"categories": [], "overall": {}}', "is no evaluation")],
)  # fmt: skip
def test_another_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(BadInput, match=said):
        read_evaluation(file)


def test_a_file_that_is_not_there_or_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read_evaluation(tmp_path / "gone.json")
    monkeypatch.setattr(evaluation, "MOST_BYTES", 10)
    with pytest.raises(BadInput, match="larger than 10 bytes"):
        read_evaluation(written(tmp_path / "evaluation.json"))


@pytest.mark.parametrize("value", [None, "x", [], {}, -1, 10**40, True, [1], {"value": "high"}], ids=range(9))
def test_any_value_in_it_is_left_out_alone(tmp_path: Path, value: object) -> None:
    good: dict[str, Any] = plain(tmp_path)
    file = tmp_path / "odd.json"
    for key in good["categories"]["wallet-drain"]:
        odd = json.loads(json.dumps(good))
        odd["categories"]["wallet-drain"][key] = value
        file.write_text(json.dumps(odd))
        assert "wallet-drain" in {each.name for each in read_evaluation(file).categories}


def test_the_dashboard_says_what_is_wrong_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(NotALake, match="is not a lake"):
        Sources(lake=tmp_path).check()
    with pytest.raises(BadInput, match="cannot be read"):
        Sources(evaluation=tmp_path / "gone.json").check()
    assert set(Sources().settings().values()) == {""}
