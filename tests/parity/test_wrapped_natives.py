"""Deposits through Kafka, the lake beside it and a backfill: the same ones count, whatever the contract."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ingest import decode
from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from ingest.live.wiring import FollowSettings, follow
from ingest.model.batch import Batch, concat
from tests.fixtures.log import replay
from tests.fixtures.town import ETHER, Town

pytestmark = [pytest.mark.chain]

BANK_CODE = bytes.fromhex(f"34600052337f{decode.DEPOSIT.hex()}60206000a200")
"""Says Deposit(caller, value) of what it is paid: CALLVALUE to memory, then LOG2, and gives no token."""


def wraps(batch: Batch) -> list[tuple[int, int]]:
    moved = batch.transfers.filter(pl.col("standard") == "weth")
    return [
        (number, int.from_bytes(amount, "big"))
        for number, amount in moved.select("block_number", "amount").rows()
    ]


def at_rest(town: Town, lake: Path) -> Batch:
    return concat(list(Lake.open(lake).batches(town.chain_id)))


def fill(town: Town, lake: Path, first: int, *wrapped: bytes) -> Batch:
    settings = BackfillSettings(first, town.head, workers=1, wrapped=frozenset(wrapped))
    backfill(town.url, None, settings, lake, threading.Event(), print, lambda _progress: None)
    return at_rest(town, lake)


@pytest.mark.broker
@pytest.mark.parametrize("named", [False, True], ids=["a bank", "a bank that is named as a wrapped coin"])
def test_the_same_deposits_count_live_in_the_lake_beside_and_in_a_backfill(
    town: Town, kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    monkeypatch.setattr("ingest.lake.archive.FINALITY", 0)
    bank = town.deploys("mallory", BANK_CODE).newest_contract
    first = town.head
    town.wraps("alice", ETHER).calls("bob", bank, wei=5).mine(2).calls("carol", bank, wei=6)
    wrapped = frozenset({bank} if named else ())
    settings = FollowSettings(first, until_block=town.head, traces=True, wrapped=wrapped)

    follow(town.url, kafka, town.chain_id, settings, tmp_path / "beside", threading.Event(), print)

    live, beside = replay(kafka, town.chain_id).batch(), at_rest(town, tmp_path / "beside")
    filled = fill(town, tmp_path / "filled", first, *wrapped)
    expected = [(first + 1, ETHER), *([(first + 2, 5), (first + 5, 6)] if named else [])]
    assert wraps(live) == expected
    for other in (beside, replace(filled, traces=live.traces)):
        assert other.transfers.equals(live.transfers)
        assert other.wrapped_natives.equals(live.wrapped_natives)


def test_a_coin_that_is_named_later_counts_after_the_same_backfill_again(town: Town, tmp_path: Path) -> None:
    bank = town.deploys("mallory", BANK_CODE).newest_contract
    first = town.head
    town.calls("bob", bank, wei=5)
    assert wraps(fill(town, tmp_path, first)) == []

    assert wraps(fill(town, tmp_path, first, bank)) == [(first + 1, 5)]
    written = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")}
    assert wraps(fill(town, tmp_path, first, bank)) == [(first + 1, 5)]
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")} == written
