"""One sink files several chains: what is wrong with one is said, and stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from threading import Event

import pytest

from dashboard.filing.chains import AGAIN_S, Chains
from dashboard.filing.export import from_store
from dashboard.filing.sink import Goal, run
from dashboard.store import Feed, Writer, open_reader, open_writer
from ingest.kafka import ALERTS, SCORES, Cluster
from ingest.model.errors import BadInput, BrokerUnreachable, StoreUnreachable
from tests.dashboard.alerts import drain, judged
from tests.dashboard.detection import Detection

OTHER = 300_000


@pytest.fixture
def two(kafka: str, fresh_chain_id: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Detection]]:
    """Two chains, and a sink that knows of no others of the session's Kafka."""
    made = [Detection(kafka, fresh_chain_id), Detection(kafka, fresh_chain_id + OTHER)]
    monkeypatch.setattr(Cluster, "chains", lambda _: {each.chain_id: each.partition for each in made})
    yield made
    for each in made:
        each.close()


def judges(each: Detection, score: float) -> None:
    """The same alert on either chain: one number, one wallet, one transaction."""
    each.judge(drain(1, chain_id=each.chain_id, score=score), blocks=(judged(1), judged(2)))


def as_of_another_log(writer: Writer, chain_id: int) -> None:
    """The store has read more of this chain than its topics hold."""
    writer.file(Feed(chain_id, (), (), {}, {ALERTS: 5_000, SCORES: 5_000}, 10))


@pytest.mark.broker
def test_a_chain_that_cannot_be_filed_is_said_and_the_other_one_is_filed(
    kafka: str, two: list[Detection], sqlite_url: str
) -> None:
    good, bad = two
    said: list[str] = []
    for each, score in zip(two, (0.75, 0.5), strict=True):
        judges(each, score)
    with closing(open_writer(sqlite_url)) as writer:
        as_of_another_log(writer, bad.chain_id)
        with pytest.raises(BadInput, match=f"not all chains were filed: chain {bad.chain_id}: .*another log"):
            run(kafka, writer, Goal(until_block=2), Event(), said.append)
        assert writer.head(good.chain_id) == 2 and writer.head(bad.chain_id) is None
    assert [line for line in said if "is not filed, the other chains are" in line] == [
        line for line in said if f"chain {bad.chain_id}" in line
    ]
    with closing(open_reader(sqlite_url)) as reader:
        found = reader.alert(good.chain_id, "drain-1")
        assert found is not None and found[0].score == 0.75


@pytest.mark.broker
def test_where_no_chain_can_be_filed_the_sink_ends(kafka: str, two: list[Detection], sqlite_url: str) -> None:
    with closing(open_writer(sqlite_url)) as writer:
        for each in two:
            judges(each, 0.5)
            as_of_another_log(writer, each.chain_id)
        said = list[str]()
        with pytest.raises(BadInput, match="another log"):
            run(kafka, writer, Goal(), Event(), said.append)
        assert not any("the other chains are" in line for line in said)


@pytest.mark.broker
def test_one_block_one_wallet_and_one_alert_id_of_two_chains_are_two(
    kafka: str, two: list[Detection], sqlite_url: str
) -> None:
    for each, score in zip(two, (0.75, 0.5), strict=True):
        judges(each, score)
    with closing(open_writer(sqlite_url)) as writer:
        run(kafka, writer, Goal(until_block=2), Event(), print)
    books = {chain.chain_id: [alert.score for alert in chain.alerts] for chain in from_store(sqlite_url)}
    assert books == {two[0].chain_id: [0.75], two[1].chain_id: [0.5]}


# Without a broker: when a chain is tried again


@dataclass(frozen=True)
class Opened:
    chain_id: int


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_chain_that_failed_is_tried_again_later_and_said_once_until_it_changes() -> None:
    said, clock, closed = list[str](), Clock(), list[int]()
    chains = Chains[Opened](said.append, clock)
    for name in (1, 10):
        stack = ExitStack()
        stack.callback(closed.append, name)
        chains.add(Opened(name), stack)

    def fails(text: str) -> None:
        with chains.alone(10):
            raise BadInput(text)
        chains.expect_one()

    fails("records were deleted")
    assert [each.chain_id for each in chains.open()] == [1] and closed == [10]
    assert not chains.is_to_be_opened(10) and not chains.is_to_be_opened(1)
    clock.now += AGAIN_S
    assert chains.is_to_be_opened(10)
    fails("records were deleted")
    assert len(said) == 1
    fails("another sink files chain 10")
    assert len(said) == 2
    with pytest.raises(BadInput, match="chain 10: another sink files"):
        chains.expect_all()
    with chains.alone(10, opening=True):
        pass
    assert len(said) == 2
    with chains.alone(10):
        pass
    assert said[-1] == "sink: chain 10: filed again"
    chains.expect_all()


@pytest.mark.parametrize("error", [StoreUnreachable("the store is away"), BrokerUnreachable("no Kafka")])
def test_what_is_wrong_with_the_store_or_the_broker_is_no_chains_fault(error: Exception) -> None:
    said = list[str]()
    chains = Chains[Opened](said.append)
    with pytest.raises(type(error)), chains.alone(1):
        raise error
    assert said == []
