"""Killed at any step, what is there is of before or of after."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.dashboard.outside.packs.exchange import MALLORY, OSCAR, Exchange
from tests.readme.documents import TOP


def test_import_and_withdrawal_are_done_or_not_wherever_they_are_killed(tmp_path: Path) -> None:
    each, work = Exchange(tmp_path), tmp_path / "work"
    each.packs, each.lists = work, work / "lists"
    each.trusts()
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps({"chain_id": 1, "unlabelled": "honest"}) + "\n")
    each.takes(each.list(MALLORY))
    each.takes(each.makes("labels", labels, "carols-labels"))
    shutil.move(work, tmp_path / "base")

    second = each.list(MALLORY, OSCAR, version=2)
    words = [sys.executable, "-m", "tests.dashboard.outside.packs.killed", tmp_path / "base", work, second]
    done = subprocess.run(list(map(str, words)), cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(int(count) >= 8 for count in done.stdout.split())
