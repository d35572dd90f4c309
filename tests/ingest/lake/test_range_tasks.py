"""A backfill by Ray: the very lake that one process makes, whatever happens to workers."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake, Manifest
from tests.fixtures.ray import WITH_RAY
from tests.fixtures.town import ETHER, Town

pytestmark = [pytest.mark.chain, *WITH_RAY]


def fills(url: str, lake: Path, settings: BackfillSettings) -> list[Manifest]:
    """The ranges that are in the lake afterwards, with the digests of all files."""
    assert backfill(url, None, settings, lake, threading.Event(), lambda _line: None, lambda _progress: None)
    return list(Lake.open(lake).manifests)


def test_ray_makes_the_very_files_that_one_worker_makes(town: Town, tmp_path: Path) -> None:
    town.wraps("alice", ETHER).sends_weth("alice", "bob", 5).mine(2100).wraps("carol", ETHER)
    last = town.mine(3).head

    alone = fills(town.url, tmp_path / "alone", BackfillSettings(0, last, workers=1))
    spread = fills(town.url, tmp_path / "spread", BackfillSettings(0, last, workers=2, ray="local"))

    assert spread == alone
    assert len(alone) == 3
