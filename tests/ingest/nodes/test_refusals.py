"""A contract's words are not a node's, whatever they say; and an error is no answer of "no"."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ingest.blocks.header_rules import SEALED_BY_VOTES
from ingest.blocks.proof import prove
from ingest.model.errors import FinalityUnknown, NodeMisbehaved, NodeUnreachable
from ingest.nodes import Nodes, jsonrpc
from ingest.nodes.refusals import RpcError, spoken
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of

WORDS = [
    "Token must migrate to V2", "cannot operate before launch", "rate limit exceeded",
    "interest rate too high", "too many requests", "quota exceeded for this epoch",
    "request size exceeds limit", "batch too large", "try again later", "method not supported",
    "throttled: 100 per second", "response too large", "capacity reached", "more than 10000 results",
    "payload exceeds limit", "state not available", "invalid argument",
]  # fmt: skip
"""What contracts may say, and do, in the words of nodes."""

TOLD: list[tuple[int, str, Any]] = [
    (3, "execution reverted: {}", "0x08c379a0"),  # geth, reth, Erigon, Nethermind of late
    (3, "{}", None),
    (-32000, "execution reverted: {}", None),  # geth before 1.9.24, hosted nodes
    (-32000, "Execution reverted ({})", "0x08c379a0"),  # Besu
    (-32000, "{}", "0x08c379a0"),
    (-32015, "VM execution error.", "Reverted 0x08c379a0"),  # OpenEthereum
    (-32015, "revert: {}", None),  # Nethermind
    (-32016, "The execution failed due to an exception. {}", None),  # OpenEthereum
    (-32603, "Error: VM Exception while processing transaction: reverted with reason '{}'", None),  # Hardhat
    (-32000, "VM Exception while processing transaction: revert {}", None),  # Ganache
    (-32003, "EVM error: CallRevert {}", None),  # anvil
    (-32000, "err: execution reverted: {}", None),
    (-32000, "execution aborted (timeout = 5s) {}", None),
    (-32000, "out of gas: {}", None),
    (-32000, "invalid opcode: opcode 0xfe not defined {}", None),
    (-32000, "stack underflow (0 <=> 1) {}", None),
    (-32003, "out of gas: gas required exceeds allowance: 0 {}", None),  # reth
    (-32000, "invalid jump destination {}", None),
    (-32603, "EVM error InvalidFEOpcode {}", None),  # reth
]  # fmt: skip
"""How clients hand on what a contract says."""


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(("code", "message", "data"), TOLD)
def test_a_contracts_words_are_matched_for_nothing(code: int, message: str, data: Any, words: str) -> None:
    error = spoken("eth_call", RpcError(code, message.format(words), data))

    assert error.is_a_contracts
    assert not (error.asks_for_patience or error.is_too_large)
    assert not (error.lacks_method or error.lacks_parameter or error.lacks_state)


@pytest.mark.parametrize(
    ("code", "message", "data"),
    [
        (-32005, "daily request count exceeded, request rate limited", {"see": "https://node/dashboard"}),
        (429, "Your app has exceeded its compute units per second capacity", None),
        (-32029, "Too Many Requests", None),
        (-32016, "over rate limit", None),
        (-32000, "rate limit exceeded", None),
        (-32007, "50/second request limit reached - reduce calls per second", None),
        (-32090, "Too many requests, reason: call rate limit exhausted, retry in 10s", None),
    ],
)
def test_a_node_that_asks_for_patience_is_heard_also_when_a_contract_was_called(
    code: int, message: str, data: Any
) -> None:
    error = spoken("eth_call", RpcError(code, message, data))

    assert error.asks_for_patience
    assert not error.is_a_contracts


@pytest.mark.parametrize(
    "message",
    ["cannot generate a trace", "operator not ready", "corporate proxy", "migrated block", "accurate"],
)
def test_rate_inside_of_a_word_asks_for_nothing(message: str) -> None:
    assert not RpcError(-32000, message).asks_for_patience


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("reverts", ["execution reverted: {}", "{}"])
def test_a_token_that_speaks_like_a_node_has_no_words_and_holds_up_nothing(words: str, reverts: str) -> None:
    def answer(told: list[Json]) -> list[Json]:
        refused = {"code": 3, "message": reverts.format(words), "data": "0x08c379a0"}
        return [{"id": one["id"], "error": refused} if "error" in one else one for one in told]

    transport = FakeTransport(FakeChain().produce_blocks(3), hook=answer)
    node = node_of(transport)
    held = bytes.fromhex(transport.chain.blocks[3]["hash"][2:])

    assert node.call([(b"\1" * 20, b"\2" * 4)] * 60, held) == [None] * 60
    assert transport.exchanges == 1, "asked for no less at once, and not again"
    assert node.health.rest_s == 0


# a question that failed


def failing(method: str, *errors: Json | None, chain: FakeChain | None = None) -> FakeTransport:
    """A node that answers calls of `method` with these errors in turn, the last one for good; None: truly."""
    transport = FakeTransport(chain or FakeChain().produce_blocks(3))
    left = list(errors)
    truly: Callable[[Json], Json] = transport._answer

    def answer(call: Json) -> Json:
        if call["method"] != method:
            return truly(call)
        error = left.pop(0) if len(left) > 1 else left[0]
        return truly(call) if error is None else {"jsonrpc": "2.0", "id": call["id"], "error": error}

    transport._answer = answer  # type: ignore[method-assign]
    return transport


INTERNAL = {"code": -32603, "message": "Internal error"}
GONE = {"code": -32000, "message": "missing trie node 0xab (path )"}


def held(transport: FakeTransport) -> bytes:
    return bytes.fromhex(transport.chain.blocks[3]["hash"][2:])


def test_a_fault_on_the_way_to_a_code_is_no_code_that_is_gone() -> None:
    transport = failing("eth_getCode", INTERNAL, None)

    assert node_of(transport).codes([b"\1" * 20], held(transport)) == [b""]


def test_a_fault_that_stays_is_about_this_contract_and_stops_nothing() -> None:
    transport = failing("eth_getCode", INTERNAL)

    assert node_of(transport).codes([b"\1" * 20], held(transport)) == [None]
    assert transport.asked["eth_getBlockByHash"] == 1


def test_state_that_is_gone_is_not_asked_for_again() -> None:
    transport = failing("eth_call", GONE)
    exchanges = transport.exchanges

    assert node_of(transport).call([(b"\1" * 20, b"\2" * 4)], held(transport)) == [None]
    assert transport.exchanges == exchanges + 2  # the call, and whether the block is held


def test_whether_a_block_is_held_is_not_taken_from_a_failed_question() -> None:
    transport = failing("eth_getBlockByHash", INTERNAL)
    before = transport._answer

    def answer(call: Json) -> Json:
        told = before(call)
        return {**told, "error": GONE} if call["method"] == "eth_call" else told

    transport._answer = answer  # type: ignore[method-assign]
    with pytest.raises(NodeMisbehaved, match="has no block 0x"):
        node_of(transport).call([(b"\1" * 20, b"\2" * 4)], held(transport))


@pytest.mark.parametrize(
    "error",
    [{"code": -32602, "message": "invalid argument 1: hex string without 0x prefix"},
     {"code": -32000, "message": "json: cannot unmarshal object into Go value of type string"}],
)  # fmt: skip
def test_a_node_that_takes_no_hash_for_a_block_is_asked_by_number_and_held_to_the_hash(error: Json) -> None:
    transport = FakeTransport(FakeChain().produce_blocks(3))
    truly: Callable[[Json], Json] = transport._answer

    def answer(call: Json) -> Json:
        if call["method"] == "eth_getCode" and isinstance(call["params"][1], dict):
            return {"id": call["id"], "error": error}
        return truly(call)

    transport._answer = answer  # type: ignore[method-assign]
    node = node_of(transport)
    at = held(transport)
    assert node.codes([b"\1" * 20], at) == [b""]

    transport.chain.produce_fork(1, 1)
    with pytest.raises(NodeMisbehaved, match="has no block 0x"):
        node.codes([b"\1" * 20], at)


def test_a_node_that_does_not_tell_its_client_is_none_for_development() -> None:
    chain = FakeChain(finalised=1).produce_blocks(3)
    secret = failing("web3_clientVersion", {"code": -32601, "message": "Method not found"}, chain=chain)

    assert node_of(secret).finalised() == 1
    with pytest.raises(NodeMisbehaved, match="refused: Internal error"):
        _ = node_of(failing("web3_clientVersion", INTERNAL)).is_for_development


# finality

UNKNOWN = [
    {"code": -39001, "message": "unknown block"},
    {"code": -32000, "message": "finalized block not found"},
    {"code": -32603, "message": "Internal error"},
    {"code": -32000, "message": "safe block not found"},
]
NO_SUCH_TAG = [
    {"code": -32602, "message": "invalid argument 0: hex string without 0x prefix"},
    {"code": -32602, "message": "Invalid params: invalid digit found in string"},
    {"code": -32000, "message": "unknown block tag: finalized"},
    {"code": -32000, "message": "invalid block tag"},
]


def without_finality(
    answer: Json | None, chain_id: int = 1, client: str = "", **header: str
) -> FakeTransport:
    """A node of a real network that answers so when it is asked for its finalised block; its headers say
    `header`.
    """
    chain = FakeChain(chain_id, finalised=0).produce_blocks(3)
    transport = FakeTransport(chain)
    truly: Callable[[Json], Json] = transport._answer

    def told(call: Json) -> Json:
        if call["params"] and call["params"][0] == "finalized":
            return (
                {"id": call["id"], "result": None} if answer is None else {"id": call["id"], "error": answer}
            )
        found = truly(call)
        if call["method"] == "web3_clientVersion" and client:
            found["result"] = client
        if isinstance(found.get("result"), dict):
            found["result"] = {**found["result"], "difficulty": "0x0", **header}
        return found

    transport._answer = told  # type: ignore[method-assign]
    return transport


@pytest.mark.parametrize("error", UNKNOWN)
def test_a_node_that_does_not_know_what_is_final_is_not_one_without_finality(error: Json) -> None:
    with pytest.raises(FinalityUnknown, match=r"does not know its finalised block now .*--allow-unfinalised"):
        node_of(without_finality(error)).finalised()


@pytest.mark.parametrize("error", NO_SUCH_TAG)
def test_a_node_from_before_finality_has_none(error: Json) -> None:
    assert node_of(without_finality(error)).finalised() is None


ETHASH = {"difficulty": "0x2b5e3af16b18", "mixHash": "0x" + "9c" * 32, "nonce": "0x5f3a1b2c4d6e7f80"}
SEALED = {"difficulty": "0x2", "mixHash": "0x" + "00" * 32, "extraData": "0x" + "d7" * 32 + "5a" * 65}
SIGNERS = {"extraData": "0x" + "d7" * 32 + "ab" * 20 * 3 + "5a" * 65}
ATTESTED = {"extraData": "0x" + "d7" * 32 + "f8b0" + "ab" * 176 + "5a" * 65}
VOTES = {"difficulty": "0x1", "mixHash": SEALED_BY_VOTES, "extraData": "0x" + "f8" * 200}


@pytest.mark.parametrize(
    ("chain_id", "header"),
    [
        (61, ETHASH), (1337, ETHASH), (1337, SEALED), (1337, SEALED | SIGNERS), (12345, SEALED), (4, SEALED),
        (1337, VOTES), (1337, VOTES | {"withdrawalsRoot": "0x" + "11" * 32}), (1337, {"difficulty": "0x2"}),
    ],
)  # fmt: skip
def test_null_is_none_where_blocks_are_sealed_by_work_or_by_authorities_that_call_none_final(
    chain_id: int, header: Json
) -> None:
    """ETC; Clique, also with its signers now and then; IBFT and QBFT, where each block is final."""
    assert node_of(without_finality(None, chain_id, **header)).finalised() is None


@pytest.mark.parametrize(
    ("chain_id", "header"),
    [
        (1, {}), (1, ETHASH), (100, ETHASH), (1337, {}),
        (56, SEALED), (97, {"difficulty": "0x1"}), (137, SEALED), (80_002, SEALED), (59_144, SEALED),
        (12345, SEALED | ATTESTED), (15_001, SEALED | {"extraData": "0x" + "d7" * 32 + "c2c0c0" + "5a" * 65}),
        (12345, SEALED | {"withdrawalsRoot": "0x" + "11" * 32}),
        (12345, {"difficulty": "0x1", "blockGasCost": "0x0"}), (551, SEALED | {"validators": "0x"}),
    ],
)  # fmt: skip
def test_null_is_no_answer_where_a_chain_calls_blocks_final_though_they_have_a_difficulty(
    chain_id: int, header: Json
) -> None:
    """BSC, Polygon, Avalanche and XDC, by id or as their headers show; a node of mainnet that is before its
    merge has not caught up.
    """
    with pytest.raises(FinalityUnknown, match="it has none yet"):
        node_of(without_finality(None, chain_id, **header)).finalised()


def test_null_from_polygons_client_is_no_answer_on_any_chain() -> None:
    with pytest.raises(FinalityUnknown, match="it has none yet"):
        node_of(without_finality(None, 12345, "bor/v2.2.9/linux-amd64", **SEALED)).finalised()
    assert node_of(without_finality(None, 12345, "Geth/v1.14.0", **SEALED)).finalised() is None


def test_another_node_is_asked_what_is_final() -> None:
    other = node_of(FakeChain(finalised=2).produce_blocks(3), "other")

    assert Nodes([node_of(without_finality(UNKNOWN[0])), other]).finalised() == 2


def test_a_node_that_asks_for_patience_is_not_one_without_finality() -> None:
    with pytest.raises(NodeUnreachable, match="asks for patience"):
        node_of(without_finality({"code": 429, "message": "too many requests"})).finalised()


# blocks without receipts


@pytest.mark.parametrize(
    "answer",
    [
        {"result": None}, {"error": {"code": -32000, "message": "not found"}}, {"result": []},
        {"result": ""}, {"result": "0x"}, {"result": {}}, {"result": False}, {},
        {"error": {"code": 1, "message": "failed to load block receipts"}},
        {"error": "no receipts"},
    ],
)  # fmt: skip
def test_a_block_that_is_empty_by_its_header_needs_no_receipts(answer: Json) -> None:
    chain = FakeChain().produce_blocks(1, transactions=0).produce_blocks(1)
    transport = FakeTransport(chain)
    truly: Callable[[Json], Json] = transport._answer

    def told(call: Json) -> Json:
        is_empty = call["method"] == "eth_getBlockReceipts" and call["params"][0] == "0x1"
        return {"id": call["id"], **answer} if is_empty else truly(call)

    transport._answer = told  # type: ignore[method-assign]
    empty, full = node_of(transport).fetch(1, 2)
    assert (empty.receipts, len(full.receipts)) == ([], 1)


@pytest.mark.parametrize("is_empty", [True, False])
def test_null_in_place_of_transactions_is_none_where_the_header_says_so(is_empty: bool) -> None:
    transport = FakeTransport(FakeChain().produce_blocks(1, transactions=0 if is_empty else 1))

    def write_null(told: list[Json]) -> list[Json]:
        for one in told:
            if isinstance(one.get("result"), dict):
                one["result"] = one["result"] | {"transactions": None}
        return told

    transport.hook = write_null
    if is_empty:
        (answer,) = node_of(transport).fetch(1, 1)
        assert prove(answer, "node") == "header"
    else:
        with pytest.raises(NodeMisbehaved, match="gave an answer of another shape"):
            node_of(transport).fetch(1, 1)


def test_a_block_that_is_called_empty_and_is_not_is_not_there_yet() -> None:
    transport = FakeTransport(FakeChain().produce_blocks(1))

    def leave_out(told: list[Json]) -> list[Json]:
        for one in told:
            if isinstance(one.get("result"), dict):
                one["result"] = {**one["result"], "transactions": []}
            elif isinstance(one.get("result"), list):
                one["result"] = None
        return told

    transport.hook = leave_out
    assert node_of(transport).fetch(1, 1) == []


def test_a_receipt_that_is_missing_at_the_end_is_asked_for_by_its_name() -> None:
    transport = FakeTransport(FakeChain().produce_blocks(1, transactions=3))

    def leave_out(told: list[Json]) -> list[Json]:
        for one in told:
            if isinstance(one.get("result"), list):
                one["result"] = one["result"][:-1]
        return told

    transport.hook = leave_out
    assert node_of(transport).fetch(1, 1) == node_of(transport.chain).fetch(1, 1)


@pytest.mark.parametrize("write", [str.upper, lambda text: text[2:], lambda text: "0x" + text[2:].upper()])
def test_a_node_may_write_hashes_in_capitals_or_without_0x(write: Callable[[str], str]) -> None:
    transport = FakeTransport(FakeChain().produce_blocks(3))

    def spell(told: list[Json]) -> list[Json]:
        for one in told:
            if isinstance(one.get("result"), dict):
                names = ("hash", "parentHash", "receiptsRoot")
                one["result"] = one["result"] | {name: write(one["result"][name]) for name in names}
        return told

    plain = [answer.block.id for answer in node_of(FakeTransport(transport.chain)).fetch(1, 3)]
    transport.hook = spell
    node = node_of(transport)
    assert [answer.block.id for answer in node.fetch(1, 3)] == plain
    assert node.head().id == plain[-1]
    assert [prove(answer, "node") for answer in node.fetch(1, 3)] == ["header"] * 3


def receipts_told(chain: FakeChain, told: Callable[[Any], Json | None]) -> FakeTransport:
    """A node that answers what `told` makes of how a block is named to `eth_getBlockReceipts`; None: as it
    should.
    """
    transport = FakeTransport(chain)
    truly: Callable[[Json], Json] = transport._answer

    def answer(call: Json) -> Json:
        other = told(call["params"][0]) if call["method"] == "eth_getBlockReceipts" else None
        if other is not None:
            transport.asked[call["method"]] += 1
            return {"id": call["id"], **other}
        return truly(call)

    transport._answer = answer  # type: ignore[method-assign]
    return transport


WANTS_A_HASH = [
    {"code": -32602, "message": "invalid argument 0: hex string has length 1, want 64 for common.Hash"},
    {"code": -32602, "message": "Invalid params"},
    {"code": -32000, "message": "cannot unmarshal string into Go value of type rpc.BlockNumberOrHash"},
]


@pytest.mark.parametrize("error", WANTS_A_HASH)
@pytest.mark.parametrize("form", [str, dict])
def test_a_node_that_wants_a_hash_for_a_block_whose_receipts_it_gives_is_given_one(
    error: Json, form: type
) -> None:
    """As moonbeam's, which takes the hash in an object only (graph-node#5341)."""
    chain = FakeChain().produce_blocks(20)

    def told(name: Any) -> Json | None:
        block_hash = name if isinstance(name, str) else name["blockHash"]
        if not isinstance(name, form) or len(block_hash) != 66:
            return {"error": error}
        return {"result": chain.receipts[block_hash]}

    transport = receipts_told(chain, told)
    node = node_of(transport)
    assert node.fetch(1, 9) == node_of(chain).fetch(1, 9)

    transport.asked.clear()
    assert node.fetch(10, 19) == node_of(chain).fetch(10, 19)
    assert transport.asked["eth_getBlockReceipts"] == 10, "found out once"
    assert transport.asked["eth_getTransactionReceipt"] == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": -32000, "message": "receipts length mismatch: 1 vs 0"}},  # bor#1654
        {
            "error": {"code": -32000, "message": "block has less receipts than expected: 0 <= 0"}
        },  # erigon#6730
        {"error": {"code": 1, "message": "failed to compute receipts"}},  # lotus files anything under 1
        {"error": {"code": -32602, "message": "Invalid params"}},
        {"error": {"code": 3, "message": "the method is not available"}},
        {"result": None},
        {"result": []},  # hedera's relay, hiero-json-rpc-relay#4456
    ],
)
def test_receipts_that_a_node_fails_to_give_by_the_block_are_asked_for_one_by_one(answer: Json) -> None:
    chain = FakeChain().produce_blocks(5, transactions=3)
    transport = receipts_told(chain, lambda _name: answer)

    assert node_of(transport).fetch(1, 3) == node_of(chain).fetch(1, 3)


