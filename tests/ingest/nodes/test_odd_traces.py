"""Traces as other clients and plans give them: in another order, in part, or by the other method only."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.blocks.frames import batch as batch_of
from ingest.facts.calls import traced
from ingest.model.batch import Batch
from ingest.model.errors import NodeMisbehaved
from ingest.nodes import Node
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of

ALICE, TOKEN = "0x" + "0a" * 20, "0x" + "0b" * 20
REFUSED = {"code": -32600, "message": "trace_block is not available on the Free tier - upgrade"}


def nested(sent: Json, at: int, **more: Any) -> Json:
    """How geth traces Alice's payment of so many wei."""
    call = {"type": "CALL", "from": ALICE, "to": TOKEN, "value": hex(at + 1), "gasUsed": "0x1", "input": "0x"}
    inner = {"type": "CALL", "from": TOKEN, "to": ALICE, "value": "0x1", "gasUsed": "0x5", "input": "0x"}
    return {"txHash": sent["hash"], "result": {**call, "calls": [{**inner, **more}]}}


def flat(block: Json, sent: Json, at: int) -> Json:
    action = {"from": ALICE, "to": TOKEN, "value": hex(at + 1), "callType": "call", "input": "0x"}
    place = {"blockHash": block["hash"], "transactionHash": sent["hash"], "transactionPosition": at}
    return {"type": "call", "action": action, "traceAddress": [], "result": {"gasUsed": "0x1"}, **place}


class Tracing(FakeTransport):
    """A node whose answers to `debug_traceBlockByHash` and `trace_block` are set, for its block 1."""

    geths: Any = None
    paritys: Any = None

    def _answer(self, call: Json) -> Json:
        told = {"debug_traceBlockByHash": self.geths, "trace_block": self.paritys}.get(call["method"])
        if told is None:
            return super()._answer(call)
        self.asked[call["method"]] += 1
        return {"id": call["id"], **(told if isinstance(told, dict) else {"result": told})}


def tracing() -> tuple[Tracing, Json]:
    transport = Tracing(FakeChain().produce_blocks(1, transactions=3))
    return transport, transport.chain.blocks[1]


def read(transport: Tracing) -> Batch:
    node: Node = node_of(transport)
    block = batch_of(1, node.fetch(1, 1), ["none"])
    return traced(block, node.traces, node.source)


def top_values(batch: Batch) -> list[int]:
    """Wei of each transaction's own call, in the order of the block."""
    tops = batch.traces.filter(depth=0).sort("transaction_index")
    return [int.from_bytes(value, "big") for value in tops["value"]]


def test_traces_in_another_order_are_those_of_the_transactions_that_they_name() -> None:
    transport, block = tracing()
    transport.geths = [nested(sent, at) for at, sent in enumerate(block["transactions"])][::-1]

    assert top_values(read(transport)) == [1, 2, 3]


def test_a_trace_that_names_no_transaction_of_the_block_is_one_clear_line() -> None:
    transport, _block = tracing()
    transport.geths = [nested({"hash": "0x" + "ee" * 32}, at) for at in range(3)]

    with pytest.raises(
        NodeMisbehaved, match=r"^the node at http://node gave traces .* no transaction of block 1$"
    ):
        read(transport)


def test_a_transaction_that_is_not_traced_is_named_with_the_nodes_reason_and_the_way_out() -> None:
    transport, block = tracing()
    whole = [nested(sent, at) for at, sent in enumerate(block["transactions"])]
    reason = {"code": -32000, "message": "tracing failed: insufficient funds"}

    transport.geths = [
        *whole[:2],
        {"txHash": whole[2]["txHash"], "result": None},
        {"error": reason},
    ]  # Erigon
    with pytest.raises(
        NodeMisbehaved, match=r"\(tracing failed: insufficient funds\): read it without --traces"
    ):
        read(transport)
    transport.geths = [*whole[:2], {"txHash": whole[2]["txHash"], "error": "execution timeout"}]
    with pytest.raises(NodeMisbehaved, match=r"\(execution timeout\): read it without --traces"):
        read(transport)
    transport.geths = [*whole[:2], None]  # Flow
    with pytest.raises(NodeMisbehaved, match="2 of 3 transactions are traced"):
        read(transport)


@pytest.mark.parametrize("gas", ["", "0x", None, "0xfffffffffff90dbb", "0xffffffffffffffffffff", "-0x1"])
def test_gas_that_a_client_left_out_or_got_below_zero_is_null(gas: Any) -> None:
    transport, block = tracing()
    transport.geths = [nested(sent, at, gasUsed=gas) for at, sent in enumerate(block["transactions"])]

    batch = read(transport)
    assert batch.traces.filter(depth=1)["gas_used"].to_list() == [None] * 3
    assert batch.traces.filter(depth=0)["gas_used"].to_list() == [21_000] * 3


@pytest.mark.parametrize("nothing", ["0x0", "", None])
def test_no_input_is_none_however_it_is_written(nothing: Any) -> None:
    transport, block = tracing()
    transport.geths = [nested(sent, at, input=nothing) for at, sent in enumerate(block["transactions"])]

    assert set(read(transport).traces["input"]) == {b""}


def test_a_trace_with_numbers_that_are_no_hex_or_hex_that_is_a_place_is_read() -> None:
    transport, block = tracing()
    transport.paritys = [flat(block, sent, at) for at, sent in enumerate(block["transactions"])]
    plain = read(transport)
    for told in transport.paritys:
        told["transactionPosition"], told["result"] = hex(told["transactionPosition"]), {"gasUsed": 1}
        del told["traceAddress"]

    assert read(transport).traces.equals(plain.traces)


def test_a_plan_without_trace_block_is_read_by_geths_method_and_asked_for_the_other_no_more() -> None:
    transport, block = tracing()
    transport.paritys = {"error": REFUSED}
    transport.geths = [nested(sent, at) for at, sent in enumerate(block["transactions"])]
    node = node_of(transport)
    block_hash = bytes.fromhex(block["hash"][2:])

    for _ in range(2):
        (calls,) = node.traces([(1, block_hash)])
        assert calls is not None
        assert len(calls) == 6
    assert transport.asked["trace_block"] == 1
