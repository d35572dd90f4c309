"""Blocks of any size on a broker with default limits: many records that are one, and small ones together."""

from __future__ import annotations

import threading

import pytest

from ingest.kafka import BLOCKS, Cluster, tail
from ingest.live.wiring import FollowSettings, follow
from ingest.log.blocklog import LogReader, LogWriter
from ingest.log.records import MOST_BYTES, encode, peek
from tests.fixtures.frames import ChainBuilder, address, keccak
from tests.fixtures.log import replay
from tests.fixtures.town import Town

MEGABYTE = 1_000_000
TELLER = address("a contract that tells a lot")


def noise(size: int, name: bytes) -> bytes:
    """Bytes that do not compress, the same on every run."""
    return b"".join(keccak(name, number.to_bytes(4, "big")) for number in range(size // 32))


@pytest.mark.broker
def test_a_block_of_ten_megabytes_becomes_visible_at_once_and_whole(kafka: str, fresh_chain_id: int) -> None:
    chain = ChainBuilder(fresh_chain_id).block()
    for number in range(10):
        chain.log(TELLER, (), noise(MEGABYTE, bytes([number])))
    batch, after = chain.batch(), chain.block().batch(2, 2)
    writer = LogWriter(kafka, fresh_chain_id)

    writer.publish([batch])
    writer.publish([after])
    writer.close()

    log = replay(kafka, fresh_chain_id)
    assert log.published() == [1, 2]
    assert log.chain[0].logs.equals(batch.logs)
    values = [message.value or b"" for message in tail(kafka, BLOCKS, _partition(kafka, fresh_chain_id), 99)]
    assert len(values) >= 12 and max(map(len, values)) <= MOST_BYTES
    parts = [(peek(value).part, peek(value).parts) for value in values]
    assert parts == [*((part, len(values) - 1) for part in range(len(values) - 1)), (0, 1)]


@pytest.mark.broker
def test_parts_that_were_sent_are_not_read_before_the_last(kafka: str, fresh_chain_id: int) -> None:
    chain = ChainBuilder(fresh_chain_id).block().block()
    chain.log(TELLER, (), noise(2 * MEGABYTE, b"seen by nobody"))
    writer = LogWriter(kafka, fresh_chain_id)
    writer.publish([chain.batch(1, 1)])
    sent = writer._publisher

    with pytest.raises(KeyboardInterrupt), sent.transaction():
        for value in list(encode(chain.batch(2, 2)))[:-1]:
            sent.send(BLOCKS, _partition(kafka, fresh_chain_id), b"1", value)
        sent._producer.flush()
        with LogReader(kafka, fresh_chain_id) as reader:
            assert [event.last for event, _ in reader.poll(2)] == [1]  # type: ignore[union-attr]
        raise KeyboardInterrupt

    writer.publish([chain.batch(2, 2)])
    writer.close()
    assert replay(kafka, fresh_chain_id).published() == [1, 2]


@pytest.mark.broker
@pytest.mark.chain
def test_blocks_that_are_caught_up_share_records(town: Town, kafka: str) -> None:
    town.mine(200)

    _follow(town, kafka)

    records = tail(kafka, BLOCKS, _partition(kafka, town.chain_id), 999)
    assert len(records) < 50
    assert replay(kafka, town.chain_id).published() == list(range(town.head + 1))


@pytest.mark.broker
@pytest.mark.chain
@pytest.mark.slow
def test_a_block_of_36_million_gas_that_is_all_logs_goes_through_proved(town: Town, kafka: str) -> None:
    # emits an empty log as long as there is gas for more: LOG0(0, 0), then back to the start while 4096 < gas
    loop = bytes.fromhex("5b60006000a05a61100010600057" + "00")
    teller = town.deploys("alice", loop).newest_contract
    town.wallet.ask("evm_setBlockGasLimit", hex(36_000_000))
    town.mine()
    for _ in range(3):
        town.queues("alice", teller, gas=12_000_000)

    head = town.mine().head
    _follow(town, kafka, start=head)

    batch = replay(kafka, town.chain_id).batch()
    assert batch.blocks.select("proof", "gas_limit").row(0) == ("header", 36_000_000)
    assert batch.blocks["gas_used"][0] > 35_900_000
    assert batch.logs.height == batch.blocks["log_count"][0] > 80_000


def _follow(town: Town, kafka: str, start: int = 0) -> None:
    settings = FollowSettings(start, until_block=town.head)
    follow(town.url, kafka, town.chain_id, settings, None, threading.Event(), lambda _line: None)


def _partition(kafka: str, chain_id: int) -> int:
    return Cluster(kafka).partition_of(chain_id)
