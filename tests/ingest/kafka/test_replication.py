"""What is acknowledged outlives a broker, and where it would not that is said."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from detectors.alerts.messages import BlockScores, scores_from
from ingest.kafka import SCORES, Access, Cluster, tail
from ingest.kafka.replication import best_for, faults
from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.wallet import Wallet
from ingest.log.blocklog import LogReader
from ingest.model.batch import Batch
from ingest.model.errors import BadInput, BrokerUnreachable
from ingest.nodes import Node
from tests.fixtures.pipeline import Pipeline
from tests.fixtures.three_brokers import BROKERS, ThreeBrokers

pytestmark = pytest.mark.broker

KILLS, BLOCKS_BETWEEN = BROKERS, 20
CHAIN = 700_300
MORE = 10**6


def test_topics_are_made_for_the_brokers_that_there_are() -> None:
    assert best_for(1) == (1, {})
    assert best_for(2) == (2, {})
    kept = {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}
    assert best_for(3) == best_for(9) == (3, kept)


def test_a_topic_that_could_be_kept_better_is_told_of(kafka: str) -> None:
    with Cluster(kafka)._admin() as admin:
        risky = {"unclean.leader.election.enable": "true"}
        admin.create_topics({"risky": {"num_partitions": 1, "replication_factor": 1, "configs": risky}})
        admin.wait_for_topics(["risky"])
        assert faults(admin, ["risky", "not-there"], 3) == [
            "risky has 1 replica, and 3 brokers could keep 3: give it more with kafka-reassign-partitions.sh",
            "risky has unclean.leader.election.enable true: who was behind may lead, and the rest is lost",
        ]
        admin.delete_topics(["risky"])


def test_one_broker_is_enough_unless_replication_is_required(kafka: str, fresh_chain_id: int) -> None:
    Cluster(kafka).partition_of(fresh_chain_id, create=True)
    said: list[str] = []
    Cluster(kafka).check_replication("ingest", said.append)
    assert said == []
    required = Cluster(kafka, Access(require_replication=True))
    with pytest.raises(BadInput, match=r"has 1 of the 3 brokers it needs .* `require_replication`"):
        required.check_replication("ingest", said.append)


@pytest.mark.soak
@pytest.mark.timeout(3000)
def test_topics_of_three_brokers_that_may_lose_something_are_told_of(three_brokers: ThreeBrokers) -> None:
    weak = {"unclean.leader.election.enable": "true", "min.insync.replicas": "1"}
    with Cluster(three_brokers.bootstrap)._admin() as admin:
        admin.create_topics({"weak": {"num_partitions": 1, "replication_factor": 2, "configs": weak}})
        admin.wait_for_topics(["weak"])
        assert faults(admin, ["weak"], BROKERS) == [
            "weak has 2 replicas, and 3 brokers could keep 3: give it more with kafka-reassign-partitions.sh",
            "weak has min.insync.replicas 1: what one broker alone took is lost with it: set 2",
            "weak has unclean.leader.election.enable true: who was behind may lead, and the rest is lost",
        ]


@pytest.mark.soak
@pytest.mark.chain
@pytest.mark.timeout(3000)
def test_brokers_killed_one_after_another_lose_nothing_and_repeat_nothing(
    three_brokers: ThreeBrokers, origin_rpc: str, tmp_path: Path
) -> None:
    """Roles that end without a broker are started again, as a machine's own supervisor would."""
    bootstrap = three_brokers.bootstrap
    with fork(origin_rpc, chain_id=CHAIN) as node:
        first = Node(node.url).head().height
        line = Pipeline(node.url, CHAIN, bootstrap, tmp_path, first)
        wallet, ended = Wallet.connect(node.url), Counter[str]()
        try:
            line.starts_all()
            until_judged(line, first, ended)
            for kill in range(KILLS):
                three_brokers.kill(kill % BROKERS)
                for _ in range(BLOCKS_BETWEEN):
                    wallet.ask("anvil_mine", "0x1")
                    time.sleep(0.1)
                until_judged(line, Node(node.url).head().height, ended)
                print(f"kill {kill + 1}: block {Node(node.url).head().height} is judged by two brokers")
                three_brokers.start(kill % BROKERS)
                three_brokers.wait_until_in_sync()
            last = Node(node.url).head().height
            assert last == first + KILLS * BLOCKS_BETWEEN
            assert Cluster(bootstrap).replication_faults("status") == []
            assert list(logged(bootstrap)) == list(range(first, last + 1))
            assert judged(bootstrap) == list(range(first, last + 1))
        finally:
            line.ends()
    print(json.dumps({"kills": KILLS, "blocks": last - first + 1, "restarts of roles": dict(ended)}))


def until_judged(line: Pipeline, block: int, ended: Counter[str]) -> None:
    deadline = time.monotonic() + 300
    while True:
        for part, child in list(line.children.items()):
            if child.poll() is not None:
                ended[part] += 1
                line.starts(part)
        try:
            if line.judged() >= block:
                return
        except BrokerUnreachable as error:
            assert time.monotonic() < deadline, error
        assert time.monotonic() < deadline, f"block {block} is not judged"
        time.sleep(0.5)


def logged(bootstrap: str) -> Iterator[int]:
    """Numbers of blocks in the log, in its order."""
    with LogReader(bootstrap, CHAIN) as reader:
        end = reader.end()
        while reader.position < end:
            for event, _ in reader.poll(0.5):
                assert isinstance(event, Batch)
                yield from event.blocks["block_number"].to_list()


def judged(bootstrap: str) -> list[int]:
    """Numbers of blocks in `fraud.scores`, in its order."""
    partition = Cluster(bootstrap).partition_of(CHAIN)
    records = (scores_from(each.key, each.value, CHAIN) for each in tail(bootstrap, SCORES, partition, MORE))
    return [record.block_number for record in records if isinstance(record, BlockScores)]