def test_receipts_that_a_node_loses_in_the_middle_are_asked_for_by_their_names() -> None:
    chain = FakeChain().produce_blocks(1, transactions=5)
    (receipts,) = (told for told in chain.receipts.values() if len(told) == 5)
    lost = receipts_told(chain, lambda _name: {"result": [receipts[0], receipts[3]]})

    assert node_of(lost).fetch(1, 1) == node_of(chain).fetch(1, 1)


def test_a_block_that_the_node_does_not_have_says_nothing_of_how_it_is_asked() -> None:
    chain = FakeChain().produce_blocks(3)
    transport = receipts_told(
        chain, lambda name: {"error": WANTS_A_HASH[1]} if int(name, 16) > chain.head else None
    )
    node = node_of(transport)

    assert len(node.fetch(2, 9)) == 2
    transport.asked.clear()
    node.fetch(1, 3)
    assert transport.exchanges == 2
    assert transport.asked["eth_getTransactionReceipt"] == 0


def test_nulls_in_place_of_what_is_missing_are_no_trouble() -> None:
    transport = FakeTransport(FakeChain().produce_blocks(1))

    def write_out(told: list[Json]) -> list[Json]:
        for one in told:
            for receipt in one["result"] if isinstance(one.get("result"), list) else ():
                receipt.update(type=receipt["type"], root=None, depositNonce=None, blobGasUsed=None)
                receipt["logs"] = [
                    {**log, "removed": None, "blockTimestamp": None} for log in receipt["logs"]
                ]
            if isinstance(one.get("result"), dict):
                one["result"]["transactions"] = [
                    {**sent, "accessList": None, "yParity": None, "maxFeePerGas": None}
                    for sent in one["result"]["transactions"]
                ]
        return told

    transport.hook = write_out
    assert node_of(transport).fetch(1, 1) == node_of(transport.chain).fetch(1, 1)


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32000, "message": "rpc error: code = Unknown desc = execution reverted: rate limit"},
        {"code": -32603, "message": "Internal error: execution reverted: too many requests"},
        {"code": -32603, "message": "[Request ID: abc-1] execution reverted: rate limit"},
        {"code": 1, "message": "message execution failed (exit=[33], revert reason=[rate limit exceeded])"},
        {"code": -32000, "message": "smart contract reverted: quota"},
        {"code": -32000, "message": "rate limit exceeded", "data": {"data": "0x08c379a0"}},
        {"code": -32005, "message": "execution reverted: quota", "data": "0x08c379a0"},
        {"code": 429, "message": "execution reverted: try again"},
    ],
)
def test_a_contracts_words_are_its_own_however_a_proxy_hands_them_on(error: dict[str, Any]) -> None:
    filed = spoken("eth_call", msgspec.convert(error, RpcError))

    assert filed.is_a_contracts
    assert not filed.asks_for_patience and not filed.is_too_large and not filed.lacks_method


