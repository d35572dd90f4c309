"""Backfill from nodes of other chains, and from nodes that do not know what they are asked."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from ingest.model.batch import Batch
from ingest.model.errors import FinalityUnknown, NodeMisbehaved, ProofFailed
from tests.fixtures.case_node import CaseNode, Json, serving
from tests.fixtures.frames import keccak, word
from tests.fixtures.http_server import answering
from tests.fixtures.made_blocks import MadeBlock, paid, unhex
from tests.ingest.commands.test_stream_cli import undertow

REVERTS = {
    "error": {
        "code": 3,
        "message": "execution reverted: rate limit exceeded, try again",
        "data": "0x08c379a0",
    }
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.lake.backfill._FINALITY_PAUSE_S", 0.0)
    monkeypatch.setattr("ingest.lake.range_reader._WAIT_S", 0.0)


def case(made: MadeBlock | None = None, **more: Any) -> Json:
    """A node that holds one block, number 100."""
    block, receipts = (made or MadeBlock(receipts=[paid(0)])).json()
    return {"chain_id": 1, "blocks": [{"block": block, "receipts": receipts}], **more}


def filled(url: str, lake: Path, said: list[str] | None = None, *, unfinalised: bool = True) -> Batch:
    lines = [] if said is None else said
    settings = BackfillSettings(100, 100, workers=1, allow_unfinalised=unfinalised)
    assert backfill(url, None, settings, lake, threading.Event(), lines.append, lambda _done: None)
    (chain_id,) = Lake.open(lake).chain_ids()
    (batch,) = Lake.open(lake).batches(chain_id)
    return batch


def test_a_token_that_speaks_like_a_node_is_one_without_words(tmp_path: Path) -> None:
    token = paid(0).told["logs"][0]["address"]
    with serving(case(eth_call={token: REVERTS})) as url:
        batch = filled(url, tmp_path)

    assert batch.token_metadata.select("name", "symbol", "decimals").rows() == [(None, None, None)]


def test_a_node_that_does_not_know_what_is_final_ends_the_command_and_names_the_flag(tmp_path: Path) -> None:
    with serving(case(finalized={"code": -39001, "message": "unknown block"})) as url:
        wanted = ("--from-block", 100, "--to-block", 100, "--lake", tmp_path)
        done = undertow("backfill", "--rpc", url, *wanted)
        (line,) = done.stderr.splitlines()
        assert done.returncode == 1
        assert line.endswith(
            "(unknown block): wait, or read blocks that may still be replaced with --allow-unfinalised"
        )

        assert undertow("backfill", "--rpc", url, *wanted, "--allow-unfinalised").returncode == 0


def test_a_node_that_comes_to_know_what_is_final_is_waited_for(tmp_path: Path) -> None:
    node, asked = CaseNode(case(finalized=100)), 0

    def respond(body: bytes) -> tuple[int, bytes]:
        nonlocal asked
        if b'"finalized"' in body:
            asked += 1
            if asked < 3:
                return (
                    200,
                    b'{"jsonrpc": "2.0", "id": 0, "error": {"code": -39001, "message": "unknown block"}}',
                )
        return node.respond(body)

    with answering(respond) as url:
        assert filled(url, tmp_path, unfinalised=False).blocks.height == 1
    assert asked == 3


def test_a_node_that_never_comes_to_know_is_given_up(tmp_path: Path) -> None:
    made = MadeBlock(header={"difficulty": "0x0"}, receipts=[paid(0)])
    with serving(case(made, finalized=None)) as url, pytest.raises(FinalityUnknown, match="it has none yet"):
        filled(url, tmp_path, unfinalised=False)


def test_a_chain_of_authorities_has_no_final_block_and_is_read_to_its_head(tmp_path: Path) -> None:
    with serving(case(finalized=None, chain_id=1337)) as url:
        assert filled(url, tmp_path, unfinalised=False).blocks["proof"].to_list() == ["header"]


@pytest.mark.parametrize("chain_id", [1, 56, 137])
def test_a_chain_with_final_blocks_is_not_read_to_its_head_because_a_node_says_null(
    chain_id: int, tmp_path: Path
) -> None:
    with serving(case(finalized=None, chain_id=chain_id)) as url:
        with pytest.raises(FinalityUnknown, match=r"it has none yet.*--allow-unfinalised"):
            filled(url, tmp_path, unfinalised=False)
        assert filled(url, tmp_path).blocks["proof"].to_list() == ["header"]


def test_a_chain_that_counts_in_nanoseconds_is_read_in_seconds_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    with serving(
        case(MadeBlock(header={"timestamp": hex(1_600_000_000 * 10**9 + 5)}, receipts=[paid(0)]))
    ) as url:
        batch = filled(url, tmp_path, said)

    assert said == ["backfill: this chain tells its time in nanoseconds: read as whole seconds"]
    assert batch.blocks["timestamp"].to_list() == [1_600_000_000]


def test_a_time_in_no_unit_ends_with_one_clear_line(tmp_path: Path) -> None:
    made = MadeBlock(header={"timestamp": hex(10**11)}, receipts=[paid(0)])
    with serving(case(made)) as url, pytest.raises(NodeMisbehaved, match="is no moment before 2200"):
        filled(url, tmp_path)


def test_a_chain_whose_rules_are_not_known_is_told_the_way_out(tmp_path: Path) -> None:
    made = MadeBlock(lambda _header: [keccak(b"a rule of its own")], receipts=[paid(0)])
    with serving(case(made)) as url:
        with pytest.raises(
            ProofFailed, match=r"by a rule of its own; --verify warn reads such blocks all the same"
        ):
            filled(url, tmp_path)
        wanted = ("--from-block", 100, "--to-block", 100, "--lake", tmp_path, "--allow-unfinalised")
        assert undertow("backfill", "--rpc", url, *wanted, "--verify", "warn").returncode == 0

    (batch,) = Lake.open(tmp_path).batches(1)
    assert batch.blocks["proof"].to_list() == ["none"]


def test_a_block_without_transactions_needs_no_receipts(tmp_path: Path) -> None:
    with serving(case(MadeBlock(), null=["eth_getBlockReceipts"])) as url:
        assert filled(url, tmp_path).blocks["proof"].to_list() == ["header"]


def test_polygons_state_sync_is_read_though_receipts_by_the_block_leave_it_out(tmp_path: Path) -> None:
    plain = case(MadeBlock(receipts=[paid(0)]), chain_id=137)
    block, receipts = plain["blocks"][0]["block"], plain["blocks"][0]["receipts"]
    name = "0x" + keccak(b"matic-bor-receipt-", (100).to_bytes(8, "big"), unhex(block["hash"])).hex()
    row = {**block["transactions"][0], "hash": name}
    block["transactions"].append(row)
    alone = {**receipts[0], "transactionHash": name, "transactionIndex": "0x1", "cumulativeGasUsed": "0x0"}
    node = CaseNode(plain)

    class WithTheOther(CaseNode):
        """Gives the receipt of the state sync when asked for it by its name only."""

        def _answer(self, method: str, params: Any) -> Any:
            is_it = method == "eth_getTransactionReceipt" and params[0] == name
            return alone if is_it else super()._answer(method, params)

    with answering(WithTheOther(node.case).respond) as url:
        settings = BackfillSettings(100, 100, workers=1, allow_unfinalised=True)
        assert backfill(url, None, settings, tmp_path, threading.Event(), print, lambda _done: None)
    (batch,) = Lake.open(tmp_path).batches(137)
    assert batch.transactions["receipt_of"].to_list() == [None, "state-sync"]
    assert batch.logs["transaction_index"].to_list() == [0, 1]


def pair(**changes: Any) -> Json:
    """A whole block 100, and its child with `changes` to what the node says of its header."""
    first, receipts = MadeBlock(receipts=[paid(0)]).json()
    child = MadeBlock(header={"parentHash": first["hash"], "number": "0x65"}, receipts=[paid(0)])
    second, others = child.json()
    told = {name: value for name, value in {**second, **changes}.items() if value is not ...}
    blocks = [{"block": first, "receipts": receipts}, {"block": told, "receipts": others}]
    return {"chain_id": 1, "blocks": blocks}


@pytest.mark.parametrize("left", ["stateRoot", "mixHash", "gasLimit", "miner"])
def test_once_headers_came_whole_one_that_lacks_a_field_stops_a_backfill(tmp_path: Path, left: str) -> None:
    """To leave a field out would keep the hash from giving away another that was altered."""
    settings = BackfillSettings(100, 101, workers=1, allow_unfinalised=True)

    def run(case: Json, lake: Path) -> None:
        with serving(case) as url:
            assert backfill(url, None, settings, lake, threading.Event(), lambda _: None, lambda _: None)

    run(pair(), tmp_path / "whole")
    with pytest.raises(ProofFailed, match=r"block 101 .* its header lacks what others had"):
        run(pair(**{left: ...}, transactionsRoot="0x" + word(9).hex()), tmp_path / "lacking")
