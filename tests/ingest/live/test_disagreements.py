"""What nodes disagree on becomes a fact of the next block that is published, once, with both answers."""

from __future__ import annotations

import pytest

from ingest.facts.disagreements import MOST_WAITING, Disagreement, DisagreementBook, differs
from ingest.nodes import Node
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of
from tests.fixtures.frames import ChainBuilder
from tests.fixtures.list_log import ListLog
from tests.ingest.live.following import a_while, catches_up, follower, follows

pytestmark = pytest.mark.usefixtures("impatient")


def omits_logs(answers: list[Json]) -> list[Json]:
    for answer in answers:
        if isinstance(answer.get("result"), list):
            answer["result"] = [{**one, "logs": one["logs"][:-1]} for one in answer["result"]]
    return answers


def numbers_from_one(answers: list[Json]) -> list[Json]:
    for answer in answers:
        if isinstance(answer.get("result"), list):
            for log in (log for receipt in answer["result"] for log in receipt["logs"]):
                log["logIndex"] = hex(int(log["logIndex"], 16) + 1)
    return answers


def liar(chain: FakeChain) -> Node:
    return node_of(FakeTransport(chain, hook=omits_logs), "liar")


def told(log: ListLog) -> list[dict[str, object]]:
    return [row for batch in log.batches() for row in batch.disagreements.iter_rows(named=True)]


def test_a_log_that_is_left_out_is_told_with_the_answer_that_stands() -> None:
    chain, log = FakeChain().produce_blocks(12), ListLog()

    follows(log, lambda: log.hashes() == chain.hashes(1), liar(chain), node_of(chain, "good"), start=1)

    (row,) = told(log)
    assert (row["block_number"], row["about"], row["node"]) == (1, 1, "http://liar")
    assert (row["what"], row["refuted"], row["other_node"]) == ("logs", True, "http://good")
    assert str(row["answer"]).startswith("its receipts hash to 0x")
    assert str(row["other_answer"]).startswith(f"block {chain.blocks[1]['hash']} with receipts 0x")


def test_a_node_that_numbers_logs_otherwise_is_told_of_once_and_its_blocks_stand() -> None:
    chain, log = FakeChain().produce_blocks(12), ListLog()
    other = node_of(FakeTransport(chain, hook=numbers_from_one), "other")

    follows(log, lambda: log.hashes() == chain.hashes(1), other, node_of(chain, "good"), start=1)

    (row,) = told(log)
    assert (row["node"], row["about"], row["what"]) == ("http://other", 1, "numbering")
    assert (row["refuted"], row["other_node"]) == (False, None)
    assert str(row["answer"]).startswith("log 0 is missing before log 1 of receipt 0")
    assert log.batches()[0].logs["log_index"][0] == 0, "numbers of ours are counted"


def test_what_nobody_else_can_be_asked_is_told_with_the_block_that_goes_unproved() -> None:
    chain, log = FakeChain().produce_blocks(2), ListLog()

    follows(log, lambda: len(log.chain) == 3, liar(chain), verify="warn")

    assert {row["other_node"] for row in told(log)} == {None}
    assert [row["about"] for row in told(log)] == [0, 1, 2]


def test_an_ordinary_reorganisation_tells_nothing() -> None:
    chain, log = FakeChain().produce_blocks(10), ListLog()
    catches_up(follower(log, node_of(chain)))
    chain.produce_fork(3, 5)
    catches_up(follower(log, node_of(chain)))

    assert log.rollbacks() == [7]
    assert told(log) == []


def test_a_node_on_another_fork_is_told_with_its_depth() -> None:
    chain, log = FakeChain().produce_blocks(10), ListLog()
    catches_up(follower(log, node_of(chain)))
    parted = chain.copy().produce_fork(3, 3)
    one = follower(log, node_of(parted, "parted"), node_of(chain, "good"))
    catches_up(one)
    chain.produce_blocks(1)
    catches_up(one)

    assert [(row["what"], row["depth"], row["node"], row["refuted"]) for row in told(log)] == [
        ("hash", 3, "http://parted", False)
    ]


def test_a_node_that_is_behind_says_nothing_else_than_the_others() -> None:
    chain, log = FakeChain().produce_blocks(10), ListLog()
    behind = chain.copy()
    chain.produce_blocks(7)
    follows(log, lambda: log.hashes() == chain.hashes(), node_of(behind, "behind"), node_of(chain, "good"))
    follows(log, a_while(), node_of(behind, "behind"), node_of(chain, "good"))

    assert told(log) == []


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("its receipts hash to 0x1, its header says 0x2; its receipts use 5 gas in all", "receipts"),
        ("its receipts hash to 0x1, its header says 0x2; log 7 is missing before log 8 of receipt 1", "logs"),
        ("log 9 of receipt 3 (0x1) stands where log 4 belongs", "logs"),
        ("its header does not hash to 0x1 but to 0x2", "header"),
        ("its transactions hash to 0x1", "transactions"),
        ("receipt 0 is of block 0x1, not 0x2", "fork"),
        ("block 7 from http://a has a state sync without a receipt: its logs are missing", None),
        ("it holds what is no hex or no number (x)", "receipts"),
    ],
)
def test_a_reason_says_what_differs(reason: str, what: str | None) -> None:
    assert differs(reason) == what


def test_it_waits_for_the_block_that_it_is_about_and_is_told_with_it() -> None:
    batch, book = ChainBuilder().blocks(3).batch(), DisagreementBook()
    book.unproved(3, "its receipts hash to 0x1", "http://liar")
    assert book.facts(batch.slice(1, 2), "http://good").height == 0

    late = DisagreementBook()
    late.unproved(1, "its receipts hash to 0x1", "http://liar")
    assert book.facts(batch, "http://good")["block_number"].to_list() == [3]
    assert late.facts(batch.slice(2, 3), "http://good")["block_number"].to_list() == [2]


def test_what_left_the_chain_with_its_block_is_told_again() -> None:
    batch, book = ChainBuilder().blocks(3).batch(), DisagreementBook()
    book.unproved(2, "block 2 from http://liar cannot be proved: its receipts hash to 0x1", "http://liar")
    book.unproved(2, "its receipts hash to 0x1, and to 0x3 the next time", "http://liar")
    facts = book.facts(batch, "http://good")
    assert facts["answer"].to_list() == ["its receipts hash to 0x1"]
    assert book.facts(batch, "http://good").equals(facts), "nothing is remembered before it is in the log"

    book.remember(facts)
    assert book.facts(batch, "http://good").height == 0
    assert book.told(1, 3).equals(facts)
    assert facts["block_number"].to_list() == [2]
    assert book.told(3, 3).height == 0

    book.roll_back(0)
    assert book.facts(batch, "http://other")["answer"].to_list() == ["its receipts hash to 0x1"]


def test_who_tells_nonsense_for_hours_is_cut_short_and_that_is_said_once() -> None:
    lines: list[str] = []
    book = DisagreementBook(lines.append)
    for number in range(MOST_WAITING + 5):
        book.note(Disagreement(f"http://liar-{number}", 1, "receipts", "x" * 5_000))
    facts = book.facts(ChainBuilder().block().batch(), "http://good")

    assert facts.height == MOST_WAITING
    assert facts["answer"].str.len_bytes().max() == 600
    assert lines == [f"more than {MOST_WAITING} disagreements of nodes wait for a block: others are left out"]
