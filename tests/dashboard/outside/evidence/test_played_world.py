"""One alert of every category that is found in a played world: proved, checked, made again."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from dashboard.outside.evidence.blocks import LakeBlocks
from dashboard.outside.evidence.replay import compare
from dashboard.outside.evidence.verifying import check
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from detectors.runs.over_lake import LakeRun, write_book
from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from tests.dashboard.outside.evidence.bundles import NOTHING, of_each_category, parsed
from tests.dashboard.outside.evidence.test_evidence_commands import script
from tests.fixtures.chain import Played

pytestmark = [pytest.mark.chain, pytest.mark.soak, pytest.mark.timeout(1800)]


def test_every_category_of_a_played_world_is_proved_and_made_again(played: Played, tmp_path: Path) -> None:
    last = int(json.loads(played.labels.read_text().splitlines()[0])["last_block"])
    wanted = BackfillSettings(first=1, last=last, traces=True)
    quietly = threading.Event(), lambda _line: None, lambda _done: None
    assert backfill(played.rpc, None, wanted, tmp_path / "lake", *quietly)
    lake = Lake.open(tmp_path / "lake")
    run = LakeRun(lake, lake.chain_id(), detectors()).run(None, None, lambda _: None)
    write_book(tmp_path / "book.jsonl", run, EngineSettings().finality)
    every = of_each_category(tmp_path / "book.jsonl", tmp_path / "lake", tmp_path / "key")

    assert every.keys() >= {"address-poisoning", "anomalous-wallet", "layering", "wallet-drain"}
    for category, content in every.items():
        found = check(content, NOTHING)
        blocks = LakeBlocks(tmp_path / "lake", lake.chain_id())
        compare(found, blocks, EngineSettings(), detectors(), lambda _: None)
        assert found.refusals == [], category
        rows = parsed(content)["evidence"]["alert"]["evidence"]
        standing = {claim.what: claim.standing for claim in found.claims}
        for at, row in enumerate(rows):
            assert row["trace_index"] is None or standing[f"row {at}"] == "stated", category
        (tmp_path / f"{category}.json").write_bytes(content)
        assert script(tmp_path / f"{category}.json").returncode == 0, category
