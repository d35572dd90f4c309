"""What `undertow evaluate` prints and writes, from files as a user has them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from detectors.alerts.alert import Alert
from detectors.evaluate.categories import ANY, CATEGORIES
from detectors.evaluate.report import Report, evaluate
from detectors.evaluate.survey import Survey
from detectors.evaluate.text_table import table
from detectors.runs.over_lake import SCORES, write_lines
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput
from tests.contract import categories as contract
from tests.detectors.alerts import ALICE, BOB, MALLORY, TRUDY, in_a_book, label, labels, layered, transaction
from tests.detectors.test_evaluate_measures import about, attack, payroll
from tests.fixtures.frames import ChainBuilder
from undertow import app

BUILT = frozenset({"layering", "wallet-drain"})


def surveyed(honest: int) -> Survey:
    return Survey(honest + 5, honest, (), np.zeros((0, 8)), frozenset())


def line(name: str, said: list[str]) -> str:
    return next(each for each in said if each.startswith(name))


def test_the_categories_are_those_that_detectors_and_their_contract_know() -> None:
    assert set(CATEGORIES) == contract.CATEGORIES


def test_the_rate_is_unmatched_alerts_for_ten_thousand_honest_transactions() -> None:
    alerts = [about(1), about(50), about(7_000)]
    report = evaluate(alerts, labels(attack(1), payroll()), BUILT, surveyed(4_000))
    assert report.overall.per_10k == 2.5  # 1 of 4,000: the flagged payroll is labelled, so not one of them
    assert "1 match no label (2.50 per 10,000 honest transactions)" in "\n".join(table(report))
    assert evaluate(alerts, labels(attack(1)), BUILT).overall.per_10k is None
    assert evaluate([], labels(), BUILT, surveyed(0)).overall.per_10k is None


def test_a_category_says_whether_it_can_be_measured() -> None:
    many = [attack(number) for number in range(30)]
    few = [attack(100, category="wallet-drain"), attack(101, category="rug-pull")]
    report = evaluate([], labels(*many, *few), BUILT)
    chosen = ("layering", "wallet-drain", "rug-pull", "honeypot")
    assert [report.statuses[name] for name in chosen] == ["measured", "not enough", "not built", "not built"]
    said = table(report)
    assert "0.00 [0.00," in line("layering", said)
    assert "not enough" in line("wallet-drain", said)
    assert "not built" in line("rug-pull", said)
    assert not any(each.startswith("honeypot") for each in said)
    assert "honeypot" in line("no detector yet", said)


def test_an_alert_of_a_category_without_a_detector_of_ours_is_measured_all_the_same() -> None:
    theirs = about(1, category="rug-pull")
    report = evaluate([theirs], labels(attack(1, category="rug-pull")), BUILT)
    assert report.statuses["rug-pull"] == "not enough"


def test_a_detector_without_labels_is_told() -> None:
    report = evaluate([about(50, category="wallet-drain")], labels(attack(1)), BUILT)
    assert report.statuses["wallet-drain"] == "no labels"
    assert line("no attack in the labels", table(report)).endswith(": wallet-drain")


def test_a_category_that_only_a_label_knows_has_a_row() -> None:
    report = evaluate([], labels(attack(1, category="tax-fraud")), BUILT)
    assert report.statuses["tax-fraud"] == "not built"


def test_macro_f1_is_the_mean_over_categories_and_one_without_a_detector_is_nothing() -> None:
    """Layering: found, F1 1. Draining: missed, F1 0. Rug pulls: not built, F1 0."""
    drain, rug = attack(2, category="wallet-drain"), attack(3, category="rug-pull")
    report = evaluate([about(1)], labels(attack(1), drain, rug), BUILT)
    assert (report.macro_f1, report.macro_f1_built) == (0.3333, 0.5)
    assert (report.built.attacks, report.overall.row.attacks) == (2, 3)


def test_an_evasion_that_works_is_told_by_its_variant() -> None:
    made = [attack(1, variant="peel"), attack(2, variant="slow"), attack(3, variant="slow")]
    said = table(evaluate([about(1), about(2)], labels(*made), BUILT))
    assert line("not all found of layering", said) == "not all found of layering: slow 1 of 2"


def test_baselines_stand_in_the_same_table() -> None:
    naive = {"constant": [about(number, category=ANY) for number in range(9)]}
    made = [attack(1), attack(2, category="rug-pull")]
    report = evaluate([], labels(*made), BUILT, surveyed(1_000), naive)
    (constant,) = report.baselines
    assert (constant.row.found, constant.row.false_alarms, constant.per_10k) == (2, 7, 70.0)
    assert {name: each.value for name, each in constant.recall.items()} == {"layering": 1.0, "rug-pull": 1.0}
    said = table(report)
    assert line("baseline: constant", said).split()[2:4] == ["2", "2"]
    assert line("baseline constant", said) == (
        "baseline constant: 9 alerts (70.00 per 10,000 honest transactions)"
    )


def test_what_is_unknown_is_said_to_be() -> None:
    report = evaluate([about(50)], replace(labels(attack(1)), unlabelled="unknown"), BUILT, surveyed(1_000))
    assert report.overall.per_10k is None
    assert line("what has no label is unknown", table(report)).endswith("hard negatives only")


def test_a_name_cannot_forge_a_line_of_the_table() -> None:
    report = evaluate([], labels(attack(1, category="x\nlayering  40  40  1.00\u202e")), BUILT)
    assert not any(each.startswith("layering") for each in table(report))
    assert "\u202e" not in "\n".join(table(report))


# The command: mallory's attack is found and trudy's missed; alice, a victim, is called an attacker.


def files(folder: Path, alerts: list[Alert]) -> list[str]:
    roles = [{"address": MALLORY, "role": "attacker"}, {"address": ALICE, "role": "victim"}]
    plain = {
        "category": "layering", "kind": "attack", "first_block": 95, "last_block": 105, "harm_block": 102,
        "loss_usd": 1.0, "note": "peel: ten hops", "transactions": [transaction(9_000)],
    }  # fmt: skip
    header = {"chain_id": 1, "first_block": 1, "last_block": 200, "unlabelled": "honest"}
    second = {"roles": [{"address": TRUDY, "role": "attacker"}], "transactions": [transaction(9_001)]}
    told = [header, {"id": "mallory's", "roles": roles, **plain}, {"id": "trudy's", **plain, **second}]
    write_lines(folder / "labels", [json.dumps(each) for each in told])
    write_lines(folder / "book", [in_a_book(alert).to_json() for alert in alerts])
    return ["--alerts", str(folder / "book"), "--labels", str(folder / "labels")]


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def test_the_command_prints_the_table_and_writes_everything_as_json(tmp_path: Path) -> None:
    book = [layered(100, MALLORY, ALICE), layered(101, BOB)]
    result = command(*files(tmp_path, book), "--json", tmp_path / "json")
    assert result.exit_code == 0, result.output
    assert "1 victims called an attacker, 0 duplicates" in result.output
    said = json.loads((tmp_path / "json").read_text())
    assert (said["chain_id"], said["unlabelled"], said["horizon_blocks"]) == (1, "honest", 50)
    row = said["categories"]["layering"]
    assert (row["found"], row["missed"], row["status"]) == (1, 1, "not enough")
    assert row["precision"] == {"value": 0.5, "low": 0.0945, "high": 0.9055, "n": 2}
    assert row["lead"] == {"n": 1, "lower_quartile": 2.0, "median": 2.0, "upper_quartile": 2.0}
    assert (said["missed"], said["victims_named_attacker"]) == (["trudy's"], 1)
    assert said["role_errors"] == {"victim called attacker": 1}
    assert said["alerts_per_10k_honest_transactions"] is None
    assert said["baselines"] == {}


def test_scores_tell_how_close_a_miss_was(tmp_path: Path) -> None:
    rows = [(1, 100, "wallet", TRUDY, 0.44, "{}"), (1, 101, "wallet", TRUDY, 0.41, "{}"),
            (1, 100, "wallet", MALLORY, 0.7, "{}"), (1, 100, "wallet", BOB, 0.35, "{}")]  # fmt: skip
    pl.DataFrame(rows, schema=SCORES, orient="row").write_parquet(tmp_path / "scores")
    arguments = files(tmp_path, [layered()])
    result = command(*arguments, "--scores", tmp_path / "scores", "--json", tmp_path / "json")
    assert result.exit_code == 0, result.output
    said = json.loads((tmp_path / "json").read_text())
    assert said["missed_highest_score"] == {"trudy's": 0.44}
    told = [(each["mean"], each["right"]["value"]) for each in said["calibration_of_scores"]]
    assert told == [(0.35, 0.0), (0.44, 1.0), (0.7, 1.0)]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (None, "cannot be read"),
        ({"x": [1]}, "holds no scores"),
        ({name: pl.Series([2 if name == "chain_id" else None], dtype=kind) for name, kind in SCORES.items()},
         "another chain than 1"),
    ],
)  # fmt: skip
def test_scores_that_cannot_be_used_end_in_one_line(
    tmp_path: Path, columns: dict[str, Any] | None, said: str
) -> None:
    if columns is None:
        (tmp_path / "scores").write_text("not Parquet")
    else:
        pl.DataFrame(columns).write_parquet(tmp_path / "scores")
    error = command(*files(tmp_path, []), "--scores", tmp_path / "scores").exception
    assert isinstance(error, BadInput)
    assert said in str(error)
    assert "\n" not in str(error)


def lake_of_mallory(folder: Path) -> Path:
    """Mallory pays alice in each of five blocks."""
    chain = ChainBuilder(first_block=1)
    for _ in range(5):
        chain.block().native(bytes.fromhex(MALLORY[2:]), bytes.fromhex(ALICE[2:]), 10**18)
    LakeWriter(folder).write(chain.batch())
    return folder


def test_a_lake_brings_the_honest_rate_and_the_baselines(tmp_path: Path) -> None:
    lake = lake_of_mallory(tmp_path / "lake")
    arguments = [*files(tmp_path, [layered(100, BOB)]), "--lake", lake, "--json", tmp_path / "json"]
    result = command(*arguments)
    assert result.exit_code == 0, result.output
    said = json.loads((tmp_path / "json").read_text())
    assert (said["transactions"], said["honest_transactions"]) == (5, 5)
    assert said["alerts_per_10k_honest_transactions"] == 2000.0  # 1 of 5
    assert {name: row["found"] for name, row in said["baselines"].items()} == {
        "constant": 1, "random": 0, "value > 50 ETH": 0, "isolation forest": 0,
    }  # fmt: skip
    assert command(*arguments, "--no-baselines").exit_code == 0
    assert json.loads((tmp_path / "json").read_text())["baselines"] == {}


def test_of_too_large_a_lake_the_baselines_are_left_out_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.evaluate.baselines.MOST_TRANSACTIONS", 4)
    lake = lake_of_mallory(tmp_path / "lake")
    result = command(*files(tmp_path, [layered()]), "--lake", lake)
    assert result.exit_code == 0
    assert "left out: the lake holds 5 transactions" in result.stderr
    assert "baseline: constant" not in result.stdout


def test_the_command_wants_a_book_and_labels_or_recordings(tmp_path: Path) -> None:
    both = files(tmp_path, [])
    for arguments in ([], both[:2], [*both, "--recorded", tmp_path], ["--recorded", tmp_path, "--html", "x"]):
        result = command(*arguments)
        assert result.exit_code == 2
        assert "--alerts and --labels" in result.output


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    for option in ("--json", "--html"):
        error = command(*files(tmp_path, []), option, tmp_path / "nowhere" / "file").exception
        assert isinstance(error, BadInput)
        assert "cannot be written" in str(error)


def test_the_same_report_is_written_in_the_same_bytes(tmp_path: Path) -> None:
    arguments = files(tmp_path, [layered(100, MALLORY, ALICE), layered(101, BOB)])
    for name in ("a", "b"):
        outputs = ("--json", tmp_path / f"{name}.json", "--html", tmp_path / f"{name}.html")
        assert command(*arguments, *outputs).exit_code == 0
    for kind in ("json", "html"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def report_of(*alerts: Alert) -> Report:
    return evaluate(alerts, labels(label()), BUILT)


def test_every_key_is_there_for_an_empty_world_too() -> None:
    empty, full = evaluate([], labels(), BUILT).to_dict(), report_of(layered()).to_dict()
    assert empty.keys() == full.keys()
    assert empty["overall"].keys() == full["overall"].keys()
