"""Wallets that a sanctions list names, and the old money that they have."""

from __future__ import annotations

from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.stage import Acts, Stage
from ingest.localchain.world.world import ETH


def listed_wallet(stage: Stage, wei: int) -> Acts:
    """One that no other story has, with `wei` more than it had; reserved until it steps back.

    One that has not moved yet where there is one; where all are taken, any.
    """
    free = [one for one in stage.sanctioned if one not in stage.cast.reserved] or list(stage.sanctioned)
    held = dict(zip(free, stage.miner.holdings((ETH, one) for one in free), strict=True))
    untouched = [one for one in free if not held[one]]
    listed: Address = stage.rng.choice(untouched or free)
    stage.cast.reserve([listed])
    stage.miner.give(listed, held[listed] + wei)
    yield []  # what it holds is set with this block
    return listed


def step_back(stage: Stage, listed: Address) -> None:
    """Its story is over."""
    stage.cast.release([listed])
