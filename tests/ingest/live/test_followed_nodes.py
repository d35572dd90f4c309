"""Which of several nodes is believed: those that stand still, part from the others, forget, lie or change."""

from __future__ import annotations

import threading

import pytest

from ingest.model.errors import WrongChain
from ingest.nodes import Node
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of
from tests.fixtures.list_log import ListLog
from tests.ingest.live.following import a_while, catches_up, follower, follows

pytestmark = pytest.mark.usefixtures("impatient")


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
