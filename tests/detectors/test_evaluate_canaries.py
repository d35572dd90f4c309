"""What is said of a canary counts neither way, whoever says it and however often."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from detectors.evaluate import judge, load_labels
from detectors.evaluate.labels import Labels
from detectors.evaluate.measures import category_row
from ingest.localchain.play.labels import Label as PlayedLabel
from ingest.localchain.play.labels import LabelFile
from ingest.localchain.world.stage import Outcome, roles
from tests.detectors.alerts import ALICE, BOB, MALLORY, TRUDY, label, labels, layered, transaction

SONG = transaction(77)


@pytest.fixture
def told(tmp_path: Path) -> Labels:
    """Mallory's attack, and a canary in which trudy robs bob, as the local chain writes it."""
    outcome = Outcome((SONG,), roles([TRUDY], [BOB]), "its own wallets", SONG)
    file = LabelFile(tmp_path / "labels.jsonl", 1, 1, 7)
    file.write([PlayedLabel("canary-1", "layering", "canary", "own_wallets", outcome)], {SONG: 100}, 200)
    return replace(load_labels(file.path), labels=labels(label()).labels)


def test_a_canary_that_is_found_is_neither_found_nor_false(told: Labels) -> None:
    about = [layered(100, TRUDY), layered(101, TRUDY, category="wallet-drain"), layered(102, TRUDY, BOB)]
    said = judge([*about, layered(100, MALLORY)], told)
    assert [one.id for one in said.raised] == ["alert 100 d"]
    row = category_row(said, "layering")
    assert (row.attacks, row.found, row.false_alarms) == (1, 1, 0)
    assert said.misnamed == ()


def test_a_canary_that_is_missed_is_no_miss(told: Labels) -> None:
    said = judge([], told)
    assert [one.id for one in said.missed] == ["attack"]


def test_who_rests_on_a_transaction_of_a_canary_is_about_it(told: Labels) -> None:
    said = judge([layered(100, ALICE, transactions=(SONG,))], told)
    assert said.raised == () and said.unmatched == ()


def test_without_canaries_an_alert_about_the_same_wallets_is_false(told: Labels) -> None:
    said = judge([layered(100, TRUDY)], replace(told, canaries=()))
    assert category_row(said, "layering").false_alarms == 1


def test_a_label_file_keeps_canaries_apart(tmp_path: Path, told: Labels) -> None:
    lines = (tmp_path / "labels.jsonl").read_text().splitlines()
    assert json.loads(lines[1])["kind"] == "canary"
    assert [one.id for one in told.canaries] == ["canary-1"] and told.attacks == tuple(
        labels(label()).attacks
    )
    assert told.of_canaries == {TRUDY, BOB, SONG}
