"""Calls inside transactions: both forms that nodes answer give one table, and what is no trace is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl
import pytest

from ingest import schema
from ingest.blocks.frames import batch as batch_of
from ingest.blocks.traces import (
    Call,
    FlatTrace,
    NestedCall,
    NestedTrace,
    flat_calls,
    frame,
    nested_calls,
)
from ingest.facts.calls import traced
from ingest.model.batch import Batch
from ingest.model.errors import NodeMisbehaved
from ingest.nodes import Node, Nodes
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.liar import lying
from tests.fixtures.town import ETHER, Town

ALICE, BANK, MALLORY, HEIR = (address(name) for name in ("alice", "bank", "mallory", "heir"))
COLUMNS = ("trace_index", "depth", "call_type", "from_address", "to_address", "value", "error", "undone")


def hexed(raw: bytes) -> str:
    return "0x" + raw.hex()


# alice calls mallory's contract, which calls the bank with 5 wei (the bank reads its own library, and fails),
# creates a contract with 2 wei, and destroys itself in favour of an heir
NESTED = {
    "type": "CALL", "from": hexed(ALICE), "to": hexed(MALLORY), "value": "0x7", "gasUsed": "0x99",
    "input": "0x01",
    "calls": [
        {"type": "CALL", "from": hexed(MALLORY), "to": hexed(BANK), "value": "0x5", "input": "0x02",
         "error": "execution reverted",
         "gasUsed": "0x55",
         "calls": [{"type": "DELEGATECALL", "from": hexed(BANK), "to": hexed(HEIR), "value": "0x5",
                    "gasUsed": "0x1"}]},
        {"type": "CREATE2", "from": hexed(MALLORY), "to": hexed(HEIR), "value": "0x2", "input": "0x60",
         "gasUsed": "0x2"},
        {"type": "SELFDESTRUCT", "from": hexed(MALLORY), "to": hexed(HEIR), "value": "0x3", "input": "0x",
         "gasUsed": "0x0"},
    ],
}  # fmt: skip
FLAT: list[dict[str, Any]] = [
    {"type": "call", "traceAddress": [], "result": {"gasUsed": "0x99"},
     "action": {"callType": "call", "from": hexed(ALICE), "to": hexed(MALLORY), "value": "0x7",
                "input": "0x01"}},
    {"type": "call", "traceAddress": [0], "result": None, "error": "execution reverted",
     "action": {"callType": "call", "from": hexed(MALLORY), "to": hexed(BANK), "value": "0x5",
                "input": "0x02"}},
    {"type": "call", "traceAddress": [0, 0], "result": {"gasUsed": "0x1"},
     "action": {"callType": "delegatecall", "from": hexed(BANK), "to": hexed(HEIR), "value": "0x5",
                "input": "0x"}},
    {"type": "create", "traceAddress": [1], "result": {"address": hexed(HEIR), "gasUsed": "0x2"},
     "action": {"from": hexed(MALLORY), "value": "0x2", "init": "0x60"}},
    {"type": "suicide", "traceAddress": [2], "result": None,
     "action": {"address": hexed(MALLORY), "balance": "0x3", "refundAddress": hexed(HEIR)}},
    {"type": "reward", "traceAddress": [], "action": {"value": "0x1"}, "result": None},
]  # fmt: skip
MEANT = [
    (0, 0, "call", ALICE, MALLORY, word(7), None, False),
    (1, 1, "call", MALLORY, BANK, word(5), "reverted", True),
    (2, 2, "delegatecall", BANK, HEIR, word(0), None, True),
    (3, 1, "create", MALLORY, HEIR, word(2), None, False),
    (4, 1, "selfdestruct", MALLORY, HEIR, word(3), None, False),
]


def flat_traces() -> list[FlatTrace]:
    placed = [{**trace, "transactionPosition": 0} if trace["type"] != "reward" else trace for trace in FLAT]
    return msgspec.convert(placed, list[FlatTrace])


def one_transaction() -> Batch:
    return ChainBuilder().block().native(ALICE, MALLORY, 7).batch()


def table(batch: Batch, calls: list[Call]) -> pl.DataFrame:
    return frame(batch.blocks, batch.transactions, [(batch.first, call) for call in calls])


def test_the_flat_form_and_the_nested_one_mean_the_same() -> None:
    batch, nested = one_transaction(), msgspec.convert([{"result": NESTED}], list[NestedTrace])

    tables = [table(batch, list(flat_calls(flat_traces()))), table(batch, list(nested_calls(nested)))]
    assert tables[0].equals(tables[1])
    for rows in tables:
        assert rows.select(COLUMNS).rows() == MEANT
        # of the transaction itself as its receipt says; what failed and what destroys itself has none
        used = batch.transactions["gas_used"][0]
        assert rows["gas_used"].to_list() == [used, None, 1, 2, None]
        assert rows["transaction_hash"].unique().to_list() == batch.transactions["transaction_hash"].to_list()
        assert rows["input"].to_list() == [b"\1", b"\2", b"", b"", b""]
        assert schema.conform(schema.TRACES, rows).equals(rows)


def test_a_tree_as_deep_as_the_machine_allows_is_no_trouble() -> None:
    call = NestedCall("CALL", hexed(ALICE), hexed(BANK))
    for _ in range(1024):
        call = NestedCall("CALL", hexed(BANK), hexed(BANK), calls=[call])

    assert max(found.depth for found in nested_calls([NestedTrace(call)])) == 1024


def test_a_transaction_without_a_trace_or_a_trace_without_its_transaction_is_refused() -> None:
    batch = ChainBuilder().block().native(ALICE, MALLORY, 7).native(ALICE, BANK, 7).batch()
    calls = list(flat_calls(flat_traces()))

    with pytest.raises(ValueError, match="1 of 2 transactions are traced"):
        table(batch, calls)
    with pytest.raises(ValueError, match="2 of 1 transactions are traced"):
        strangers = [Call(1, 0, "call", hexed(ALICE), None, None, None, None, None, undone=False)]
        table(one_transaction(), [*calls, *strangers])


@pytest.mark.chain
def test_a_real_node_shows_the_call_that_a_contract_makes(town: Town) -> None:
    batch, forwarder = _forwarded(town)
    nodes = Nodes(town.url)

    calls = traced(batch, nodes.traces, nodes.source).traces

    inner = calls.filter(pl.col("depth") == 1)
    assert inner.select("call_type", "from_address", "to_address", "value").rows() == [
        ("call", forwarder, HEIR, word(5))
    ]
    assert calls.filter(pl.col("depth") == 0)["from_address"].to_list() == [ALICE]


def no_trace_block(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a node that has geth's traces only."""
    found = answers[0].get("result")
    if isinstance(found, list) and found and "traceAddress" in found[0]:
        return [{"jsonrpc": "2.0", "id": 0, "error": {"code": -32601, "message": "Method not found"}}]
    return answers


