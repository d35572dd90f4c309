"""A run with other settings is refused; `--rebuild` judges the log anew and sends only what differs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from detectors.live import Live
from detectors.published import last_revisions
from detectors.registry import detectors
from detectors.settings import EngineSettings
from ingest.log.blocklog import LogWriter
from ingest.model.errors import RunMismatch
from tests.fixtures.frames import ChainBuilder, address

pytestmark = pytest.mark.broker

ALICE, BOB, MALLORY, USDC = (address(name) for name in ("alice", "bob", "mallory", "usdc"))
LOOKALIKE = bytes.fromhex(BOB.hex()[:6] + "0" * 28 + BOB.hex()[-6:])
BLOCKS = 40


def publishes(kafka: str, chain_id: int) -> None:
    """Alice pays bob, mallory plants a lookalike of bob, and time goes by."""
    chain = ChainBuilder(chain_id=chain_id).block().erc20(USDC, ALICE, BOB, 500)
    chain.block().erc20(USDC, ALICE, LOOKALIKE, 0, by=MALLORY)
    writer = LogWriter(kafka, chain_id)
    writer.publish(chain.blocks(BLOCKS - 2).batches(5))
    writer.close()


def judges(kafka: str, chain_id: int, state: Path, finality: int, rebuild: bool = False) -> None:
    live = Live(kafka, chain_id, detectors(), state, EngineSettings(finality=finality))
    live.run(threading.Event(), until_block=BLOCKS, rebuild=rebuild)


@pytest.mark.parametrize("kept", [True, False], ids=["with-its-checkpoint", "with-its-checkpoint-lost"])
def test_other_settings_are_refused_until_the_log_is_judged_anew(
    kafka: str, fresh_chain_id: int, tmp_path: Path, kept: bool
) -> None:
    publishes(kafka, fresh_chain_id)
    judges(kafka, fresh_chain_id, tmp_path / "state", finality=8)
    (before,) = last_revisions(kafka, fresh_chain_id).values()
    state = tmp_path / ("state" if kept else "elsewhere")

    with pytest.raises(RunMismatch, match="--rebuild"):
        judges(kafka, fresh_chain_id, state, finality=16)
    assert last_revisions(kafka, fresh_chain_id) == {before.id: before}

    judges(kafka, fresh_chain_id, state, finality=16, rebuild=True)
    (after,) = last_revisions(kafka, fresh_chain_id).values()

    assert (after.id, after.status) == (before.id, "final")
    assert after.run != before.run
    # The next start goes on from where the rebuilt run stands.
    judges(kafka, fresh_chain_id, state, finality=16)
