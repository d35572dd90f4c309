"""Chains made after public bug reports about movements and coins, read as a user reads them.

`../shared/data/cases` says what each must come to (`want`); skipped where that folder is absent.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from typer.testing import CliRunner

from ingest import decode
from ingest.lake.reading import Lake
from tests.fixtures.http_server import answering
from tests.fixtures.mainnet import recorded_json
from tests.fixtures.recorded_node import RecordedNode
from undertow import app


@dataclass(frozen=True)
class CaseNode(RecordedNode):
    """A node of a case: it has its blocks, and what contracts answer by `address|selector`."""

    calls: Mapping[str, str] = field(default_factory=dict)

    def answer(self, method: str, params: Sequence[Any]) -> Any:
        if method == "eth_call" and (key := f"{params[0]['to']}|{params[0]['data'][:10]}") in self.calls:
            return self.calls[key]
        return super().answer(method, params)


def case(name: str) -> dict[str, Any]:
    told: dict[str, Any] = recorded_json(f"cases/{name}.json.gz")
    return told


def undertow(*arguments: object) -> None:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output


def read(told: Mapping[str, Any], lake: Path, *flags: str) -> pl.DataFrame:
    """Backfills the case as a user does, proved; the transfers in the lake."""
    numbers = [int(one["block"]["number"], 16) for one in told["blocks"]]
    node = CaseNode(told["blocks"], told["chain_id"], told.get("eth_call", {}))
    with answering(node.respond) as url:
        blocks = ("--from-block", min(numbers), "--to-block", max(numbers), "--workers", 1)
        how = ("--verify", "strict", *told.get("flags", ["--allow-unfinalised"]), *flags)
        undertow("backfill", "--rpc", url, *blocks, "--lake", lake, *how)
    return pl.concat([batch.transfers for batch in Lake.open(lake).batches(told["chain_id"])])


def judged(lake: Path, book: Path) -> list[dict[str, Any]]:
    undertow("detect", "--lake", lake, "--alerts", book)
    return [json.loads(line) for line in book.read_text().splitlines()]


def test_a_stake_that_says_deposit_is_no_token_and_no_evidence_of_a_drain(tmp_path: Path) -> None:
    told = case("deposit-phantom")
    logs = [log for one in told["blocks"] for receipt in one["receipts"] for log in receipt["logs"]]
    stakes = {log["address"] for log in logs if log["topics"][0] == "0x" + decode.DEPOSIT.hex()}

    moved = read(told, tmp_path / "lake")

    assert len(stakes) == 1
    assert set(moved["standard"]) == {"native"}
    (alert,) = judged(tmp_path / "lake", tmp_path / "book")
    assert alert["category"] == "wallet-drain"
    assert stakes.isdisjoint(row["token"] for row in alert["evidence"])
    assert {row["log_index"] for row in alert["evidence"]} == {None}


def test_a_wrapped_coin_that_its_reader_names_counts(tmp_path: Path) -> None:
    told = case("deposit-phantom")
    logs = [log for one in told["blocks"] for receipt in one["receipts"] for log in receipt["logs"]]
    (stake,) = {log["address"] for log in logs}

    moved = read(told, tmp_path / "lake", "--wrapped-native", stake)

    assert Counter(moved["standard"])["weth"] == len(logs)


def test_the_coin_of_another_chain_is_not_called_ether(tmp_path: Path) -> None:
    told = case("native-symbol")
    read(told, tmp_path / "lake")

    (alert,) = judged(tmp_path / "lake", tmp_path / "book")

    native = [row for row in alert["evidence"] if row["token"] is None]
    assert {(row["symbol"], row["decimals"]) for row in native} == {("BNB", 18)}
    assert "ETH" not in json.dumps(alert)
