"""What stands between an operator and a node: addresses, gateways, statuses, plans."""

from __future__ import annotations

import json

import pytest

from ingest.model.errors import BadInput, NodeMisbehaved, NodeUnreachable
from ingest.model.redact import redact
from ingest.nodes import Limits, Node, jsonrpc
from tests.fixtures.case_node import CaseNode
from tests.fixtures.fake_chain import Json
from tests.fixtures.http_server import Respond, answering
from tests.fixtures.signed_chain import FIRST, LAST, recordings

LIMITS = Limits(deadline_s=5.0)
HOLDER = CaseNode({"chain_id": 31337, "blocks": recordings(), "eth_call": {}})


def with_status(status: int, body: bytes) -> Respond:
    return lambda _asked: (status, body)


@pytest.mark.parametrize(
    "url",
    ["https://host:99999/KEY", "http://[bad/KEY", "http://", "http://exa mple/KEY", "https://a\\@b/KEY",
     "wss://host:port/KEY", "ws://"],
)  # fmt: skip
def test_an_address_without_a_host_or_with_a_port_that_is_none_is_one_clear_line_without_its_key(
    url: str,
) -> None:
    with pytest.raises(BadInput, match="is no http://, https://, ws:// or wss:// URL") as refused:
        Node(url)
    assert "KEY" not in str(refused.value)
    assert "KEY" not in redact(url)


def test_a_scheme_may_be_in_capitals() -> None:
    with answering(HOLDER.respond) as url:
        assert Node(url.replace("http", "HTTP"), LIMITS).chain_id() == 31337


@pytest.mark.parametrize("status", [400, 404, 500, 201])
def test_an_error_of_a_node_is_read_whatever_the_status_that_it_comes_with(status: int) -> None:
    """Lotus sends errors with 500, Hedera's relay with 400."""

    def respond(body: bytes) -> tuple[int, bytes]:
        _, answer = HOLDER.respond(body.replace(b"eth_getBlockReceipts", b"eth_unknown"))
        return (status if b'"error"' in answer else 200), answer

    with answering(respond) as url:
        answers = Node(url, LIMITS).fetch(FIRST, LAST)
    assert [len(answer.receipts) for answer in answers] == [20, 5, 1]


@pytest.mark.parametrize("status", [500, 404, 403])
@pytest.mark.parametrize(
    "body",
    [b'{"error": "Internal Server Error"}', b'{"message": "no Route matched"}', b"<html></html>", b"{}"],
)
def test_what_a_gateway_says_is_no_answer_of_the_node(status: int, body: bytes) -> None:
    with (
        answering(with_status(status, body)) as url,
        pytest.raises(NodeUnreachable, match=f"status {status}"),
    ):
        Node(url, LIMITS).header(FIRST)


@pytest.mark.parametrize("body", [b"{}", b'{"message": "no Route matched"}', b'{"status": 401}'])
def test_an_object_that_holds_neither_result_nor_error_is_no_null(body: bytes) -> None:
    said = "did not answer in JSON-RPC"
    with answering(with_status(200, body)) as url, pytest.raises(NodeMisbehaved, match=said):
        Node(url, LIMITS).header(FIRST)


def test_a_result_that_is_left_out_under_the_number_of_a_question_is_null() -> None:
    (reply,) = jsonrpc.decode(b'{"jsonrpc": "2.0", "id": 0}', 1)
    assert reply.is_null


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        (401, "is the key in its address right"),
        (403, "is the key in its address right"),
        (402, "and its plan paid"),
        (404, "is the path in its address right"),
        (308, "it redirects: is its address right"),
        (502, "is it running"),
    ],
)
def test_a_status_says_what_to_look_at(status: int, asked: str) -> None:
    with answering(with_status(status, b"")) as url, pytest.raises(NodeUnreachable, match=asked):
        Node(url, LIMITS).chain_id()


def test_who_asks_for_patience_is_not_read_for_what_else_it_says() -> None:
    told = json.dumps({"jsonrpc": "2.0", "id": 0, "result": "0x1"}).encode()
    with answering(with_status(429, told)) as url, pytest.raises(NodeUnreachable, match="asks for patience"):
        Node(url, LIMITS).chain_id()


@pytest.mark.parametrize(
    "nothing", [{"result": None}, {"result": []}, {"error": {"code": -32000, "message": "not found"}}]
)
def test_a_member_behind_a_balancer_that_lags_gives_fewer_blocks_and_no_empty_ones(nothing: Json) -> None:
    """The block is known to one member, its receipts not yet to another."""

    def told(call: Json) -> Json:
        if call["method"] == "eth_getTransactionReceipt":
            return {"id": call["id"], "result": None}
        is_last = call["method"] == "eth_getBlockReceipts" and call["params"][0] == hex(LAST)
        return {"id": call["id"], **nothing} if is_last else dict(HOLDER._reply(call))

    def respond(body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        return 200, json.dumps([*map(told, asked)] if isinstance(asked, list) else told(asked)).encode()

    with answering(respond) as url:
        answers = Node(url, LIMITS).fetch(FIRST, LAST)
    held = [(answer.block.height, len(answer.receipts)) for answer in answers]
    assert held == [(FIRST, 20), (FIRST + 1, 5)]
