"""Recorded mainnet blocks: what others found in them is in our frames."""

from __future__ import annotations

import polars as pl
import pytest

from ingest.blocks import frames
from ingest.model.batch import Batch
from tests.fixtures.mainnet import recorded_block, recorded_json

MEV_BLOCKS = (11935012, 12412732, 12498502, 12775690, 13376024, 13404932, 13666184)


def recorded_batch(name: str) -> Batch:
    return frames.batch(1, [recorded_block(name)], ["none"])


def unhexed(text: str) -> bytes:
    return bytes.fromhex(text[2:])


@pytest.mark.parametrize("number", MEV_BLOCKS)
def test_every_recorded_block_decodes_with_all_its_transactions_and_logs(number: int) -> None:
    batch = recorded_batch(f"mainnet_mev/{number}.json.gz")
    expected = recorded_json("mainnet_mev/expected.json")[str(number)]

    assert (batch.transactions.height, batch.logs.height) == (expected["transactions"], expected["logs"])


@pytest.mark.parametrize("number", MEV_BLOCKS)
def test_both_halves_of_every_sandwich_swap_in_its_pool_in_opposite_directions(number: int) -> None:
    swaps = recorded_batch(f"mainnet_mev/{number}.json.gz").swaps
    zero = bytes(32)

    for sandwich in recorded_json("mainnet_mev/expected.json")[str(number)]["sandwiches"]:
        in_pool = swaps.filter(pl.col("pool") == unhexed(sandwich["pool"]))
        front = in_pool.filter(pl.col("transaction_hash") == unhexed(sandwich["front"])).row(0, named=True)
        back = in_pool.filter(pl.col("transaction_hash") == unhexed(sandwich["back"])).row(0, named=True)
        assert (front["amount0_in"] == zero) != (back["amount0_in"] == zero)
        for victim in sandwich["victims"]:
            at = swaps.filter(pl.col("transaction_hash") == unhexed(victim))["transaction_index"]
            assert front["transaction_index"] < at[0] < back["transaction_index"]


def test_a_real_block_keeps_what_its_contracts_promise_of_swaps_and_reserves() -> None:
    batch = recorded_batch("ethereum_etl/17173049.json.gz")
    v2 = batch.swaps.filter(pl.col("protocol") == "uniswap_v2")

    # a V2 pool tells its reserves right before each Swap, and holds no more than 112 bits of each token
    told = batch.reserves.select("pool", "block_number", log_index=pl.col("log_index") + 1)
    assert v2.height == 27
    assert v2.join(told, on=["pool", "block_number", "log_index"]).height == 27
    assert all(amount.startswith(bytes(18)) for amount in v2["amount0_in"])


def test_a_real_v3_swap_pays_what_the_tokens_moved() -> None:
    batch = recorded_batch("ethereum_etl/17173049.json.gz")
    v3 = batch.swaps.filter(pl.col("protocol") == "uniswap_v3")
    moved = set(batch.transfers.select("transaction_index", "from_address", "amount").rows())

    assert v3.height == 5
    for swap in v3.iter_rows(named=True):
        (paid,) = [amount for amount in (swap["amount0_out"], swap["amount1_out"]) if amount != bytes(32)]
        assert (swap["transaction_index"], swap["pool"], paid) in moved
