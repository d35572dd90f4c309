"""kill -9 at any moment, of ingest and its broker, while the chain is reorganised: the log is the chain."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.kafka import Cluster
from ingest.machine.processes import Child
from tests.fixtures.plain_log import PlainLog, plain_log
from tests.fixtures.restless_chain import RestlessChain, restless_chain
from tests.fixtures.stoppable_broker import StoppableBroker

pytestmark = [pytest.mark.broker, pytest.mark.chain]

GOES_ON_S = 60.0
LONG = [pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(5400)]


@dataclass
class Ingester:
    """`undertow ingest` as its owner starts it, and as bad luck ends it."""

    rpc: str
    kafka: str
    folder: Path
    starts: int = field(default=0, init=False)

    def start(self, *more: str) -> Child:
        self.starts += 1
        settings = ("--rpc", self.rpc, "--kafka", self.kafka, "--start", "1", "--poll-ms", "5")
        command = [sys.executable, "-m", "undertow", "ingest", *settings, *more]
        return Child.start("ingest", command, log=self.folder / f"ingest-{self.starts}.log")

    def reads_to(self, block: int) -> None:
        with self.start("--until-block", str(block)) as child:
            assert child.process.wait(120) == 0, child.last_lines()


def waits_until_following(child: Child) -> None:
    until = time.monotonic() + GOES_ON_S
    while "ingest: chain" not in child.last_lines(1000):
        assert child.poll() is None and time.monotonic() < until, child.last_lines()
        time.sleep(0.005)


def is_killed(child: Child) -> None:
    assert child.poll() is None, child.last_lines()
    os.kill(child.pid, signal.SIGKILL)
    assert child.process.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize(("kills", "seed"), [(6, 1), pytest.param(200, 2, marks=LONG)])
def test_ingest_is_killed_at_random_while_the_chain_is_reorganised_and_the_log_is_the_chain(
    kafka: str, fresh_chain_id: int, tmp_path: Path, kills: int, seed: int
) -> None:
    dice = random.Random(seed)
    with restless_chain(fresh_chain_id, seed) as chain:
        ingester = Ingester(chain.url, kafka, tmp_path)
        with chain.living():
            for _ in range(kills):
                chain.calm = True  # so that who starts is not always far behind
                with ingester.start() as child:
                    waits_for_a_moment(dice, child, chain)
                    is_killed(child)
        reads_to_its_end(ingester, chain)
        assert_is_the_chain(chain, kafka, fresh_chain_id, f"{kills} kills of ingest")


def waits_for_a_moment(dice: random.Random, child: Child, chain: RestlessChain) -> None:
    """While it starts, while it publishes a block (that takes it some 30 ms), or while it finds its way after
    a reorganisation.
    """
    match dice.choice(("starts", "publishes", "goes back")):
        case "starts":
            time.sleep(dice.uniform(0.0, 2.5))
        case "publishes":
            waits_until_following(child)
            chain.calm = False
            chain.waits_for_a_block()
            time.sleep(dice.uniform(0.0, 0.06))
        case _:
            waits_until_following(child)
            chain.calm = False
            chain.waits_for_a_reorganisation()
            time.sleep(dice.uniform(0.0, 0.6))


@pytest.mark.parametrize(
    ("kills", "seed"), [(1, 3), *(pytest.param(kills, 4, marks=LONG) for kills in (2, 20))]
)
def test_the_broker_is_killed_too_sometimes_with_ingest_and_the_log_is_the_chain(
    own_broker: StoppableBroker, fresh_chain_id: int, tmp_path: Path, kills: int, seed: int
) -> None:
    dice = random.Random(seed)
    with restless_chain(fresh_chain_id, seed) as chain:
        ingester = Ingester(chain.url, own_broker.bootstrap, tmp_path)
        with chain.living(), ExitStack() as running:
            child = running.enter_context(ingester.start())
            for number in range(kills):
                waits_until_following(child)
                chain.calm = False
                chain.waits_for_a_reorganisation()
                time.sleep(dice.uniform(0.0, 1.5))
                own_broker.kill()
                chain.calm = True
                if number % 2:
                    time.sleep(dice.uniform(0.0, 1.0))
                    is_killed(child)
                own_broker.start()
                if child.poll() is not None:
                    child = running.enter_context(ingester.start())
            waits_until_following(child)
            is_killed(child)
        reads_to_its_end(ingester, chain)
        assert_is_the_chain(chain, own_broker.bootstrap, fresh_chain_id, f"{kills} kills of the broker")


def reads_to_its_end(ingester: Ingester, chain: RestlessChain) -> None:
    """The chain stands still: what is left of it is read, and one more reorganisation that must be met."""
    ingester.reads_to(chain.head)
    chain.reorganise(8)
    ingester.reads_to(chain.head)


def assert_is_the_chain(chain: RestlessChain, kafka: str, chain_id: int, what: str) -> None:
    """The whole log, followed record by record, ends in the chain that the node serves."""
    partition = Cluster(kafka).partition_of(chain_id)
    values, log = plain_log(kafka, partition), PlainLog()
    for value in values:
        log.take(value)
    cut = len(plain_log(kafka, partition, "read_uncommitted")) - len(values)
    undone, depths = log.rollbacks, chain.depths
    assert 8 in undone
    print(
        f"\n{what}, {cut} records of cut transactions; {len(depths)} reorganisations of depth {min(depths)} "
        f"to {max(depths)}; {len(undone)} rollbacks of {min(undone)} to {max(undone)} blocks; "
        f"{len(log.seen)} blocks published, {len(log.chain)} left"
    )
    assert dict(log.chain) == chain.hashes()
    assert log.logs == chain.logs()
