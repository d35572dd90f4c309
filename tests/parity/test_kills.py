"""kill -9 at any moment, of ingest and of its broker, while the chain is reorganised: the log is the chain."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.kafka import Cluster
from ingest.processes import Child
from tests.fixtures.plain_log import Log, PlainLog, plain_log
from tests.fixtures.restless_chain import RestlessChain
from tests.fixtures.town import Town

pytestmark = [pytest.mark.broker, pytest.mark.chain]

GOES_ON_S = 30.0


@dataclass
class Ingester:
    """`undertow ingest` as its owner starts it, and as bad luck ends it."""

    rpc: str
    kafka: str
    first: int
    folder: Path
    ends: list[str] = field(default_factory=list)

    def dies(self, dice: random.Random, chain: RestlessChain) -> None:
        """kill -9 while it starts, while it follows the chain (a block takes it some 30 ms), or while it finds
        its way after a reorganisation.
        """
        log = self.folder / f"ingest-{len(self.ends)}.log"
        with Child.start("ingest", self._command(), log=log) as child:
            match dice.choice(("starts", "follows", "goes back")):
                case "starts":
                    time.sleep(dice.uniform(0.0, 2.5))
                case "follows":
                    self._waits_until_following(child)
                    time.sleep(dice.uniform(0.0, 1.0))
                case _:
                    self._waits_until_following(child)
                    chain.waits_for_a_reorganisation()
                    time.sleep(dice.uniform(0.0, 0.2))
            assert child.poll() is None, child.last_lines()
            os.kill(child.pid, signal.SIGKILL)
            child.process.wait(10)
        self.ends.append(log.read_text())

    def reads_to(self, block: int) -> None:
        log = self.folder / "ingest-last.log"
        with Child.start("ingest", self._command("--until-block", str(block)), log=log) as child:
            assert child.process.wait(120) == 0, child.last_lines()

    def _waits_until_following(self, child: Child) -> None:
        until = time.monotonic() + GOES_ON_S
        while "ingest: chain" not in child.last_lines(1000):
            assert child.poll() is None and time.monotonic() < until, child.last_lines()
            time.sleep(0.005)

    def _command(self, *more: str) -> list[str]:
        settings = ("--rpc", self.rpc, "--kafka", self.kafka, "--start", str(self.first), "--poll-ms", "5")
        return [sys.executable, "-m", "undertow", "ingest", *settings, *more]


@pytest.mark.parametrize(
    ("kills", "seed"),
    [(10, 1), pytest.param(200, 2, marks=[pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(3600)])],
)
def test_ingest_is_killed_at_random_while_the_chain_is_reorganised_and_the_log_is_the_chain(
    town: Town, kafka: str, tmp_path: Path, kills: int, seed: int
) -> None:
    dice, chain = random.Random(seed), RestlessChain(town, seed)
    ingester = Ingester(town.url, kafka, chain.first, tmp_path)
    chain.settle()
    with chain.living():
        for _ in range(kills):
            ingester.dies(dice, chain)
    ingester.reads_to(town.head)

    partition = Cluster(kafka).partition_of(town.chain_id)
    log = replayed(plain_log(kafka, partition))
    cut = len(plain_log(kafka, partition, "read_uncommitted")) - len(plain_log(kafka, partition))
    print(f"{len(ingester.ends)} kills, {cut} records of cut transactions, {len(chain.depths)} reorgs, "
          f"{len(log.rollbacks)} rollbacks, {len(log.seen)} blocks published")  # fmt: skip
    assert dict(log.chain) == town.hashes(chain.first, town.head)
    assert log.logs == logs_of(town, chain.first, town.head)
    assert log.rollbacks, "no reorganisation was met"


def replayed(values: list[bytes]) -> PlainLog:
    log = PlainLog()
    for value in values:
        log.take(value)
    return log


def logs_of(town: Town, first: int, last: int) -> list[Log]:
    """Every log, as the real node has them."""
    found = town.wallet.ask("eth_getLogs", {"fromBlock": hex(first), "toBlock": hex(last)})
    return [
        (int(log["blockNumber"], 16), int(log["logIndex"], 16), unhex(log["address"]), unhex(log["data"]))
        for log in found
    ]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])
