"""What is committed is read once and in order; what is not is never seen, whoever is killed when."""

import itertools
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.errors import ProducerFencedError

from ingest.kafka import (
    ALERTS,
    BLOCKS,
    REJECTED,
    SCORES,
    Cluster,
    Mark,
    Message,
    Publisher,
    Reader,
    last_mark,
    tail,
)
from ingest.log.blocklog import LogReader
from ingest.log.records import encode
from ingest.machine.processes import Child, free_port, wait_until
from ingest.model.errors import BadInput, BrokerUnreachable, UndertowError, WrongChain
from tests.fixtures.frames import ChainBuilder

pytestmark = pytest.mark.broker

DIES_INSIDE = """
import sys, time
from ingest.kafka import BLOCKS, Publisher
bootstrap, who, partition = sys.argv[1:]
publisher = Publisher(bootstrap, who)
with publisher.transaction():
    publisher.send(BLOCKS, int(partition), b"mallory", b"half a block")
    publisher._producer.flush()
    print("sent", flush=True)
    time.sleep(60)
"""


class Chain:
    """A chain's partition and its publisher, as one test uses them."""

    def __init__(self, kafka: str, chain_id: int) -> None:
        self.kafka, self.key = kafka, str(chain_id).encode()
        self.partition = Cluster(kafka).partition_of(chain_id, create=True)
        self.name = f"ingest-{chain_id}"
        self.publisher = Publisher(kafka, self.name)

    def publish(self, *values: bytes) -> None:
        with self.publisher.transaction():
            for value in values:
                self.publisher.send(BLOCKS, self.partition, self.key, value)

    def publish_in_vain(self, value: bytes) -> None:
        with pytest.raises(KeyboardInterrupt), self.publisher.transaction():
            self.publisher.send(BLOCKS, self.partition, self.key, value)
            raise KeyboardInterrupt

    def read(self) -> list[bytes | None]:
        with Reader(self.kafka, BLOCKS, self.partition) as reader:
            return [message.value for message in everything(reader)]

    def tail(self, count: int) -> list[bytes | None]:
        return [message.value for message in tail(self.kafka, BLOCKS, self.partition, count)]


def everything(reader: Reader) -> Iterator[Message]:
    end = reader.end()
    while reader.position < end:
        yield from reader.poll(1)


@pytest.fixture
def chain(kafka: str, fresh_chain_id: int) -> Iterator[Chain]:
    chain = Chain(kafka, fresh_chain_id)
    yield chain
    chain.publisher.close()


def test_two_chains_get_a_partition_each_and_keep_it(kafka: str, chain: Chain, fresh_chain_id: int) -> None:
    chain.publish(b"block 1")
    other_id = fresh_chain_id + 100_000
    other = Chain(kafka, other_id)
    other.publish(b"block 1 of another chain")
    assert other.partition != chain.partition
    known = Cluster(kafka).chains()
    assert (known[fresh_chain_id], known[other_id]) == (chain.partition, other.partition)
    assert Cluster(kafka).partition_of(other_id) == other.partition
    other.publisher.close()


def test_chains_that_are_new_in_the_same_moment_get_a_partition_each(kafka: str, fresh_chain_id: int) -> None:
    names = [fresh_chain_id + 200_000 + each for each in range(3)]
    with ThreadPoolExecutor(len(names)) as pool:
        got = list(pool.map(lambda name: Cluster(kafka).partition_of(name, create=True), names))
    assert len(set(got)) == len(names)
    assert not set(got) & set(Cluster(kafka).chains().values())
    assert [Cluster(kafka).partition_of(name, create=True) for name in names] == got, "a claim is kept"


def test_every_topic_has_the_chains_partition(chain: Chain) -> None:
    with chain.publisher.transaction():
        for topic in (BLOCKS, REJECTED, ALERTS, SCORES):
            chain.publisher.send(topic, chain.partition, chain.key, topic.encode())
    for topic in (BLOCKS, REJECTED, ALERTS, SCORES):
        assert [m.value for m in tail(chain.kafka, topic, chain.partition, 1)] == [topic.encode()]


def test_a_chain_that_is_not_there_is_bad_input(kafka: str, chain: Chain) -> None:
    chain.publish(b"block 1")
    with pytest.raises(BadInput, match=r"chain 5 is not in the Kafka .*: start `undertow ingest`"):
        Cluster(kafka).partition_of(5)


