"""A node that takes smaller batches, or none, says so in a way of its own, and is found out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ingest.model.errors import NodeMisbehaved, NodeUnreachable
from ingest.nodes import Node, jsonrpc
from ingest.nodes.jsonrpc import BatchRefused, NoBatch
from ingest.nodes.refusals import RpcError
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of

MOST = 3
"""Calls that these nodes take at once."""

Answer = Callable[[Sequence[Json]], Any]
"""What a node answers to a batch that is too large for it."""


def error(message: str, code: int = -32600) -> Json:
    return {"code": code, "message": message}


def refusal(call: Json | None, message: str, code: int = -32600) -> Json:
    return {"jsonrpc": "2.0", "id": None if call is None else call["id"], "error": error(message, code)}


class Small(FakeTransport):
    """A node that answers more than `MOST` calls at once with what `refuses` makes of them, as bytes."""

    refuses: Callable[[Sequence[Json]], bytes]

    def exchange(self, payload: bytes, deadline_s: float) -> bytes:
        asked = json.loads(payload)
        if isinstance(asked, list) and len(asked) > MOST:
            self.exchanges += 1
            return self.refuses(asked)
        return super().exchange(payload, deadline_s)


def small(refuses: Callable[[Sequence[Json]], bytes]) -> Small:
    transport = Small(FakeChain().produce_blocks(12))
    transport.refuses = refuses
    return transport


def as_json(answer: Answer) -> Callable[[Sequence[Json]], bytes]:
    return lambda asked: json.dumps(answer(asked)).encode()


@pytest.mark.parametrize(
    "refuses",
    [
        as_json(lambda asked: [refusal(asked[0], "batch too large")]),  # geth: a list of one
        as_json(lambda _asked: [refusal(None, "batch size too large")]),
        as_json(lambda _asked: refusal(None, "Batch of more than 3 requests are not allowed on free tier")),
        as_json(
            lambda asked: [refusal(one, "Batch of more than 3 requests are not allowed") for one in asked]
        ),
        as_json(lambda asked: [refusal(one, "Batch requests are not supported") for one in asked]),
        as_json(lambda asked: [refusal(one, "too many requests in batch", -32005) for one in asked]),
        as_json(lambda _asked: refusal(None, "too many requests in batch call: 10 max")),
        as_json(lambda asked: [refusal(one, "maximum batch size is 3", -32602) for one in asked]),
        as_json(lambda asked: [refusal(one, "request timed out", -32002) for one in asked]),  # geth, part way
        as_json(lambda asked: {"jsonrpc": "2.0", "id": asked[0]["id"], "result": "0x1"}),
        as_json(lambda asked: [{"jsonrpc": "2.0", "id": one["id"], "result": None} for one in asked[:MOST]]),
        lambda _asked: b"Batch requests are disabled",
        lambda _asked: b"<html>413</html>",
        lambda _asked: b"",
    ],
)
def test_a_batch_that_is_too_large_is_asked_for_in_smaller_ones(
    refuses: Callable[[Sequence[Json]], bytes],
) -> None:
    transport = small(refuses)
    node = node_of(transport)

    assert node.fetch(0, 9) == node_of(transport.chain).fetch(0, 9)
    assert node.health.rest_s == 0, "nobody had to wait"
    first_time, transport.exchanges = transport.exchanges, 0
    assert node.fetch(0, 9) == node_of(transport.chain).fetch(0, 9)
    assert transport.exchanges < first_time, "found out once"


def test_a_node_that_never_answers_in_json_rpc_is_asked_no_further_than_one_by_one() -> None:
    transport = FakeTransport(FakeChain().produce_blocks(3), raw=b"<html>hello</html>")

    with pytest.raises(NodeMisbehaved, match=r"^the node at http://node did not answer in JSON-RPC"):
        node_of(transport).fetch(0, 3)
    assert transport.asking == 1
    assert transport.exchanges == 4, "8, 4, 2, 1"


def test_one_answer_that_is_no_batch_does_not_make_a_node_one_without_batches() -> None:
    transport = FakeTransport(FakeChain().produce_blocks(12))
    node = node_of(transport)
    transport.raw = b"<html>502</html>"
    with pytest.raises(NodeMisbehaved):
        node.fetch(0, 3)

    transport.raw, transport.exchanges = None, 0
    node.fetch(0, 9)
    assert transport.exchanges == 1


def test_a_single_call_that_takes_too_long_is_a_node_to_ask_later() -> None:
    transport = FakeTransport(
        FakeChain().produce_blocks(3),
        hook=lambda told: [{"id": one["id"], "error": error("context deadline exceeded")} for one in told],
    )
    with pytest.raises(NodeUnreachable, match="asks for patience: context deadline exceeded"):
        node_of(transport).header(1)


@pytest.mark.parametrize("number", ["0", "0.0", '"0"'])
def test_the_number_of_a_question_may_be_written_as_a_text_or_with_a_point(number: str) -> None:
    body = f'[{{"id": 1, "result": "b"}}, {{"id": {number}, "result": "a"}}]'.encode()

    assert [bytes(reply.result) for reply in jsonrpc.decode(body, 2)] == [b'"a"', b'"b"']


@pytest.mark.parametrize("nothing", ["null", "{}", "false", '""', '{"code": 0, "message": ""}'])
def test_an_error_that_says_nothing_beside_a_result_is_none(nothing: str) -> None:
    (reply,) = jsonrpc.decode(f'{{"id": 0, "error": {nothing}, "result": "0x1"}}'.encode(), 1)

    assert (reply.error, bytes(reply.result)) == (None, b'"0x1"')


@pytest.mark.parametrize("nothing", ["{}", "false", '""'])
def test_an_error_that_says_nothing_is_an_error_where_there_is_no_result(nothing: str) -> None:
    (reply,) = jsonrpc.decode(f'{{"id": 0, "error": {nothing}}}'.encode(), 1)

    assert reply.error is not None


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"id": 0, "result": "0x1"}',
        b'{"id": 0, "result": "0x1", "took": NaN}',
        b'{"id": 0, "result": "0x1", "said": "\\ud800"}',
    ],
)
def test_what_json_does_not_allow_beside_a_result_is_no_trouble(body: bytes) -> None:
    (reply,) = jsonrpc.decode(body, 1)

    assert bytes(reply.result) == b'"0x1"'


def test_the_words_of_a_token_with_half_a_character_are_read() -> None:
    body = b'{"id": 0, "error": {"code": 3, "message": "execution reverted: \\udc00", "data": "0x"}}'

    (reply,) = jsonrpc.decode(body, 1)
    assert reply.error == RpcError(3, "execution reverted: ?", "0x")


def test_an_answer_to_each_question_but_one_is_no_batch() -> None:
    told = [{"id": 0, "error": error("execution reverted: rate limit", 3)}, {"id": 1, "result": "0x"}]

    with pytest.raises(NoBatch):
        jsonrpc.decode(json.dumps(told).encode(), 3)
    with pytest.raises(BatchRefused, match="batch too large"):
        jsonrpc.decode(json.dumps([refusal(None, "batch too large")]).encode(), 3)


def test_a_tokens_words_in_place_of_a_whole_batch_ask_for_no_patience() -> None:
    """A node that gives up a batch of calls at the first that fails."""
    chain = FakeChain().produce_blocks(3)

    def first_only(told: list[Json]) -> list[Json]:
        words = error("execution reverted: rate limit exceeded, try again later", 3)
        return [{"id": 0, "error": words}] if len(told) > 1 else told

    node: Node = node_of(FakeTransport(chain, hook=first_only))
    held = bytes.fromhex(chain.blocks[3]["hash"][2:])

    assert node.call([(b"\1" * 20, b"\2" * 4)] * 3, held) == [None] * 3
