"""Following without a broker or a process: random chains, random reorganisations, nodes that fall behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.blocks.headers import Header, Headers
from ingest.facts.lists import ListBook
from ingest.live.follower import Follower, FollowSettings
from ingest.live.forks import common_ancestor
from ingest.model.errors import NodeMisbehaved, NodeUnreachable, WrongChain
from ingest.nodes import Node, Nodes, health
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of
from tests.fixtures.list_log import ListLog

Change = tuple[str, int, int]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rests and waits pass at once."""
    for name in ("FIRST_REST_S", "LONGEST_REST_S", "FIRST_PROBE_S"):
        monkeypatch.setattr(health, name, 0.0)
    monkeypatch.setattr("ingest.live.follower.STUCK_S", 0.0)
    monkeypatch.setattr("ingest.live.forks.FINALITY_CHECK_S", 0.0)
    monkeypatch.setattr("ingest.nodes.chain_check.CHAIN_CHECK_S", 0.0)


def silent(_line: str) -> None:
    """Says nothing."""


def follower(log: ListLog, *nodes: Node, quorum: int = 1, **wanted: object) -> Follower:
    with_defaults = {"start": "earliest", "poll_s": 0.001, "ahead": 0, **wanted}
    chosen = FollowSettings(**with_defaults)  # type: ignore[arg-type]
    return Follower(1, Nodes(nodes, 1, quorum), log, chosen, silent, ListBook(None, silent))


def catches_up(one: Follower, steps: int = 200) -> None:
    """Steps until nothing is new; an answer that changed while it was read is asked for again."""
    for _ in range(steps):
        try:
            if not one.step():
                return
        except (NodeMisbehaved, NodeUnreachable):
            continue
    raise AssertionError("still moving")


def follows(log: ListLog, until: Callable[[], bool], *nodes: Node, **wanted: object) -> None:
    """Runs a follower until something holds, for ten seconds at most."""
    stop = threading.Event()
    running = threading.Thread(target=follower(log, *nodes, **wanted).run, args=(stop,))  # type: ignore[arg-type]
    running.start()
    deadline = time.monotonic() + 10
    try:
        while not until():
            assert time.monotonic() < deadline
            assert running.is_alive()
            time.sleep(0.002)
    finally:
        stop.set()
        running.join(10)


def a_while() -> Callable[[], bool]:
    """Holds a quarter of a second from now."""
    end = time.monotonic() + 0.25
    return lambda: time.monotonic() > end


changes = st.one_of(
    st.tuples(st.just("grows"), st.integers(1, 25), st.just(0)),
    st.tuples(st.just("reorganises"), st.integers(1, 70), st.integers(1, 80)),
    st.tuples(st.just("restarts"), st.just(0), st.just(0)),
    st.tuples(st.just("is read a little"), st.integers(1, 3), st.just(0)),
)


@settings(max_examples=60, deadline=None)
@given(story=st.lists(changes, max_size=12), confirmations=st.integers(0, 3))
def test_whatever_the_chain_does_the_log_becomes_the_chain(story: list[Change], confirmations: int) -> None:
    """The model: in the end the log is the chain without its newest `confirmations` blocks."""
    chain, log = FakeChain(), ListLog(keep=20)
    one = follower(log, node_of(chain), confirmations=confirmations)
    for what, first, second in story:
        if what == "grows":
            chain.produce_blocks(first)
        elif what == "reorganises":
            chain.produce_fork(first, second)
        elif what == "restarts":
            log.restart()
            one = follower(log, node_of(chain), confirmations=confirmations)
        else:
            for _ in range(first):
                one.step()
    chain.produce_blocks(max(0, len(log.chain) - len(chain.blocks)) + confirmations + 1)
    catches_up(one)

    wanted = {at: hash_ for at, hash_ in chain.hashes().items() if at <= chain.head - confirmations}
    assert log.hashes() == wanted


@pytest.mark.parametrize("ahead", [0, 2])
@settings(max_examples=60, deadline=None)
@given(
    reorgs=st.dictionaries(st.integers(1, 60), st.tuples(st.integers(1, 12), st.integers(0, 3)), max_size=8)
)
def test_a_chain_that_changes_between_any_two_questions_is_followed(
    reorgs: dict[int, tuple[int, int]], ahead: int
) -> None:
    chain, log = FakeChain().produce_blocks(40), ListLog()
    transport = FakeTransport(chain)

    def change(exchange: int) -> None:
        if exchange in reorgs:
            depth, longer = reorgs[exchange]
            chain.produce_fork(depth, depth + longer)

    transport.before = change
    one = follower(log, node_of(transport), ahead=ahead)
    while transport.exchanges <= 60:
        catches_up(one)
    catches_up(one)

    assert log.hashes() == chain.hashes()


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 20), st.integers(1, 40))
def test_the_common_ancestor_is_the_one_that_looking_at_every_block_finds(
    ours: int, theirs: int, shared: int, kept: int
) -> None:
    """Chains of these lengths that share their first blocks; of ours the newest `kept` are remembered."""
    headers = [Header(at, bytes([0 if at < shared else 1, at])) for at in range(ours + 1)][-kept:]
    other = [bytes([0 if at < shared else 2, at]) for at in range(theirs + 1)]
    slowly = [one for one in headers if one.number < len(other) and other[one.number] == one.hash]

    top = min(ours, theirs)
    found = common_ancestor(Headers(headers), top, lambda at: other[at]) if top >= headers[0].number else None
    assert found == (slowly[-1] if slowly else None)


