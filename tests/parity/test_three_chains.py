"""Several chains through one Kafka, one detect, one sink and one store: each has the book that it has alone.

All three play from the same dice: the same wallets do the same in blocks of the same numbers, so that
whatever is told apart by less than its chain is told wrong.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil
import pytest

from ingest.kafka import ALERTS, Cluster, Publisher
from ingest.localchain.chain.chain import Node, fork
from ingest.localchain.play.director import Director
from ingest.localchain.play.simulation import Script, begin
from ingest.machine.processes import Child
from tests.fixtures.pipeline import Pipeline

pytestmark = [pytest.mark.broker, pytest.mark.chain, pytest.mark.soak]

FIRST_ID = 810_001
CATEGORIES = frozenset({"address-poisoning", "wallet-drain", "layering"})
DEADLINE_S = 400.0
MOST_BLOCKS = 400
"""A node forgets older states, and what was read of them would be read as nothing by who is alone."""


@dataclass
class Chains:
    """Three chains: each has its node and its ingest; detect, sink and store are one for all."""

    kafka: str
    folder: Path
    nodes: dict[int, Node]
    worlds: dict[int, Director] = field(default_factory=dict)
    lines: dict[int, Pipeline] = field(default_factory=dict)
    common: dict[str, Child] = field(default_factory=dict)

    @property
    def store(self) -> str:
        return f"sqlite:///{self.folder / 'alerts.db'}"

    def start(self) -> None:
        """The three ingests at once: all of their chains are new to this Kafka."""
        for chain, node in self.nodes.items():
            folder = self.folder / str(chain)
            folder.mkdir()
            line = Pipeline(node.url, chain, self.kafka, folder, first=1)
            self.worlds[chain] = begin(
                node.url, folder / "labels.jsonl", Script(seed=5, categories=CATEGORIES)
            )
            self.lines[chain] = line
        for line in self.lines.values():
            line.starts("ingest")
        for line in self.lines.values():
            line.waits_for(lambda: set(self.nodes) <= set(Cluster(self.kafka).chains()), "three new chains")
        named = [word for chain in self.nodes for word in ("--chain-id", str(chain))]
        self.runs("detect", *named, "--kafka", self.kafka, "--state", str(self.folder / "state"))
        self.runs("sink", "--kafka", self.kafka, "--store", self.store)

    def runs(self, part: str, *words: str, name: str = "") -> None:
        command = [sys.executable, "-m", "undertow", part, *words]
        self.common[name or part] = Child.start(part, command, log=self.folder / f"{name or part}.log")

    def said(self, part: str) -> str:
        return (self.folder / f"{part}.log").read_text()

    def waits_until_judged(self, *chains: int) -> None:
        for chain in chains:
            head = self.worlds[chain].stage.miner.head
            self.waits_for(partial(self.has_judged, chain, head), f"block {head} of chain {chain}")

    def has_judged(self, chain: int, head: int) -> bool:
        return self.lines[chain].judged() >= head

    def plays(self, rounds: int, *but: int) -> None:
        for _ in range(rounds):
            for chain, world in self.worlds.items():
                if chain not in but:
                    world.play_block()

    def waits_for(self, check: Callable[[], bool], what: str, meanwhile: bool = False) -> None:
        """`meanwhile`: the chains go on; who was taken over notices it when there is something to send."""
        end = time.monotonic() + DEADLINE_S
        while not check():
            assert time.monotonic() < end, f"waited {DEADLINE_S} s for {what}"
            if meanwhile:
                self.plays(1)
            time.sleep(0.5)

    def detector_of(self, chain: int) -> int:
        """The process id."""
        children = psutil.Process(self.common["detect"].pid).children()
        (pid,) = (one.pid for one in children if str(chain) in one.cmdline())
        return pid

    def book_alone(self, chain: int) -> bytes:
        """What a run over this chain alone writes."""
        line = self.lines[chain]
        lake = str(line.folder / "lake")
        span = ("--from-block", "1", "--to-block", str(self.worlds[chain].stage.miner.head))
        done = line.runs("backfill", "--rpc", line.url, *span, "--lake", lake)
        assert done.returncode == 0, done.stderr
        return line.book_of("detect", "--lake", lake)


@pytest.fixture
def chains(origin_rpc: str, kafka: str, tmp_path: Path) -> Iterator[Chains]:
    with ExitStack() as opened:
        names = [FIRST_ID + each for each in range(3)]
        nodes = {name: opened.enter_context(fork(origin_rpc, chain_id=name)) for name in names}
        three = Chains(kafka, tmp_path, nodes)
        try:
            yield three
        finally:
            for line in three.lines.values():
                line.ends()
            for child in three.common.values():
                child.stop()


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(60, id="minute", marks=pytest.mark.timeout(900)),
        pytest.param(1_800, id="half-hour", marks=pytest.mark.timeout(4_500)),
    ],
)
def test_three_chains_live_together_and_each_has_the_book_that_it_has_alone(
    chains: Chains, seconds: int
) -> None:
    chains.start()
    began, troubles = time.monotonic(), trouble_by_trouble(chains)
    pace = max(1.0, seconds / MOST_BLOCKS)
    shares = iter((0.15, 0.3, 0.45, 0.6, 0.75))
    due = next(shares)
    while (passed := time.monotonic() - began) < seconds or due <= 1:
        chains.plays(1)
        if passed >= due * seconds:
            next(troubles)
            due = next(shares, 2.0)
        time.sleep(max(0.0, pace - (time.monotonic() - began - passed)))
    chains.waits_until_judged(*chains.nodes)
    heads = {chain: world.stage.miner.head for chain, world in chains.worlds.items()}
    assert chains.common.pop("sink").stop() == 0
    for chain, line in chains.lines.items():
        done = line.runs("sink", "--kafka", chains.kafka, "--store", chains.store, "--chain-id", str(chain),
                         "--until-block", str(heads[chain]))  # fmt: skip
        assert done.returncode == 0, done.stderr
    each_book_is_the_one_of_the_chain_alone(chains)
    told_apart(chains, heads)
    assert chains.common["detect again"].stop() == 0
    assert chains.common["detect"].stop() == 1, "one of its chains was taken over"


def trouble_by_trouble(chains: Chains) -> Iterator[None]:
    """What happens to one chain, and that the others go on meanwhile. A trouble a turn."""
    one, two, three = chains.nodes
    chains.waits_until_judged(one)
    chains.worlds[one].stage.miner.reorganise(5)
    yield
    os.kill(chains.detector_of(two), signal.SIGKILL)
    chains.plays(2)
    chains.waits_until_judged(one, three)
    chains.waits_for(lambda: "ended by SIGKILL and is started again" in chains.said("detect"), "a new start")
    yield
    os.kill(chains.nodes[three].child.pid, signal.SIGSTOP)
    try:
        chains.plays(3, three)
        chains.waits_until_judged(one, two)
    finally:
        os.kill(chains.nodes[three].child.pid, signal.SIGCONT)
    yield
    spoil(chains.kafka, one)
    chains.plays(1)
    chains.waits_for(lambda: f"chain {one}: set aside {ALERTS}" in chains.said("sink"), "a record set aside")
    chains.waits_until_judged(one, two, three)
    yield
    words = ("--chain-id", str(two), "--kafka", chains.kafka, "--state", str(chains.folder / "again"))
    chains.runs("detect", *words, "--rebuild", name="detect again")
    gone = f"detect: chain {two}: ended with status 1; the others go on: {one}, {three}"
    chains.waits_for(lambda: gone in chains.said("detect"), f"chain {two} to be taken over", meanwhile=True)
    chains.waits_until_judged(one, two, three)
    yield


def spoil(kafka: str, chain: int) -> None:
    """A record that no detector sent."""
    publisher = Publisher(kafka, f"stranger-{chain}")
    with publisher.transaction():
        publisher.send(ALERTS, Cluster(kafka).partition_of(chain), b"who", b"not an alert")
    publisher.close()


def each_book_is_the_one_of_the_chain_alone(chains: Chains) -> None:
    books = {}
    for chain, line in chains.lines.items():
        alone = chains.book_alone(chain)
        named = ("--chain-id", str(chain))
        assert line.book_of("export", "--kafka", chains.kafka, *named) == alone
        assert line.book_of("export", "--store", chains.store, *named) == alone
        assert {json.loads(row)["chain_id"] for row in alone.splitlines()} == {chain}
        books[chain] = alone
    any_line = next(iter(chains.lines.values()))
    assert any_line.book_of("export", "--store", chains.store) == b"".join(books.values())
    print({chain: book.count(b"\n") for chain, book in books.items()}, "alerts by chain")


def told_apart(chains: Chains, heads: dict[int, int]) -> None:
    line = next(iter(chains.lines.values()))
    done = line.runs("status", "--kafka", chains.kafka, "--store", chains.store, "--json")
    told = json.loads(done.stdout)
    log = {chain["chain_id"]: chain for chain in told["log"] if chain["chain_id"] in heads}
    assert {chain: each["judged"] for chain, each in log.items()} == heads
    assert {chain["chain_id"]: chain["head"] for chain in told["store"]} == heads
    first, *_ = heads
    assert {bad["chain_id"] for bad in told["set_aside"]} == {first}