@pytest.mark.parametrize(
    "error", [{"code": 3, "message": None}, {"code": "3", "message": "x"}, {"code": None}, "unknown block", 5]
)
def test_an_error_that_is_written_loosely_is_an_error_still(error: object) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 0, "error": error}).encode()

    (reply,) = jsonrpc.decode(body, 1)
    assert reply.error is not None


@pytest.mark.parametrize(
    "text", ["finalized block not found", "Unknown block", "finalized block not yet known"]
)
@pytest.mark.parametrize("code", [-32602, -32601, -32004])
def test_a_node_that_does_not_know_yet_is_not_one_without_finality(text: str, code: int) -> None:
    assert RpcError(code, text).does_not_know_yet


@pytest.mark.parametrize("method", ["eth_getBlockByNumber", "eth_getBlockReceipts", "eth_chainId"])
@pytest.mark.parametrize("code", [1, 2, 3, -32015])
def test_a_code_says_nothing_by_itself_of_what_no_contract_was_asked(method: str, code: int) -> None:
    """Lotus files anything under 1, what is out of gas under 2, and an actor that is missing under 3."""
    said = spoken(method, RpcError(code, "load block: blockstore is closed"))

    assert not said.is_too_large
    assert not said.is_a_contracts
    assert spoken(method, RpcError(code, "the method is not available")).lacks_method
    assert spoken(method, RpcError(code, "rate limit exceeded")).asks_for_patience
    assert spoken(method, RpcError(code, "response is too large")).is_too_large


def test_a_revert_is_known_by_its_words_under_any_code() -> None:
    for code in (1, 3, 11, -32000):
        error = RpcError(code, "message execution failed (exit=[33], revert reason=[quota], vm error=[])")
        assert spoken("eth_call", error).is_a_contracts
    assert not spoken("eth_call", RpcError(1, "blockstore is closed")).is_a_contracts