def test_a_reader_gets_records_in_order_with_key_and_offset(chain: Chain) -> None:
    chain.publish(b"block 1", b"block 2")
    chain.publish(b"block 3")
    with Reader(chain.kafka, BLOCKS, chain.partition) as reader:
        messages = list(everything(reader))
    # The two of the first transaction, its commit marker at 2, then the third.
    assert [(m.offset, m.value) for m in messages] == [(0, b"block 1"), (1, b"block 2"), (3, b"block 3")]
    assert {(m.topic, m.partition, m.key) for m in messages} == {(BLOCKS, chain.partition, chain.key)}


def test_a_reader_goes_on_where_it_is_told(chain: Chain) -> None:
    chain.publish(b"block 1", b"block 2", b"block 3")
    with Reader(chain.kafka, BLOCKS, chain.partition, offset=1) as reader:
        assert [m.value for m in reader.poll(5, most=1)] == [b"block 2"]
        assert reader.position == 2
        reader.seek(0)
        assert [m.value for m in everything(reader)] == [b"block 1", b"block 2", b"block 3"]


def test_a_reader_waits_for_what_comes_and_hears_nothing_in_between(chain: Chain) -> None:
    with Reader(chain.kafka, BLOCKS, chain.partition) as reader:
        assert reader.poll(0.2) == []
        chain.publish(b"block 1")
        assert [m.value for m in reader.poll(5)] == [b"block 1"]


def test_an_aborted_transaction_is_never_seen(chain: Chain) -> None:
    chain.publish(b"block 1")
    chain.publish_in_vain(b"never")
    chain.publish(b"block 2")
    assert chain.read() == [b"block 1", b"block 2"]
    assert chain.tail(5) == [b"block 1", b"block 2"]


def test_an_open_transaction_hides_nothing_before_it(chain: Chain) -> None:
    chain.publish(b"block 1")
    with chain.publisher.transaction():
        chain.publisher.send(BLOCKS, chain.partition, chain.key, b"block 2")
        assert chain.read() == [b"block 1"]
    assert chain.read() == [b"block 1", b"block 2"]


def test_a_publisher_killed_between_begin_and_commit_leaves_nothing(chain: Chain, tmp_path: Path) -> None:
    chain.publish(b"block 1")
    chain.publisher.close()
    log = tmp_path / "log"
    argv = [sys.executable, "-c", DIES_INSIDE, chain.kafka, chain.name, str(chain.partition)]
    with Child.start("mallory", argv, env={"PYTHONPATH": str(Path.cwd())}, log=log) as mallory:
        wait_until(lambda: "sent" in log.read_text(), 30, "mallory's half a block", mallory)
        os.kill(mallory.pid, signal.SIGKILL)
        mallory.process.wait(10)
    assert chain.tail(3) == [b"block 1"]
    chain.publisher = Publisher(chain.kafka, chain.name)  # fences: the dangling transaction is aborted now
    assert chain.tail(3) == [b"block 1"]
    chain.publish(b"block 2")
    assert chain.read() == [b"block 1", b"block 2"]


def test_a_second_publisher_takes_over_and_the_first_hears_it(chain: Chain) -> None:
    chain.publish(b"block 1")
    with Publisher(chain.kafka, chain.name) as successor:
        with pytest.raises(UndertowError, match=f"another process publishes as {chain.name} and took over"):
            chain.publish(b"too late")
        with successor.transaction():
            successor.send(BLOCKS, chain.partition, chain.key, b"block 2")
    assert chain.read() == [b"block 1", b"block 2"]


def test_a_record_that_the_broker_refuses_is_never_taken_for_published(chain: Chain) -> None:
    chain.publish(b"block 1")
    refused = pytest.raises(
        BrokerUnreachable, match="did not take a transaction: OutOfOrderSequenceNumberError"
    )
    with refused, chain.publisher.transaction():
        skip_a_number(chain)
        chain.publisher.send(BLOCKS, chain.partition, chain.key, b"lost on its way")
    chain.publisher.close()
    chain.publisher = Publisher(chain.kafka, chain.name)
    chain.publish(b"block 2")
    assert chain.read() == [b"block 1", b"block 2"]


def test_a_mark_does_not_move_past_a_record_that_the_broker_refused(chain: Chain) -> None:
    group = f"detect-{chain.name}"
    chain.publish(b"block 1")
    refused = pytest.raises(BrokerUnreachable, match="did not take a transaction")
    with refused, chain.publisher.transaction():
        skip_a_number(chain)
        chain.publisher.send(BLOCKS, chain.partition, chain.key, b"lost on its way")
        chain.publisher.mark(group, BLOCKS, chain.partition, 7, "never")
    assert last_mark(chain.kafka, group, BLOCKS, chain.partition) is None


