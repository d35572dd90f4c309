"""On real contracts: the labelled attacks of the demo are found, and its hard negatives are not flagged."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from detectors.evaluate import Labels, Verdict, judge, load_labels
from detectors.registry import detectors
from detectors.runs.over_lake import LakeRun
from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from tests.fixtures.chain import Played

pytestmark = pytest.mark.chain

CATEGORIES = ("address-poisoning", "anomalous-wallet", "layering", "wallet-drain")


@pytest.fixture(scope="session")
def labels(played: Played) -> Labels:
    return load_labels(played.labels)


@pytest.fixture(scope="session")
def verdict(played: Played, labels: Labels, tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """What the detectors say of the played chain, held against its labels."""
    lake = tmp_path_factory.mktemp("lake")
    wanted = BackfillSettings(first=1, last=_last_block(played.labels))
    backfill(played.rpc, None, wanted, lake, threading.Event(), lambda _: None, lambda _: None)
    opened = Lake.open(lake)
    judged = LakeRun(opened, opened.chain_id(), detectors()).run(None, None, lambda _: None)
    return judge(judged.alerts, labels)


def _last_block(labels: Path) -> int:
    return int(json.loads(labels.read_text().splitlines()[0])["last_block"])


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_attack_of_the_category_is_found(category: str, labels: Labels, verdict: Verdict) -> None:
    """One that came to nothing (given up, out of gas) may be missed."""
    played = {label.id for label in labels.attacks if label.category == category and label.succeeded}

    assert played, "the demo must play an attack of every category it promises to find"
    assert {label.id for label in verdict.missed if label.category == category and label.succeeded} == set()


@pytest.mark.parametrize("category", CATEGORIES)
def test_no_hard_negative_of_the_category_is_flagged(category: str, labels: Labels, verdict: Verdict) -> None:
    played = [
        label.id for label in labels.labels if label.category == category and label.kind == "hard_negative"
    ]

    assert played, "the demo must play something honest that looks like the category"
    assert [label.id for label in verdict.flagged_hard_negatives if label.category == category] == []


def test_no_victim_is_called_an_attacker(verdict: Verdict) -> None:
    assert verdict.victims_named_attacker == ()
