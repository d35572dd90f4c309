"""`undertow evaluate --recorded`, on the real recordings, on hand-made ones, on none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import undertow
from detectors.evaluate.recorded.run import judge_recorded
from detectors.registry import detectors
from ingest.model.errors import BadInput
from tests.detectors.recorded.scripted import Scripted
from tests.detectors.recorded.writing import exploit, mev_folder, poison, poison_file, sandwich, tx, write
from tests.fixtures.mainnet import recorded, recorded_json


def run(*arguments: object) -> Result:
    return CliRunner().invoke(undertow.app, ["evaluate", *map(str, arguments)])


def rows(report: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {row["what"].split()[0].strip(","): row for row in report["sets"][name]["tallies"]}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON of a run over the real recordings."""
    file = tmp_path_factory.mktemp("real") / "report.json"
    done = run("--recorded", recorded("mainnet_mev").parent, "--json", file)
    assert done.exit_code == 0, done.output
    plain: dict[str, Any] = json.loads(file.read_text())
    return plain


def test_every_recorded_finding_is_expected_and_what_nobody_detects_reads_not_built(
    real: dict[str, Any],
) -> None:
    wanted = recorded_json("mainnet_mev/expected.json").values()
    mev = rows(real, "mainnet_mev")
    for what in ("sandwich", "arbitrage", "liquidation"):
        plural = {"sandwich": "sandwiches"}.get(what, f"{what}s")
        assert mev[what]["expected"] == sum(len(block[plural]) for block in wanted)
    assert rows(real, "exploits")["exploit"]["expected"] == len(list(recorded("exploits").glob("*.json")))
    caught = {category for detector in detectors() for category in detector.catches}
    assert mev["sandwich"]["built"] is ("sandwich" in caught)
    figures = real["sets"]["mainnet_mev"]["figures"]
    assert figures["transactions"] == sum(block["transactions"] for block in wanted)


def test_the_real_poisonings_are_found_and_nobody_else_is_accused(real: dict[str, Any]) -> None:
    poisoning = rows(real, "poisoning")["poisoning"]
    lines = recorded("poisoning/transfers.csv").read_text().splitlines()
    assert poisoning["expected"] == len(lines) - 1
    assert poisoning["found"] == poisoning["expected"]
    assert poisoning["extra"] == 0
    assert real["sets"]["poisoning"]["figures"]["rows_with_a_role_error"] == 0


def test_every_case_names_its_place_and_what_both_sides_say(real: dict[str, Any]) -> None:
    for each in real["sets"].values():
        for case in each["cases"]:
            assert case["place"]
            assert case["recorded"]
            assert case["undertow"]
            assert all(re.fullmatch("0x[0-9a-f]{64}", part["hash"]) for part in case["transactions"])


def test_the_table_says_found_missed_extra_and_not_built(tmp_path: Path) -> None:
    mev_folder(tmp_path, sandwiches=[sandwich("hers", "his")])
    poison_file(tmp_path, poison())
    found = Scripted(
        ("sandwich", "address-poisoning"), (("sandwich", ("front", "hers", "his", "back"), None),)
    )
    lines = judge_recorded(tmp_path, [found]).lines()
    assert (
        lines[0]
        == "mainnet_mev: 1 blocks, 5 transactions; 0 other alerts, 0.0 per 10,000 (95 %: 0.0 to 4344.82)"
    )
    # one of one: the interval reaches down to 1 / (1 + 1.96^2) = 20.7 %
    assert re.fullmatch(r"  sandwich +1 +1 +0 +0   20.7 to 100.0 %", lines[2])
    assert re.fullmatch(r"  poisoning, lookalike named +1 +0 +1 +0   0.0 to 79.3 %", lines[8])
    assert "  missed: poisoning, poisoning/rows.csv line 2" in lines
    assert f"      poison   {tx('poison')}" in lines
    assert lines[-1] == "exploits: not in this folder, not judged"


def test_a_folder_that_is_not_there_is_said_and_no_error(tmp_path: Path) -> None:
    write(tmp_path / "exploits" / "one.json", exploit())
    done = run("--recorded", tmp_path)
    assert done.exit_code == 0
    assert "mainnet_mev: not in this folder, not judged" in done.output
    assert "poisoning: not in this folder, not judged" in done.output


def test_an_empty_set_expects_nothing(tmp_path: Path) -> None:
    for name in ("mainnet_mev", "exploits", "poisoning"):
        (tmp_path / name).mkdir()
    done = run("--recorded", tmp_path)
    assert done.exit_code == 0
    assert "0 blocks, 0 transactions; 0 other alerts\n" in done.output


def test_a_folder_with_no_recordings_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        BadInput, match="holds no recordings: it needs at least one of the folders mainnet, mainnet_mev"
    ):
        judge_recorded(tmp_path / "nowhere", [])


@pytest.mark.parametrize(
    "arguments",
    [(), ("--recorded", "a", "--alerts", "b"), ("--recorded", "a", "--labels", "b"), ("--labels", "b")],
)
def test_recordings_and_books_are_judged_apart(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert "give --alerts and --labels, or --recorded alone" in done.output


def test_what_a_recording_hides_is_written_out_on_the_terminal_and_in_the_json(tmp_path: Path) -> None:
    hostile = "\x1b[2Jname\u202e\n  exploit raised   1   1"
    write(tmp_path / "exploits" / "one.json", exploit(incident=hostile))
    done = run("--recorded", tmp_path, "--json", tmp_path / "report.json")
    assert "\\u{001b}[2Jname\\u{202e}\\u{000a}  exploit raised" in done.output
    assert "\x1b" not in done.output
    assert "\u202e" not in (tmp_path / "report.json").read_text()
