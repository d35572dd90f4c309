"""Recorded mainnet blocks: the one pass finds in them, row by row, what the functions on frames find."""

from __future__ import annotations

import pytest

from ingest.blocks import frames
from ingest.model.batch import Batch
from tests.detectors.decoding.oracle import assert_same, counts
from tests.fixtures.mainnet import recorded, recorded_block


def recordings(folder: str) -> Batch:
    """All blocks of a folder as one batch, lowest first."""
    names = {int(path.name.split(".")[0]): path.name for path in recorded(folder).glob("[0-9]*.json.gz")}
    blocks = [recorded_block(f"{folder}/{names[number]}") for number in sorted(names)]
    return frames.batch(1, blocks, ["none"] * len(blocks))


@pytest.mark.parametrize("folder", ["mainnet", "mainnet_mev", "ethereum_etl"])
def test_real_blocks_say_the_same_in_one_pass(folder: str) -> None:
    batch = recordings(folder)

    rows = assert_same(batch)

    assert len(rows) > 100
    assert {"NATIVE", "ERC20", "SWAP_V2", "WETH_DEPOSIT", "WETH_WITHDRAWAL"} <= counts(rows).keys()
