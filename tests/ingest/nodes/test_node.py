"""One node: what it cannot do is found out once, what is too large is halved, nonsense is refused."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from ingest.model.errors import NodeMisbehaved, NodeUnreachable
from ingest.nodes.refusals import RpcError
from ingest.nodes.transport import BadStatus, TooSlow, TransportError
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Hook, Json, node_of


def chain(blocks: int = 30, logs: int = 1) -> FakeChain:
    return FakeChain().produce_blocks(blocks, logs)


def test_a_node_without_block_receipts_is_asked_for_each_and_for_no_block_receipts_again() -> None:
    transport = FakeTransport(chain(), lacks=("eth_getBlockReceipts",))
    node = node_of(transport)

    whole = node_of(transport.chain).fetch(0, 9)
    assert node.fetch(0, 9) == whole
    assert transport.asked["eth_getBlockReceipts"] == 10
    node.fetch(10, 19)
    assert transport.asked["eth_getBlockReceipts"] == 10
    assert transport.asked["eth_getTransactionReceipt"] == 20


@pytest.mark.parametrize(("batches", "most"), [(False, 1000), (True, 1), (True, 7)])
def test_a_node_that_takes_no_batches_or_small_ones_is_asked_as_it_can(batches: bool, most: int) -> None:
    transport = FakeTransport(chain(), batches=batches, most_calls=most)
    node = node_of(transport)

    whole = node_of(transport.chain).fetch(0, 9)
    assert node.fetch(0, 9) == whole
    first_time, transport.exchanges = transport.exchanges, 0
    node.fetch(10, 19)
    assert transport.exchanges < first_time, "found out once"
    assert transport.exchanges <= 20


def test_a_node_with_neither_is_asked_call_by_call() -> None:
    transport = FakeTransport(chain(), batches=False, lacks=("eth_getBlockReceipts",))

    assert node_of(transport).fetch(0, 3) == node_of(transport.chain).fetch(0, 3)


def test_an_answer_beyond_the_cap_is_asked_for_in_halves() -> None:
    transport = FakeTransport(chain(), cap_bytes=12_000)  # two or three blocks with their receipts

    assert node_of(transport).fetch(0, 9) == node_of(transport.chain).fetch(0, 9)


def test_a_block_whose_receipts_are_beyond_the_cap_is_read_receipt_by_receipt() -> None:
    big = FakeChain().produce_blocks(2, logs=10, transactions=8)
    transport = FakeTransport(big, cap_bytes=len(json.dumps(big.receipts[big.blocks[1]["hash"]])))
    node = node_of(transport)

    assert node.fetch(1, 1) == node_of(big).fetch(1, 1)
    assert transport.asked["eth_getTransactionReceipt"] >= 8


def test_after_many_batches_a_node_is_asked_for_more_again() -> None:
    transport = FakeTransport(chain(), cap_bytes=12_000)
    node = node_of(transport)
    node.fetch(0, 9)
    transport.cap_bytes, transport.exchanges = 1 << 30, 0

    for _ in range(400):
        node.fetch(0, 9)
    before = transport.exchanges
    node.fetch(0, 9)
    assert transport.exchanges - before < before / 400


def test_a_node_that_is_too_slow_for_ten_blocks_is_asked_for_fewer_until_it_is_not() -> None:
    transport = FakeTransport(chain())
    node = node_of(transport)

    def slow(_exchange: int) -> None:
        transport.fails = TooSlow("no answer in time") if transport.asking > 4 else None

    transport.before = slow
    for _ in range(3):
        with pytest.raises(NodeUnreachable, match="no answer in time"):
            node.fetch(0, 9)
    assert node.fetch(0, 9) == node_of(transport.chain).fetch(0, 9)


def test_one_failure_does_not_make_a_node_one_without_batches() -> None:
    transport = FakeTransport(chain(), fails=BadStatus(500, None))
    node = node_of(transport)
    with pytest.raises(NodeUnreachable, match="HTTP status 500"):
        node.fetch(0, 9)

    transport.fails, transport.exchanges = None, 0
    node.fetch(0, 9)
    assert transport.exchanges == 1


def test_a_node_that_asks_to_be_left_alone_is() -> None:
    transport = FakeTransport(chain(), fails=BadStatus(429, 120.0))
    node = node_of(transport)

    with pytest.raises(
        NodeUnreachable, match=r"the node at http://node asks for patience \(HTTP status 429, for 120 s\)"
    ):
        node.head()
    assert 115 < node.health.rest_s <= 120


def test_failures_make_the_rest_longer_and_an_answer_ends_it() -> None:
    transport = FakeTransport(chain(), fails=TransportError("no answer in time"))
    node = node_of(transport)
    rests = []
    for _ in range(4):
        with pytest.raises(NodeUnreachable, match=r"no node answers at http://node \(no answer in time\)"):
            node.head()
        rests.append(node.health.rest_s)

    assert all(later > rest for rest, later in pairwise(rests))
    transport.fails = None
    node.head()
    assert node.health.rest_s == 0


def test_a_row_of_bad_answers_is_ended_by_blocks_and_not_by_a_head() -> None:
    transport = FakeTransport(chain())
    node = node_of(transport)
    for _ in range(3):
        transport.raw = b"<html>"
        with pytest.raises(NodeMisbehaved):
            node.fetch(0, 1)
        transport.raw = None
        node.head()
    assert node.health.failures_in_a_row == 3

    node.fetch(0, 1)
    assert node.health.failures_in_a_row == 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("hash", "0x12", "gave '0x12' for a hash"),
        ("hash", "0x" + "zz" * 32, "for a hash"),
        ("parentHash", "\u202eevil", "gave '"),
        ("number", "0x-5", "gave '0x-5' for a number"),
        ("number", "0x3", "gave block 0x3 when asked for block 2"),
        ("number", [2], "gave an answer of another shape"),
        ("number", True, "gave an answer of another shape"),
        ("transactions", None, "gave an answer of another shape"),
    ],
)
def test_a_block_that_is_none_is_refused(field: str, value: object, said: str) -> None:
    def spoil(answers: list[Json]) -> list[Json]:
        for answer in answers:
            if isinstance(answer["result"], dict):
                answer["result"] = {**answer["result"], field: value}
        return answers

    with pytest.raises(NodeMisbehaved, match=f"^the node at http://node .*{said}") as refused:
        node_of(FakeTransport(chain(), hook=spoil)).fetch(2, 2)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "body", [b"", b"<html>hello</html>", b"[", b"null", b"[[]]", b"\xff\xfe", b"[" * 50_000]
)
def test_what_is_no_json_rpc_is_refused(body: bytes) -> None:
    with pytest.raises(NodeMisbehaved, match=r"^the node at http://node did not answer in JSON-RPC"):
        node_of(FakeTransport(chain(), raw=body)).fetch(0, 3)


def test_answers_with_the_numbers_of_other_questions_are_not_believed_and_asked_for_one_by_one() -> None:
    def renumber(answers: list[Json]) -> list[Json]:
        return [{**answer, "id": 0} for answer in reversed(answers)]

    transport = FakeTransport(chain(), hook=renumber)
    assert node_of(transport).fetch(0, 3) == node_of(transport.chain).fetch(0, 3)
    assert transport.asking == 1


@pytest.mark.parametrize(
    ("code", "message", "meaning"),
    [
        (-32005, "daily request count exceeded, request rate limited", "patience"),
        (-32005, "query returned more than 10000 results", "too large"),
        (429, "Your app has exceeded its compute units per second capacity", "patience"),
        (-32029, "Too Many Requests", "patience"),
        (-32003, "response too large", "too large"),
        (-32008, "Response is too big", "too large"),
        (-32000, "batch response exceeded limit of 25000000", "too large"),
        (-32600, "batch too large", "too large"),
        (-32601, "the method eth_getBlockReceipts does not exist/is not available", "no method"),
        (-32601, "Method not found", "no method"),
        (-32004, "Method not supported", "no method"),
        (-32000, "method eth_getBlockReceipts is not whitelisted", "no method"),
        (3, "execution reverted: transfer amount exceeds balance", "no"),
        (-32000, "header not found", "no"),
    ],
)
def test_errors_in_the_words_of_known_nodes_are_understood(code: int, message: str, meaning: str) -> None:
    error = RpcError(code, message)
    means = {
        "patience": error.asks_for_patience,
        "too large": error.is_too_large,
        "no method": error.lacks_method,
    }
    assert [name for name, is_meant in means.items() if is_meant] == ([] if meaning == "no" else [meaning])


def _fails_with(code: int, message: str) -> Hook:
    """Every call of a contract ends so."""

    def fail(answers: list[Json]) -> list[Json]:
        failed = {"error": {"code": code, "message": message}}
        return [{"id": one["id"], **failed} if "error" in one else one for one in answers]

    return fail


@pytest.mark.parametrize(
    ("code", "message"),
    [(3, "execution reverted"), (-32000, "missing trie node 0xab (path )"), (-32015, "VM execution error.")],
)
def test_a_call_that_fails_at_a_block_that_the_node_holds_has_no_answer(code: int, message: str) -> None:
    transport = FakeTransport(chain(), hook=_fails_with(code, message))
    held = bytes.fromhex(transport.chain.blocks[3]["hash"][2:])

    assert node_of(transport).call([(b"\1" * 20, b"\2" * 4)], held) == [None]


@pytest.mark.parametrize("message", ["header not found", "Resource not found", "hash 0x… is not canonical"])
def test_a_node_that_lacks_the_block_is_not_taken_for_a_contract_that_fails(message: str) -> None:
    transport = FakeTransport(chain(), hook=_fails_with(-32000, message))

    with pytest.raises(NodeMisbehaved, match="the node at http://node has no block 0x0303"):
        node_of(transport).call([(b"\1" * 20, b"\2" * 4)], b"\3" * 32)


def test_a_node_that_finds_no_blocks_by_their_hash_is_believed() -> None:
    transport = FakeTransport(
        chain(), hook=_fails_with(-32000, "missing trie node"), lacks=("eth_getBlockByHash",)
    )

    assert node_of(transport).call([(b"\1" * 20, b"\2" * 4)], b"\3" * 32) == [None]
