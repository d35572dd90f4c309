"""`make evaluate` itself, over worlds that are not played but written: what is kept, summed, refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ingest.lake.writing import LakeWriter
from ingest.localchain.play.labels import Label, LabelFile
from ingest.localchain.world.stage import Outcome, roles
from tests.bench import evaluate
from tests.bench.world_store import Plan
from tests.detectors.test_lake_run import layering_town
from tests.fixtures.frames import address

TOP = Path(__file__).parents[2]


def mallory_layers(plan: Plan, folder: Path) -> None:
    """A lake in which mallory's money is passed on eight times from block 3 on, and the label of it."""
    batch = layering_town(30 + plan.seed).batch()
    LakeWriter(folder / "lake").write(batch)
    hashes = tuple("0x" + one.hex() for one in batch.transactions["transaction_hash"])
    named = roles(["0x" + address("mallory").hex()])
    story = Label("layering-attack-001", "layering", "attack", "peel_chain", Outcome(hashes, named, "hops"))
    where = {one: 3 + place for place, one in enumerate(hashes)}
    LabelFile(folder / "labels.jsonl", 1, 1, plan.seed).write([story], where, 30)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds of the worlds that were played."""
    seeds: list[int] = []

    def play(plan: Plan, folder: Path) -> None:
        seeds.append(plan.seed)
        mallory_layers(plan, folder)

    monkeypatch.setattr(evaluate, "play", play)
    return seeds


def test_a_kept_world_is_judged_without_playing_again_and_worlds_are_added_up(
    tmp_path: Path, played: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    plain = ["--folder", str(tmp_path), "--no-baselines", "--categories", "layering"]
    assert evaluate.main([*plain, "--seeds", "1"]) == 0
    assert evaluate.main([*plain, "--seeds", "1 2", "--tier", "logs"]) == 0
    assert played == [1, 2]
    said = json.loads((tmp_path / "evaluation.json").read_text())
    assert [each["seed"] for each in said["worlds"]] == [1, 2]
    assert (said["overall"]["attacks"], said["overall"]["found"]) == (2, 2)
    assert said["baselines"] == {}
    output = capfd.readouterr().out
    assert "--tier logs" in output
    assert output.count("playing a world") == 2  # seeds 1 and 2, each once
    assert output.count("kept and not played again: seed 1") == 1
    assert "to be judged: 2 attacks of 1 category, at least 2 of each" in output
    assert f"as a page (as if there were no more than logs): {tmp_path / 'evaluation.html'}" in output
    assert "half-played" not in output
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        "worlds", "judging.lock", "evaluation.html", "evaluation.json", "book-1.jsonl", "book-2.jsonl",
        "scores-1.parquet", "scores-2.parquet",
    }  # fmt: skip


def test_a_tier_that_the_world_does_not_hold_ends_with_the_commands_status(
    tmp_path: Path, played: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main(["--folder", str(tmp_path), "--seeds", "1", "--tier", "traces"]) == 1
    assert "no traces of block 3" in capfd.readouterr().err


def test_a_full_disk_ends_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(plan: Plan, folder: Path) -> None:
        raise OSError(28, "No space left on device", str(folder / "labels.jsonl"))

    monkeypatch.setattr(evaluate, "play", full)
    assert evaluate.main(["--folder", str(tmp_path), "--seeds", "1"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "labels.jsonl: No space left on device: free some space" in line


def test_a_folder_that_cannot_be_written_ends_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    assert evaluate.main(["--folder", str(tmp_path / "file" / "here")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("make evaluate: ")
    assert "set UNDERTOW_HOME" in line and "free some space" not in line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_playing_ends_in_one_line_and_leaves_no_world(
    tmp_path: Path,
    number: signal.Signals,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(plan: Plan, folder: Path) -> None:
        (folder / "lake").mkdir()
        os.kill(os.getpid(), number)
        threading.Event().wait(5)

    monkeypatch.setattr(evaluate, "play", interrupted)
    assert evaluate.main(["--folder", str(tmp_path), "--seeds", "1"]) == 130
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "make evaluate: ended before it was done; worlds played to their end are kept"
    assert [path.name for path in (tmp_path / "worlds").iterdir()] == ["locks"]


def test_of_two_runs_at_once_one_judges_after_the_other(
    tmp_path: Path, played: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    """While another run judges, this one waits, and says so."""
    with evaluate._alone(tmp_path):
        waiting = threading.Thread(
            target=evaluate._evaluate,
            args=(evaluate._wanted(["--folder", str(tmp_path), "--seeds", "1", "--no-baselines"]),),
        )
        waiting.start()
        said = ""
        while "another run judges in" not in said and waiting.is_alive():
            said += capfd.readouterr().out
            time.sleep(0.05)
        assert not (tmp_path / "book-1.jsonl").exists()
    waiting.join(120)
    assert (tmp_path / "evaluation.json").exists()


def test_a_world_too_small_for_an_attack_is_said_to_be(
    tmp_path: Path, played: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    plain = ["--folder", str(tmp_path), "--no-baselines", "--categories", "layering,ponzi", "--seeds", "1"]
    assert evaluate.main(plain) == 0
    said = capfd.readouterr().out
    assert "to be judged: 1 attack of 2 categories, at least 0 of each" in said
    assert "too few --blocks for an attack of: ponzi" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "1 two"], "'1 two' is no list of whole numbers"),
        (["--seeds", ""], "is no list of whole numbers"),
        (["--seeds", "3 4 3"], "names a seed twice"),
        (["--categories", "layering,tax-fraud"], "'tax-fraud' is none of address-poisoning, "),
        (["--tier", "rumours"], "invalid choice: 'rumours'"),
        (["--blocks", "-3"], "'-3' is no whole number above 0"),
        (["--transactions", "7"], "'7' is no whole number above 7"),
        (["--per-category", "many"], "'many' is no whole number above 0"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as error:
        evaluate.main(arguments)
    assert error.value.code == 2
    assert said in capsys.readouterr().err


def test_make_hands_on_what_it_is_given() -> None:
    given = ["SEEDS=1 2 3", "CATEGORIES=layering,ponzi", "TIER=logs", "ARGS=--blocks 300"]
    for arguments, wanted in (
        (given, '--seeds "1 2 3" --categories "layering,ponzi" --tier "logs" --blocks 300'),
        ([], "tests.bench.evaluate"),
    ):
        shown = subprocess.run(
            ["make", "-n", "evaluate", *arguments], cwd=TOP, capture_output=True, text=True, check=True
        ).stdout  # fmt: skip
        assert wanted in " ".join(shown.replace("\\\n", " ").split())
        assert ("--seeds" in shown) == bool(arguments)


@pytest.mark.chain
@pytest.mark.slow
@pytest.mark.parametrize(
    "tiers", [("traces",), pytest.param(("traces", "receipts"), marks=pytest.mark.soak)], ids=len
)
def test_a_world_is_played_with_traces_and_judged_with_and_without_them(
    tmp_path: Path, tiers: tuple[str, ...]
) -> None:
    plain = [
        "--folder", str(tmp_path), "--seeds", "5", "--blocks", "60", "--per-category", "1", "--transactions",
        "8", "--categories", "reentrancy", "--no-baselines",
    ]  # fmt: skip
    command = [sys.executable, "-m", "tests.bench.evaluate", *plain]
    for tier in tiers:
        subprocess.run([*command, "--tier", tier], cwd=TOP, check=True)
    (world,) = [path for path in (tmp_path / "worlds").iterdir() if path.name != "locks"]
    assert json.loads((world / "world.json").read_text())["seed"] == 5
