"""Following without a broker or a process: random chains, reorganisations, chains that grow shorter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.blocks.headers import Header, Headers
from ingest.live.forks import common_ancestor
from ingest.model.errors import NodeMisbehaved
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of
from tests.fixtures.list_log import ListLog
from tests.ingest.live.following import a_while, catches_up, follower, follows

pytestmark = pytest.mark.usefixtures("impatient")

Change = tuple[str, int, int]

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