def test_a_reorganisation_deeper_than_memory_is_followed_with_what_the_log_still_holds() -> None:
    chain, log = FakeChain().produce_blocks(300), ListLog(keep=10)
    catches_up(follower(log, node_of(chain)))
    log.restart()
    assert len(log.headers) == 10

    chain.produce_fork(250, 255)
    catches_up(follower(log, node_of(chain)))

    assert log.rollbacks() == [50]
    assert log.hashes() == chain.hashes()


def test_what_is_final_is_never_taken_back() -> None:
    chain, log = FakeChain(finalised=0).produce_blocks(30), ListLog()
    chain.finalised = 20
    one = follower(log, node_of(chain))
    catches_up(one)
    one.step()
    before = log.hashes()

    chain.produce_fork(15, 20)
    with pytest.raises(NodeMisbehaved, match=r"parts from the log at block 15, below the finalised block"):
        for _ in range(3):
            one.step()
    assert log.hashes() == before


def test_a_real_network_does_not_grow_shorter_so_a_node_that_does_is_only_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingest.live.follower.BEHIND_S", 0.0)
    chain, log = FakeChain(finalised=0).produce_blocks(20), ListLog()
    catches_up(follower(log, node_of(chain)))

    follows(log, a_while(), node_of(chain.forget(5)))

    assert log.rollbacks() == []


def test_a_developers_chain_that_grew_shorter_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.live.follower.BEHIND_S", 0.0)
    chain, log = FakeChain().produce_blocks(20), ListLog()
    catches_up(follower(log, node_of(chain)))

    follows(log, lambda: bool(log.rollbacks()), node_of(chain.forget(5)))

    assert log.hashes() == chain.hashes()


def test_a_head_told_too_low_takes_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.live.follower.BEHIND_S", 0.0)
    chain, log = FakeChain().produce_blocks(20), ListLog()
    catches_up(follower(log, node_of(chain)))

    class Stale(FakeChain):
        def _block(self, name: str, whole: bool) -> Json | None:
            return super()._block(hex(self.head - 5) if name == "latest" else name, whole)

    follows(log, a_while(), node_of(Stale(1, chain.blocks, chain.receipts)))

    assert log.rollbacks() == []


def test_a_node_that_stands_still_gives_way_to_one_that_goes_on() -> None:
    chain, log = FakeChain().produce_blocks(10), ListLog()
    stuck = chain.copy()
    chain.produce_blocks(7)

    follows(log, lambda: log.hashes() == chain.hashes(), node_of(stuck, "stuck"), node_of(chain, "good"))

    assert log.rollbacks() == []


def test_one_nodes_fork_is_not_followed_while_another_as_high_holds_the_log() -> None:
    chain, log = FakeChain().produce_blocks(10), ListLog()
    catches_up(follower(log, node_of(chain)))
    parted = chain.copy().produce_fork(3, 3)

    follows(log, a_while(), node_of(parted, "parted"), node_of(chain, "good"))
    assert log.rollbacks() == []

    parted.produce_blocks(1)
    follows(log, lambda: log.hashes() == parted.hashes(), node_of(parted, "parted"), node_of(chain, "good"))
    assert log.rollbacks() == [7]


def test_null_for_a_block_that_is_there_takes_nothing_back_and_the_other_node_is_asked() -> None:
    chain, log = FakeChain().produce_blocks(10), ListLog()
    catches_up(follower(log, node_of(chain)))
    chain.produce_blocks(5)
    forgetful = FakeTransport(chain)
    forgetful.hook = lambda answers: [
        {**answer, "result": None} if isinstance(answer.get("result"), dict | list) else answer
        for answer in answers
    ]

    follows(log, lambda: log.hashes() == chain.hashes(), node_of(forgetful, "bad"), node_of(chain, "good"))

    assert log.rollbacks() == []


def test_only_what_enough_nodes_hold_is_published() -> None:
    chain, log = FakeChain().produce_blocks(10), ListLog()
    alone = chain.copy().produce_blocks(5)
    nodes = [node_of(alone, "alone"), node_of(chain, "second"), node_of(chain.copy(), "third")]

    catches_up(follower(log, *nodes, quorum=2))
    assert log.hashes() == chain.hashes()

    chain.produce_blocks(9)  # higher than the first, and still alone
    catches_up(follower(log, *nodes, quorum=2))
    assert len(log.chain) == 11
    assert log.rollbacks() == []


