"""Recorded mainnet blocks through the whole ingester: a node plays them, then backfill, lake and Kafka."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest import decode
from ingest.blocks.verify import Verify
from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from ingest.model.batch import Batch
from ingest.model.errors import ProofFailed
from ingest.nodes import Node
from tests.fixtures.log import replay
from tests.fixtures.mainnet import as_ethereum_etl, recorded_blocks, recorded_json
from tests.fixtures.recorded_node import RecordedNode, playing
from tests.ingest.commands.test_stream_cli import undertow

PROVED = "ethereum_etl/17173049.json.gz"
PROVED_TRANSFERS = "ethereum_etl/17173049.transfers.json"
NUMBER = 17_173_049


def filled(lake: Path, url: str, number: int, verify: Verify) -> Batch:
    """One block, copied from the node into the lake and read back."""
    settings = BackfillSettings(number, number, workers=1, verify=verify)
    assert backfill(url, None, settings, lake, threading.Event(), lambda _line: None, lambda _done: None)
    (batch,) = Lake.open(lake).batches(1, number, number)
    return batch


def height(recording: Mapping[str, Any]) -> int:
    return int(recording["block"]["number"], 16)


def logs_of(recording: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [log for receipt in recording["receipts"] for log in receipt["logs"]]


def recorded_standards(recording: Mapping[str, Any]) -> list[str]:
    """By hand: a Transfer log with three topics is of ERC-20, with four of ERC-721."""
    signature = "0x" + decode.TRANSFER.hex()
    topics = [log["topics"] for log in logs_of(recording)]
    return [{3: "erc20", 4: "erc721"}[len(each)] for each in topics if each and each[0] == signature]


def test_a_mainnet_block_comes_through_strict_with_its_114_transfers_exact(tmp_path: Path) -> None:
    recording = recorded_json(PROVED)
    with playing(recording) as url:
        batch = filled(tmp_path, url, NUMBER, "strict")

    # receipts against the header's root; the recording lacks mixHash and withdrawalsRoot, which its hash is
    # over
    assert batch.blocks["proof"].to_list() == ["receipts-root"]
    assert as_ethereum_etl(batch.transfers) == recorded_json(PROVED_TRANSFERS)
    standards = [name for name in batch.transfers["standard"] if name in ("erc20", "erc721")]
    assert len(standards) == 114
    assert standards == recorded_standards(recording)
    assert set(standards) == {"erc20", "erc721"}
    assert batch.token_metadata["symbol"].null_count() == batch.token_metadata.height > 0


def test_rebuilt_blocks_decode_whole_where_no_proof_is_asked_for(tmp_path: Path) -> None:
    recordings = recorded_blocks("mainnet_mev")
    with playing(*recordings.values()) as url:
        for name, recording in recordings.items():
            batch = filled(tmp_path / name, url, height(recording), "off")

            assert batch.blocks["proof"].to_list() == ["none"]
            assert batch.transactions.height == len(recording["block"]["transactions"]), name
            recorded = [(log["address"], log["data"]) for log in logs_of(recording)]
            assert [("0x" + a.hex(), "0x" + d.hex()) for a, d in addressed(batch)] == recorded, name
            assert set(batch.transfers["standard"]) <= {"native", "erc20", "erc721", "erc1155", "weth"}


def addressed(batch: Batch) -> Sequence[tuple[bytes, bytes]]:
    return batch.logs.select("address", "data").rows()


def test_rebuilt_blocks_are_refused_where_a_proof_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.lake.backfill._WAIT_S", 0.0, raising=False)
    recordings = recorded_blocks("mainnet_mev")
    with playing(*recordings.values()) as url:
        for number in map(height, recordings.values()):
            with pytest.raises(ProofFailed, match=f"block {number} from {url} cannot be proved: its rec"):
                filled(tmp_path, url, number, "strict")

    assert Lake.open(tmp_path).ranges(1) == []


def test_the_refusal_ends_the_command_with_one_clear_line(tmp_path: Path) -> None:
    recording = next(iter(recorded_blocks("mainnet_mev").values()))
    number = height(recording)
    with playing(recording) as url:
        wanted = ("--from-block", number, "--to-block", number, "--lake", tmp_path)
        done = undertow("backfill", "--rpc", url, *wanted)

    *attempts, line = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith(f"undertow: error: block {number} from {url} cannot be proved: its receipts hash")
    assert all(attempt.startswith(f"not proved: block {number} from") for attempt in attempts)


@pytest.mark.broker
def test_a_mainnet_block_goes_into_kafka_and_comes_out_the_same(kafka: str, fresh_chain_id: int) -> None:
    with playing(recorded_json(PROVED), chain_id=fresh_chain_id) as url:
        done = undertow("ingest", "--rpc", url, "--kafka", kafka, "--start", NUMBER, "--until-block", NUMBER)

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    log = replay(kafka, fresh_chain_id)
    assert log.published() == [NUMBER]
    assert log.batch().blocks["proof"].to_list() == ["receipts-root"]
    assert as_ethereum_etl(log.batch().transfers) == recorded_json(PROVED_TRANSFERS)


def test_a_block_that_was_not_recorded_is_none_and_there_is_no_state() -> None:
    recording = recorded_json(PROVED)
    with playing(recording) as url:
        node = Node(url)
        assert (node.head().height, node.finalised()) == (NUMBER, NUMBER)
        assert node.header(NUMBER - 1) is None
        assert node.fetch(NUMBER - 1, NUMBER) == []
        assert node.call([(bytes(20), b"")], node.head().id) == [None]


def test_the_recorded_node_answers_what_a_node_answers() -> None:
    recording = recorded_json(PROVED)
    node, block, receipts = RecordedNode([recording]), recording["block"], recording["receipts"]
    assert node.answer("eth_blockNumber", []) == hex(NUMBER)
    assert node.answer("eth_getBlockByHash", [block["hash"], True]) == block
    short = node.answer("eth_getBlockByNumber", ["finalized", False])
    assert short["transactions"] == [transaction["hash"] for transaction in block["transactions"]]
    assert node.answer("eth_getBlockReceipts", [hex(NUMBER)]) == receipts
    assert node.answer("eth_getTransactionReceipt", [receipts[3]["transactionHash"]]) == receipts[3]
    assert node.answer("eth_getTransactionReceipt", ["0x" + "ab" * 32]) is None
    batch = [{"id": 7, "method": "eth_mine", "params": []}, {"id": 8, "method": "eth_chainId"}, {"id": 9}]
    replies = json.loads(node.respond(json.dumps(batch).encode())[1])
    assert [(reply["id"], reply.get("error", {}).get("code")) for reply in replies] == [
        (7, -32601),
        (8, None),
        (9, -32600),
    ]