@pytest.mark.chain
def test_a_node_without_trace_block_is_asked_for_geths_traces_and_says_the_same(town: Town) -> None:
    batch, _ = _forwarded(town)
    nodes = Nodes(town.url)
    expected = traced(batch, nodes.traces, nodes.source).traces

    with lying(town.url, no_trace_block) as liar:
        other = traced(batch, Nodes(liar.url).traces, liar.url).traces

    assert other.equals(expected)


@pytest.mark.chain
def test_a_node_without_any_traces_is_one_clear_line(town: Town) -> None:
    batch, _ = _forwarded(town)

    def none(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        refused = {"code": -32601, "message": "Method not found"}
        return [
            {"id": one["id"], "error": refused} if isinstance(one["result"], list) else one for one in answers
        ]

    with (
        lying(town.url, none) as liar,
        pytest.raises(NodeMisbehaved, match="has neither trace_block nor debug_"),
    ):
        traced(batch, Nodes(liar.url).traces, liar.url)


@pytest.mark.chain
def test_traces_of_another_block_are_refused(town: Town) -> None:
    batch, _ = _forwarded(town)
    nodes = Nodes(town.url)
    town.forget(1).pays("alice", "bob", 1)

    with pytest.raises(NodeMisbehaved, match=f"{town.url} changed its chain while block {batch.last}"):
        traced(batch, nodes.traces, nodes.source)


def _forwarded(town: Town) -> tuple[Batch, bytes]:
    """A block in which alice's call makes a contract send 5 wei to an heir, and the contract."""
    # five zeros and the heir are pushed and called with all the gas there is: 5 wei, no data
    code = bytes.fromhex("6000600060006000600573") + HEIR + bytes.fromhex("5af100")
    node = Node(town.url)
    (deployed,) = node.fetch(town.deploys("alice", code, wei=0).head, town.head)
    forwarder = bytes.fromhex((deployed.receipts[0].contract_address or "")[2:])
    answers = node.fetch(town.calls("alice", forwarder, wei=5 * ETHER).head, town.head)
    return batch_of(town.chain_id, answers, ["none"]), forwarder
