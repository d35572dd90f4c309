"""The words of hosted nodes, proxies and other clients, as public bug reports have them."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.model.errors import FinalityUnknown, NodeMisbehaved, NodeUnreachable
from ingest.nodes.refusals import RpcError, spoken
from ingest.nodes.transport import TooSlow
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of
from tests.ingest.nodes.test_refusals import ETHASH, SEALED, VOTES, without_finality

LATER = [
    (-32016, "over compute unit limit"),
    (-32050, "You have reached your daily limit"),
    (403, "Forbidden: monthly request cap exceeded"),
    (-32000, "usage limit reached"),
    (-32000, "request limit exceeded"),
    (-32000, "credits exhausted"),
    (-32000, "too many concurrent requests"),
    (-32603, "service temporarily unavailable"),
    (-32000, "server is busy"),
    (-32000, "Internal server overload, retry"),
    (-32011, "no backend is currently healthy to serve traffic"),
    (-32011, "network error"),
    (-32000, "backend response: 503"),
    (-32603, "all upstreams exhausted"),
    (-32000, "429 Too Many Requests"),
    (-32098, "Capacity exceeded"),
]
NOT_OFFERED = [
    (-32000, "Method disabled"),
    (-32000, "this method is not enabled"),
    (-32600, "trace_block is not available on the Free tier - upgrade to Pay As You Go"),
    (-32000, "trace_block is not available on this plan"),
    (-32000, "archive, debug and trace requests are not available on your current plan"),
    (-32053, "API key is not allowed to access method"),
    (-32000, "Not implemented"),
    (-32000, "unimplemented"),
    (-32000, "debug_traceBlockByHash is restricted"),
    (-32603, "Method eth_getBlockReceipts is forbidden"),
    (-32601, "namespace debug is disabled"),
]
TIMES_OUT = ["request timed out", "context deadline exceeded", "execution timeout", "504 Gateway Time-out"]
GONE = [
    "trie node missing", "MPT: missing node", "layer stale", "No state available for block 0x1",
    "failed to load state at height 1; version does not exist (latest height: 2)",
]  # fmt: skip


@pytest.mark.parametrize("method", ["eth_call", "eth_getBlockReceipts"])
@pytest.mark.parametrize(("code", "message"), LATER)
def test_a_node_that_has_no_answer_just_now_is_asked_later(method: str, code: int, message: str) -> None:
    error = spoken(method, RpcError(code, message))

    assert error.asks_for_patience
    assert not error.is_too_large and not error.lacks_method


@pytest.mark.parametrize(("code", "message"), NOT_OFFERED)
def test_a_method_that_a_plan_or_a_setting_leaves_out_is_not_offered(code: int, message: str) -> None:
    error = RpcError(code, message)

    assert error.lacks_method
    assert not error.asks_for_patience and not error.is_too_large


@pytest.mark.parametrize("message", TIMES_OUT)
def test_a_node_that_gave_up_before_it_was_done_may_do_less(message: str) -> None:
    assert RpcError(-32000, message).took_too_long


@pytest.mark.parametrize("message", GONE)
def test_state_that_is_gone_is_known_by_the_words_of_each_client(message: str) -> None:
    error = spoken("eth_call", RpcError(-32002, message))

    assert error.lacks_state
    assert not error.took_too_long and not error.asks_for_patience


@pytest.mark.parametrize(
    "data",
    [
        {"message": "execution reverted: rate limit exceeded"},
        {"originalError": {"code": 3, "data": "0x08c379a0", "message": "execution reverted: try again"}},
        {"error": {"data": "0x08c379a0"}},
        {"cause": {"error": {"message": "VM reverted: quota"}}},
    ],
)
def test_a_contracts_words_are_its_own_wherever_a_proxy_puts_them(data: Any) -> None:
    assert spoken("eth_call", RpcError(-32603, "rate limit exceeded", data)).is_a_contracts


def test_what_a_node_adds_to_its_own_words_is_no_contracts() -> None:
    said = {"rate": {"allowed_rps": 1, "backoff_seconds": 30}, "see": "https://node/dashboard"}

    assert spoken("eth_call", RpcError(-32005, "project ID request rate exceeded", said)).asks_for_patience


# words that nobody foresaw


class Talker(FakeTransport):
    """A node on which calls of one contract end in a refusal, be it the contract's or the node's."""

    contract, words, broken = "0x" + "01" * 20, "rate limit exceeded, try again later", False
    slow = False

    def exchange(self, payload: bytes, deadline_s: float) -> bytes:
        if self.slow and self.contract.encode() in payload:
            raise TooSlow("no answer in time")
        return super().exchange(payload, deadline_s)

    def _answer(self, call: Json) -> Json:
        self.asked[call["method"]] += 1
        if call["method"] != "eth_call":
            return super()._answer(call)
        if self.broken or call["params"][0]["to"] == self.contract:
            return {"id": call["id"], "error": {"code": -32000, "message": self.words}}
        return {"id": call["id"], "result": "0x" + "07" * 32}


CALLS = [(bytes([which]) * 20, b"\2" * 4) for which in (1, 2)]


def held(transport: FakeTransport) -> bytes:
    return bytes.fromhex(transport.chain.blocks[3]["hash"][2:])


@pytest.mark.parametrize("slow", [False, True])
def test_a_contract_that_speaks_like_a_node_or_never_ends_is_found_among_the_others(slow: bool) -> None:
    transport = Talker(FakeChain().produce_blocks(3))
    transport.slow = slow
    node = node_of(transport)
    for _ in range(2):
        with pytest.raises(NodeUnreachable):
            node.call(CALLS, held(transport))

    assert node.call(CALLS, held(transport)) == [None, b"\7" * 32]


def test_a_node_that_refuses_harmless_calls_too_is_waited_for_however_often() -> None:
    transport = Talker(FakeChain().produce_blocks(3))
    transport.broken = True
    node = node_of(transport)
    for _ in range(9):
        with pytest.raises(NodeUnreachable, match="asks for patience: rate limit"):
            node.call(CALLS, held(transport))

    transport.broken = False
    assert node.call(CALLS[1:], held(transport)) == [b"\7" * 32]


# finality


@pytest.mark.parametrize("error", [{"code": -39001, "message": "unknown block"},
                                   {"code": -32000, "message": "finalized block not found"}])  # fmt: skip
@pytest.mark.parametrize(("chain_id", "header"), [(61, ETHASH), (1337, SEALED), (1337, VOTES)])
def test_an_unknown_final_block_is_none_where_none_is_ever_called_final(
    chain_id: int, header: Json, error: Json
) -> None:
    """geth answers so on every chain that nobody tells it of, Clique and ethash among them."""
    assert node_of(without_finality(error, chain_id, **header)).finalised() is None


def test_an_unknown_final_block_is_no_answer_where_a_chain_calls_blocks_final() -> None:
    error = {"code": -39001, "message": "unknown block"}
    with pytest.raises(FinalityUnknown, match="unknown block"):
        node_of(without_finality(error, 56, **SEALED)).finalised()


def test_a_node_that_is_asked_for_receipts_it_does_not_offer_is_asked_for_no_block_receipts_again() -> None:
    transport = FakeTransport(FakeChain().produce_blocks(20))

    def refuse(told: list[Json]) -> list[Json]:
        plan = {"code": -32000, "message": "eth_getBlockReceipts is not available on this plan"}
        is_list = [isinstance(one.get("result"), list) for one in told]
        return [
            {"id": one["id"], "error": plan} if at else one for one, at in zip(told, is_list, strict=True)
        ]

    transport.hook = refuse
    node = node_of(transport)
    assert node.fetch(0, 9) == node_of(transport.chain).fetch(0, 9)
    node.fetch(10, 19)
    assert transport.asked["eth_getBlockReceipts"] == 10
    assert transport.asked["eth_getTransactionReceipt"] == 20


# nothing, written otherwise


@pytest.mark.parametrize("nothing", ["0x", "", "0x0"])
def test_no_code_and_no_answer_are_none_however_a_node_writes_them(nothing: str) -> None:
    transport = FakeTransport(FakeChain().produce_blocks(3))
    truly = transport._answer

    def answer(call: Json) -> Json:
        is_asked = call["method"] in ("eth_getCode", "eth_call")
        return {"id": call["id"], "result": nothing} if is_asked else truly(call)

    transport._answer = answer  # type: ignore[method-assign]
    node = node_of(transport)
    assert node.codes([b"\1" * 20], held(transport)) == [b""]
    assert node.call(CALLS[:1], held(transport)) == [b""]


@pytest.mark.parametrize("said", ["137", "80002"])
def test_a_chain_id_that_may_be_decimal_or_hex_is_not_guessed_at(said: str) -> None:
    transport = FakeTransport(FakeChain(), hook=lambda told: [{**one, "result": said} for one in told])

    with pytest.raises(
        NodeMisbehaved, match=rf"gave '{said}' for its chain id: without 0x it may be decimal"
    ):
        node_of(transport).chain_id()
