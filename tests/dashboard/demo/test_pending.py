"""What the demo starts so that waiting transactions are seen: only where it is asked to."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.demo import parts
from dashboard.demo.parts import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, 31_337, broker_port=1, chain_port=2, anchor_port=3)


def test_without_it_nothing_waits(place: Place) -> None:
    assert "--wait-in-pool" not in parts.simulation(place, 50, None).argv
    assert "--block-time" not in parts.simulation(place, 50, None).argv
    assert "--mempool" not in parts.ingest(place, keeps_lake=False).argv
    assert "--transactions-kept" not in parts.chain(place).argv


def test_with_it_what_is_played_waits_at_a_pace_at_which_it_can_be_judged(place: Place) -> None:
    played = list(parts.simulation(place, 50, None, pending=True).argv)
    assert played[played.index("--wait-in-pool") + 1] == str(parts.ROUND_THE_POOL)
    assert played[played.index("--block-time") + 1] == str(parts.PENDING_BLOCK_SECONDS)
    assert "--mempool" in parts.ingest(place, keeps_lake=False, pending=True).argv
    assert "--transactions-kept" in parts.chain(place, pending=True).argv


def test_what_waits_is_judged_with_the_rules_that_judge_blocks(place: Place, tmp_path: Path) -> None:
    argv = list(parts.pending(place, tmp_path).argv)
    assert argv[argv.index("detect") + 1] == "--pending"
    assert argv[argv.index("--rules") + 1] == str(tmp_path)