def test_a_node_that_serves_another_chain_midway_is_named_and_not_asked_until_it_is_right_again() -> None:
    chain, log = FakeChain().produce_blocks(30), ListLog()
    turncoat, good = FakeTransport(chain), FakeTransport(chain)
    turncoat.hook = lambda answers: (
        [{**answer, "result": "0x5"} if answer["result"] == "0x1" else answer for answer in answers]
        if turncoat.exchanges > 4
        else answers
    )
    nodes = node_of(turncoat, "turncoat"), node_of(good, "good")

    follows(log, lambda: log.hashes() == chain.hashes(), *nodes)
    told = (None, "the node at http://turncoat serves chain 5, not chain 1", "http://turncoat")
    assert told in log.rejected
    distrust = nodes[0].health.distrust
    assert distrust is not None
    assert distrust.number is None

    turncoat.hook = None
    follows(log, lambda: nodes[0].health.distrust is None, *nodes)


def test_where_every_node_serves_another_chain_it_ends() -> None:
    chain, log = FakeChain(), ListLog()
    one = follower(log, node_of(chain), poll_s=0.001)
    catches_up(one)

    chain.chain_id = 5
    with pytest.raises(WrongChain, match="the node at http://node serves chain 5, not chain 1"):
        one.run(threading.Event())


def omits_logs(answers: list[Json]) -> list[Json]:
    """Receipts without their last log."""
    for answer in answers:
        if isinstance(answer.get("result"), list):
            answer["result"] = [{**one, "logs": one["logs"][:-1]} for one in answer["result"]]
    return answers


def test_a_liar_is_named_once_and_believed_again_once_it_told_the_truth_about_that_block() -> None:
    chain, log = FakeChain().produce_blocks(12), ListLog()
    liar = FakeTransport(chain, hook=omits_logs)
    nodes = node_of(liar, "liar"), node_of(chain, "good")

    follows(log, lambda: log.hashes() == chain.hashes(), *nodes)

    assert [source for _, _, source in log.rejected] == ["http://liar"]
    assert nodes[0].health.lies == 1
    assert nodes[0].health.distrust is not None
    asked = liar.asked["eth_getBlockReceipts"]

    follows(log, lambda: liar.asked["eth_getBlockReceipts"] > asked, *nodes)
    assert nodes[0].health.distrust is not None, "it lied again when it was put to the test"
    liar.hook = None
    follows(log, lambda: nodes[0].health.distrust is None, *nodes)


def test_under_warn_another_node_is_asked_before_anything_goes_unproved() -> None:
    chain, log = FakeChain().produce_blocks(12), ListLog()

    follows(log, lambda: len(log.chain) == 13, liar(chain), node_of(chain, "good"), verify="warn")
    assert {proof for batch in log.batches() for proof in batch.blocks["proof"]} == {"header"}

    alone = ListLog()
    follows(alone, lambda: len(alone.chain) == 13, liar(chain), verify="warn")
    assert {proof for batch in alone.batches() for proof in batch.blocks["proof"]} == {"none"}


def liar(chain: FakeChain) -> Node:
    return node_of(FakeTransport(chain, hook=omits_logs), "liar")


def test_a_header_that_lacks_a_field_is_refused_once_whole_ones_were_given() -> None:
    """Without a field its hash cannot be held against it: a lie about the receipts root would go through."""
    chain, log, archive = FakeChain().produce_blocks(25), ListLog(), ListLog()

    def leave_out(answers: list[Json]) -> list[Json]:
        for answer in answers:
            if isinstance(answer.get("result"), dict) and (log.chain or not archive.chain):
                answer["result"] = {name: it for name, it in answer["result"].items() if name != "mixHash"}
        return answers

    poor = FakeTransport(chain, hook=leave_out)
    follows(archive, lambda: bool(archive.chain), node_of(poor))  # one that never gives it is read

    follows(log, lambda: log.hashes() == chain.hashes(), node_of(poor, "poor"), node_of(chain, "good"))

    assert {proof for batch in log.batches() for proof in batch.blocks["proof"]} == {"header"}
    ((number, reason, _),) = log.rejected
    assert number == 10
    assert reason == "block 10 from http://poor cannot be proved: its header lacks what others had"


def test_receipts_of_another_fork_are_refused_and_asked_for_again() -> None:
    chain, log = FakeChain().produce_blocks(12), ListLog()
    other = chain.copy().produce_fork(12, 12)
    mixed = FakeTransport(chain)
    to_mix = [1]

    def mix(answers: list[Json]) -> list[Json]:
        if any(isinstance(answer.get("result"), list) for answer in answers) and to_mix:
            to_mix.pop()
            for answer in answers[1::2]:
                block = answers[answers.index(answer) - 1]["result"]
                answer["result"] = other.receipts[other.blocks[int(block["number"], 16)]["hash"]]
        return answers

    mixed.hook = mix
    follows(log, lambda: log.hashes() == chain.hashes(1), node_of(mixed), start=1)

    ((number, reason, source),) = log.rejected
    assert (number, source) == (1, "http://node")
    assert "block 1 from http://node cannot be proved: receipt 0 is of block 0x" in reason
