"""Two people with money of their own, on a fork: where the tests of most protocols begin."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.miner import Miner

ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    """On a fork on which Alice and Bob have an ETH each."""
    miner = Miner.start(fork_rpc)
    for person in (ALICE, BOB):
        miner.give(person, 10**18)
    miner.mine([])
    return miner
