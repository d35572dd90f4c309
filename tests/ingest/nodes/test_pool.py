"""Reading nodes: what they answer, what becomes of nonsense, and who is asked next."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model.errors import BadInput, NodeMisbehaved, NodeUnreachable, WrongChain
from ingest.nodes import Limits, Node, Nodes
from ingest.nodes.quorum import agreement
from ingest.nodes.transport import BadStatus, TransportError
from tests.fixtures.fake_chain import FakeChain, FakeTransport, node_of
from tests.fixtures.liar import lying
from tests.fixtures.town import ETHER, Town

Answers = list[dict[str, Any]]


@pytest.mark.chain
def test_blocks_come_with_their_receipts_as_far_as_there_are_any(town: Town) -> None:
    head = town.wraps("alice", ETHER).head

    answers = Node(town.url).fetch(head - 1, head + 3)

    assert [answer.block.height for answer in answers] == [head - 1, head]
    assert [len(answer.receipts[0].logs) for answer in answers[1:]] == [1]
    assert Node(town.url).header(head + 1) is None


@pytest.mark.chain
def test_anvil_has_no_finalised_block_whatever_it_says(town: Town) -> None:
    assert Node(town.url).finalised() is None


@pytest.mark.chain
def test_a_call_that_fails_is_null_and_not_an_error(town: Town) -> None:
    head = Node(town.url).head()
    weth = bytes.fromhex(_weth()[2:])

    said = Node(town.url).call([(weth, b"\x06\xfd\xde\x03"), (weth, b"\xa9\x05\x9c\xbb")], head.id)
    assert said[0] is not None and said[0].rstrip(b"\0").endswith(b"Wrapped Ether")
    assert said[1] is None
    with pytest.raises(NodeMisbehaved, match=r"has no block 0x0101.*, whose state it was asked for"):
        Node(town.url).call([(weth, b"\x06\xfd\xde\x03")], b"\1" * 32)


@pytest.mark.chain
def test_when_one_node_fails_the_next_is_asked_and_kept(town: Town) -> None:
    with lying(town.url) as first:
        nodes = Nodes(f"{first.url},{town.url}")
        assert nodes.head().height == town.head
        first.status = 429

        assert nodes.head().height == town.head
        assert nodes.source == town.url


@pytest.mark.chain
def test_a_second_node_of_another_chain_is_refused(town: Town) -> None:
    def other_chain(answers: Answers) -> Answers:
        return [{**answer, "result": "0x5"} for answer in answers]

    with lying(town.url, other_chain) as other, lying(town.url) as first:
        nodes = Nodes(f"{first.url},{other.url}")
        nodes.head()
        first.status = 503

        with pytest.raises(
            WrongChain, match=f"the node at {other.url} serves chain 5, not chain {town.chain_id}"
        ):
            nodes.head()


@pytest.mark.chain
def test_an_answer_larger_than_the_cap_is_not_read_to_its_end(town: Town) -> None:
    with pytest.raises(NodeMisbehaved, match=f"{town.url} refused: an answer larger than 1000 bytes"):
        Node(town.url, Limits(cap_bytes=1000)).fetch(0, 5)


def _another_shape(answers: Answers) -> Answers:
    return [{**answer, "result": {"number": 5}} for answer in answers]


def _error(answers: Answers) -> Answers:
    return [
        {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": -32000, "message": "no"}}
        for answer in answers
    ]


@pytest.mark.chain
@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (_another_shape, "gave an answer of another shape"),
        (_error, "refused: no"),
    ],
)
def test_nonsense_is_one_clear_line(town: Town, lie: Any, said: str) -> None:
    with lying(town.url, lie) as node, pytest.raises(NodeMisbehaved, match=f"^the node at {node.url} {said}"):
        Node(node.url).fetch(0, 1)


@pytest.mark.chain
def test_a_node_that_asks_for_patience_is_one_to_ask_again(town: Town) -> None:
    def later(answers: Answers) -> Answers:
        return [{"id": answer["id"], "error": {"code": -32005, "message": "too fast"}} for answer in answers]

    with lying(town.url, later) as node, pytest.raises(NodeUnreachable, match="asks for patience: too fast"):
        Node(node.url).call([(b"\1" * 20, b"\2" * 4)], b"\3" * 32)


def test_what_is_no_address_of_a_node_is_refused() -> None:
    with pytest.raises(BadInput, match="no node given"):
        Nodes(" , ")
    with pytest.raises(BadInput, match=r"address … is no http://, https://, ws:// or wss:// URL"):
        Nodes("127.0.0.1/secret")


def test_nodes_of_different_chains_are_not_guessed_between() -> None:
    nodes = node_of(FakeChain(1), "one"), node_of(FakeChain(5), "five")

    with pytest.raises(WrongChain, match=r"the nodes differ: .*http://five serves chain 5.*--chain-id"):
        Nodes(nodes).chain_id()
    assert Nodes(nodes, 5).chain_id() == 5
    assert Nodes(nodes, 5).head().height == 0


def test_a_quorum_of_more_nodes_than_there_are_is_refused() -> None:
    with pytest.raises(BadInput, match="--quorum 3 asks for more nodes than --rpc names, 2"):
        Nodes("http://a,http://b", quorum=3)


def test_too_few_nodes_for_a_quorum_is_one_clear_line() -> None:
    silent_one = FakeTransport(FakeChain(), fails=TransportError("no answer in time"))
    with pytest.raises(NodeUnreachable, match="only 1 of 2 nodes tell their head, and --quorum is 2"):
        Nodes([node_of(FakeChain(), "up"), node_of(silent_one, "down")], quorum=2).head()


def test_two_keys_of_one_provider_are_told_apart_without_showing_them() -> None:
    nodes = Nodes("https://rpc.example/key-1,https://rpc.example/key-2")

    assert [node.source for node in nodes.all()] == ["https://rpc.example", "https://rpc.example #2"]


def test_while_all_nodes_rest_the_wait_is_that_of_the_first_to_be_back() -> None:
    storms = [FakeTransport(FakeChain(), fails=BadStatus(429, wait_s)) for wait_s in (60.0, 30.0)]
    nodes = Nodes([node_of(storm, name) for storm, name in zip(storms, ("one", "two"), strict=True)], 1)

    with pytest.raises(NodeUnreachable, match="asks for patience"):
        nodes.head()
    assert 25 < nodes.pause_s <= 30
    with pytest.raises(NodeUnreachable, match="asks for patience"):
        nodes.head()
    assert [storm.exchanges for storm in storms] == [1, 1], "who asked for patience is not asked meanwhile"


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=5), st.integers(1, 5))
def test_the_quorums_head_is_the_highest_block_that_enough_nodes_hold(
    forks: list[tuple[int, int]], wanted: int
) -> None:
    """Each node shares the first blocks of one chain and has blocks of its own on top."""
    trunk = FakeChain().produce_blocks(8)
    chains = [trunk.copy().forget(8 - shared).produce_blocks(own) for shared, own in forks]
    holders = Counter(item for chain in chains for item in chain.hashes().items())
    enough = [number for (number, _), count in holders.items() if count >= wanted]
    heads = {(node := node_of(chain, str(at))): node.head() for at, chain in enumerate(chains)}

    if wanted > len(chains):
        with pytest.raises(NodeUnreachable):
            agreement(heads, wanted, len(chains))
    else:
        found = agreement(heads, wanted, len(chains))
        assert found.head.height == max(enough)
        assert len(found.nodes) >= wanted
        assert all(node.header(found.head.height) == found.head for node in found.nodes)


def _weth() -> str:
    from ingest.localchain.play.deploying import world

    return world().weth
