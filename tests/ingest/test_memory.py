"""Memory of `undertow ingest` stays where it is after its first blocks, however many follow."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from ingest.kafka import BLOCKS, Cluster, tail
from ingest.log.records import peek
from ingest.machine.processes import Child, wait_until
from tests.fixtures.restless_chain import RestlessChain, restless_chain

pytestmark = [pytest.mark.broker, pytest.mark.chain, pytest.mark.slow, pytest.mark.soak]

WARM, BLOCKS_READ = 1000, 4000
"""An hour of mainnet is 300 blocks."""

MOST_GROWTH = 3_000
"""Bytes a block: what it keeps of one (its header, where the log holds it) is some hundred."""


@pytest.mark.timeout(1800)
def test_memory_is_flat_over_ten_hours_worth_of_blocks(
    kafka: str, fresh_chain_id: int, tmp_path: Path
) -> None:
    with restless_chain(fresh_chain_id, 5, pace_s=0.01, reorganised=0.01) as chain:
        settings = ("--rpc", chain.url, "--kafka", kafka, "--start", "1", "--poll-ms", "5")
        argv = [sys.executable, "-m", "undertow", "ingest", *settings]
        with Child.start("ingest", argv, log=tmp_path / "log") as child, chain.living():
            wait_until(lambda: published(kafka, fresh_chain_id) >= WARM, 600, "the first blocks", child)
            blocks, memory = watched(kafka, fresh_chain_id, child, chain)

    slope = float(np.polyfit(blocks, memory, 1)[0])
    print(
        f"\n{memory[0] / 1e6:.0f} MB after {blocks[0]} blocks, {memory[-1] / 1e6:.0f} MB after {blocks[-1]}: "
        f"{slope:,.0f} bytes a block, {300 * slope / 1e6:.2f} MB an hour of mainnet"
    )
    assert slope < MOST_GROWTH


def watched(kafka: str, chain_id: int, child: Child, chain: RestlessChain) -> tuple[list[int], list[int]]:
    """Resident memory once a second, with the block that was published by then."""
    process, blocks, memory = psutil.Process(child.pid), list[int](), list[int]()
    until = time.monotonic() + 900
    while not blocks or blocks[-1] < BLOCKS_READ:
        assert time.monotonic() < until, f"the chain is at {chain.head}, the log at {blocks[-1:]}"
        blocks.append(published(kafka, chain_id))
        memory.append(process.memory_info().rss)
        time.sleep(1)
    return blocks, memory


def published(kafka: str, chain_id: int) -> int:
    """The newest block of the log."""
    if chain_id not in Cluster(kafka).chains():
        return 0
    last = tail(kafka, BLOCKS, Cluster(kafka).partition_of(chain_id), 1)
    return peek(last[0].value or b"").last if last else 0
