"""Chains after public bug reports, read as a user reads them: `undertow backfill --verify strict`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from ingest.lake.reading import Lake
from ingest.model.batch import Batch
from tests.fixtures.case_node import Json, read_case, serving
from tests.fixtures.frames import word
from tests.fixtures.mainnet import DATA
from tests.ingest.commands.test_stream_cli import undertow

FOLDER = DATA / "cases"
FILES = sorted(FOLDER.glob("*.json*")) if FOLDER.is_dir() else []

Check = Callable[[Batch], None]


def proved(batch: Batch) -> None:
    assert set(batch.blocks["proof"]) == {"header"}


def receipts_proved(batch: Batch) -> None:
    assert set(batch.blocks["proof"]) == {"receipts-root"}


def words_are_null(batch: Batch) -> None:
    words = batch.token_metadata.select("name", "symbol", "decimals").rows()
    assert words == [(None, None, None)]


def synced(batch: Batch) -> None:
    proved(batch)
    marked = batch.transactions.filter(receipt_of="state-sync")["transaction_hash"].to_list()
    bridged = batch.transfers.filter(pl.col("amount") == word(55))
    assert bridged["transaction_hash"].to_list() == marked
    assert len(marked) == 1


def of_the_block(batch: Batch) -> None:
    proved(batch)
    marked = batch.transactions.filter(receipt_of="block")["transaction_hash"].to_list()
    assert marked == batch.blocks["block_hash"].to_list()
    assert word(7) in batch.transfers["amount"].to_list()


def price_is_null(batch: Batch) -> None:
    proved(batch)
    assert batch.transactions["effective_gas_price"].to_list() == [None]


def times_are_seconds(batch: Batch) -> None:
    proved(batch)
    assert batch.blocks["timestamp"].is_between(1_420_070_400, 7_258_118_400).all()


CHECKS: dict[str, Check] = {
    "avalanche-header": proved,
    "byzantium-both": proved,
    "celo-cip64": proved,
    "celo-l1-block-receipt": of_the_block,
    "empty-null": proved,
    "nano-time": times_are_seconds,
    "op-canyon": proved,
    "op-nonce": proved,
    "polygon-state-sync": synced,
    "price-u64": price_is_null,
    "qbft-hash": receipts_proved,
    "revert-rate": words_are_null,
}
"""What is right of the cases about reading a chain. The others must be readable; what is found in them
is for the tests of detection.
"""

REFUSED = {"finalised-error": "does not know its finalised block now"}
"""Cases that are to end in one clear line."""


def backfilled(case: Json, url: str, lake: Path) -> subprocess.CompletedProcess[str]:
    numbers = [int(held["block"]["number"], 16) for held in case["blocks"]]
    flags = case.get("flags", ["--allow-unfinalised"])
    wanted = ("--from-block", min(numbers), "--to-block", max(numbers), "--lake", lake, "--verify", "strict")
    return undertow("backfill", "--rpc", url, *wanted, *flags)


@pytest.mark.skipif(not FILES, reason="needs the cases: ../shared/data/cases is absent")
@pytest.mark.parametrize("file", FILES, ids=[file.name.split(".")[0] for file in FILES])
def test_a_chain_after_a_bug_report_is_read_as_it_is(file: Path, tmp_path: Path) -> None:
    case, name = read_case(file), file.name.split(".")[0]
    with serving(case) as url:
        done = backfilled(case, url, tmp_path)

    if name in REFUSED:
        assert (done.returncode, done.stdout) == (1, "")
        assert REFUSED[name] in done.stderr.splitlines()[-1]
        return
    assert done.returncode == 0, done.stderr
    batches = list(Lake.open(tmp_path).batches(case["chain_id"]))
    assert sum(map(len, batches)) == len(case["blocks"])
    for batch in batches:
        CHECKS.get(name, proved)(batch)