def test_a_fence_after_a_record_was_refused_is_no_sign_that_somebody_took_over(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library takes a new epoch for a refused record; a mark on its way in the old one comes too late."""

    def late(*_: object) -> None:
        raise ProducerFencedError

    chain.publish(b"block 1")
    monkeypatch.setattr(chain.publisher._producer, "send_offsets_to_transaction", late)
    refused = pytest.raises(BrokerUnreachable, match="did not take a transaction")
    with refused, chain.publisher.transaction():
        skip_a_number(chain)
        chain.publisher.send(BLOCKS, chain.partition, chain.key, b"lost on its way")
        chain.publisher.mark(f"detect-{chain.name}", BLOCKS, chain.partition, 7, "never")


def skip_a_number(chain: Chain) -> None:
    """As if the broker had lost the last records of this publisher: its next one is out of order."""
    partition = TopicPartition(BLOCKS, chain.partition)
    chain.publisher._producer._transaction_manager.increment_sequence_number(partition, 5)


def test_a_mark_is_committed_with_its_transaction(chain: Chain) -> None:
    group = f"detect-{chain.name}"
    assert last_mark(chain.kafka, group, BLOCKS, chain.partition) is None
    with chain.publisher.transaction():
        chain.publisher.send(ALERTS, chain.partition, b"alert", b"{}")
        chain.publisher.mark(group, BLOCKS, chain.partition, 7, '{"head":12}')
    assert last_mark(chain.kafka, group, BLOCKS, chain.partition) == Mark(7, '{"head":12}')
    with pytest.raises(KeyboardInterrupt), chain.publisher.transaction():
        chain.publisher.mark(group, BLOCKS, chain.partition, 9, "never")
        raise KeyboardInterrupt
    assert last_mark(chain.kafka, group, BLOCKS, chain.partition) == Mark(7, '{"head":12}')


def test_the_tail_reaches_over_many_aborted_transactions(chain: Chain) -> None:
    chain.publish(b"block 1")
    chain.publish(b"block 2")
    for attempt in range(40):  # 80 offsets: 40 aborted records and 40 abort markers
        chain.publish_in_vain(b"attempt %d" % attempt)
    assert chain.tail(1) == [b"block 2"]
    assert chain.tail(2) == [b"block 1", b"block 2"]
    assert chain.tail(3) == [b"block 1", b"block 2"]


def test_the_tail_of_an_empty_partition_is_empty(chain: Chain) -> None:
    assert chain.tail(3) == []
    chain.publish_in_vain(b"never")
    assert chain.tail(3) == []


def test_a_record_of_900_kilobytes_passes(chain: Chain) -> None:
    record = bytes(itertools.islice(itertools.cycle(range(251)), 900_000))
    chain.publish(record)
    assert chain.tail(1) == [record]


@pytest.mark.parametrize("offset", [3, 10_000])
def test_an_offset_that_is_not_there_is_an_error_and_not_a_jump(chain: Chain, offset: int) -> None:
    chain.publish(b"block 1")  # offsets 0 and 1 (its marker): 2 is the end
    reader = Reader(chain.kafka, BLOCKS, chain.partition, offset=offset)
    with reader, pytest.raises(BadInput, match=f"does not hold offset {offset}, only 0 to 2"):
        reader.poll(5)


@pytest.mark.parametrize("who", [Cluster.check, lambda c: Publisher(c._bootstrap, "alice")])
def test_a_broker_that_is_not_there_is_named_with_the_way_out(who: object) -> None:
    cluster = Cluster(f"127.0.0.1:{free_port()}")
    with pytest.raises(BrokerUnreachable, match=r"no Kafka broker answers at 127\.0\.0\.1:\d+: start one"):
        who(cluster)  # type: ignore[operator]


@pytest.mark.parametrize("address", ["", "here", "here:", "here:0", "here:99999", "http://here:1/x", "a:1,b"])
def test_what_is_no_address_is_bad_input(address: str) -> None:
    with pytest.raises(BadInput, match="is not a Kafka address: --kafka takes HOST:PORT"):
        Cluster(address)


def test_a_record_of_another_chain_in_a_chains_log_is_refused_by_whoever_reads_it(chain: Chain) -> None:
    number = int(chain.key)
    own, others = (ChainBuilder(each).block().batch() for each in (number, number + 1))
    chain.publish(*encode(own), *encode(others))
    with LogReader(chain.kafka, number) as reader:
        said = f"a record of chain {number + 1} lies in the log of chain {number} .*offset"
        with pytest.raises(WrongChain, match=said):
            while reader.position < reader.end():
                reader.poll(1)
