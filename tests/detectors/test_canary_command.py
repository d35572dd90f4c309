"""`undertow canary` judges a recorded attack again and again, and says how many of it are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from detectors.registry import detectors
from tests.detectors.judging.test_judge import Brittle
from tests.detectors.test_lake_run import lake_of, layering_town
from tests.fixtures.frames import address
from undertow import app

NOWHERE = "127.0.0.1:1"
"""No broker: a health record that nobody takes stops nothing."""
MALLORY = "0x" + address("mallory").hex()


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A lake in which mallory launders money."""
    lake_of(tmp_path / "lake", layering_town(), (1, 30))
    return tmp_path / "lake"


def label(category: str, kind: str = "canary") -> str:
    told = {"id": f"{category} of {kind}", "category": category, "kind": kind, "first_block": 3}
    roles = [{"address": MALLORY, "role": "attacker"}]
    return json.dumps(told | {"last_block": 10, "harm_block": None, "transactions": [], "roles": roles})


def sings(lake: Path, *labels: str, runs: int = 1) -> Result:
    file = lake.parent / "labels.jsonl"
    header = json.dumps({"chain_id": 1, "unlabelled": "honest", "seed": None})
    file.write_text("\n".join([header, *labels]) + "\n")
    argv = ["--lake", lake, "--labels", file, "--chain-id", 5, "--kafka", NOWHERE, "--every", 1]
    return CliRunner().invoke(app, ["canary", *map(str, argv), "--runs", str(runs)])


def test_what_is_found_is_counted_of_what_was_played_each_time(recorded: Path) -> None:
    said = sings(recorded, label("layering"), label("sandwich"), runs=2)
    assert said.stdout == "canary: 1 of 2 found\n" * 2


def test_where_no_canary_is_recorded_its_attacks_are_and_where_none_is_either_that_is_said(
    recorded: Path,
) -> None:
    assert sings(recorded, label("layering", "attack")).stdout == "canary: 1 of 1 found\n"
    refused = sings(recorded, label("layering", "hard_negative"))
    assert "labels no canary and no attack: give the labels of the recorded blocks" in str(refused.exception)


def test_a_detector_that_raises_is_named_beside_what_the_others_found(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = detectors()
    monkeypatch.setattr("detectors.registry.detectors", lambda: (*library, Brittle()))
    said = sings(recorded, label("layering")).stdout.splitlines()
    assert said[0].startswith("canary: brittle raised and is off from block 7 on")
    assert said[-1] == "canary: 1 of 1 found"
