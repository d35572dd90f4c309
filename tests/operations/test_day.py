"""A day of who runs undertow: every block of `docker/OPERATIONS.md`, in its order, on real parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.store import open_reader
from ingest.localchain.chain.chain import fork
from ingest.machine import tools
from ingest.machine.processes import free_port
from tests.fixtures.faulty_node import FaultyNode, ask, faulty
from tests.fixtures.postgres import postgres_url
from tests.fixtures.small_disk import fill, small_disk
from tests.fixtures.wheel import built, installed
from tests.operations.machine import Machine, made, sections

__all__ = ["postgres_url"]  # pytest finds the fixture here

pytestmark = [pytest.mark.soak, pytest.mark.chain, pytest.mark.broker, pytest.mark.timeout(5_400)]
CHAIN_ID = 31_337
PLAY = "--attacks-per-category 0 --transactions-per-block 8"
RULE = """rule large
says "Five coins or more to anybody."
each transfer
names payee
severity low
score 0.4
when value >= 5 coins
"""
ELSEWHERE = ("python3.11 -m venv /opt/undertow",)
"""What a block begins with that is done otherwise here: packages come from this environment."""


class Day:
    """One machine, a node that plays, and a second way to it that can go wrong."""

    def __init__(self, machine: Machine, node: str, other: FaultyNode, kafka: str) -> None:
        self.machine, self.node, self.other, self.kafka = machine, node, other, kafka
        self._blocks = sections()
        store = machine.root / "var/lib/undertow/store.db"
        machine.is_ready = lambda: store.exists() and machine.judged(kafka, CHAIN_ID) >= 0
        self._played = 0
        self.store = f"sqlite:///{machine.root}/var/lib/undertow/store.db"

    def does(self, title: str, after_first: Callable[[], None] = lambda: None) -> None:
        """Runs the blocks of a section; `after_first` is what stands in its words, not in its blocks."""
        for number, block in enumerate(self._blocks.pop(title)):
            if not block.startswith(ELSEWHERE):
                self.machine.runs(block)
            if number == 0:
                after_first()

    def plays(self, blocks: int) -> None:
        """Blocks of honest people."""
        self._played += 1
        labels = self.machine.root / f"labels-{self._played}.jsonl"
        self.machine.undertow(
            f"simulate --rpc {self.node} --labels {labels} --blocks {blocks} --seed {self._played} {PLAY}"
        )

    def mines(self, blocks: int = 6) -> None:
        """Blocks in which nothing is."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": "anvil_mine", "params": [hex(blocks)]}
        assert "error" not in ask(self.node, [asked])[0]

    def head(self) -> int:
        asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
        return int(ask(self.node, [asked])[0]["result"], 16)

    def is_judged(self) -> None:
        head = self.head()
        judged = lambda: self.machine.judged(self.kafka, CHAIN_ID) >= head  # noqa: E731
        self.machine.waits_for(judged, f"block {head} to be judged")

    def is_filed(self) -> None:
        self.is_judged()
        self.machine.waits_for(lambda: self.filed() >= self.head(), "the sink")

    def filed(self) -> int:
        with closing(open_reader(self.store)) as reader:
            return max((head.block_number for head in reader.heads()), default=-1)

    def book(self, *source: str) -> bytes:
        path = self.machine.root / "book.jsonl"
        self.machine.undertow("export", "--alerts", str(path), *source)
        return path.read_bytes()

    def books_agree(self) -> bytes:
        self.is_filed()
        book = self.book("--kafka", self.kafka)
        assert book == self.book("--store", self.store)
        return book

    def all_was_done(self) -> bool:
        return all(block.startswith(ELSEWHERE) for blocks in self._blocks.values() for block in blocks)


@pytest.fixture
def day(origin_rpc: str, postgres_url: str, tmp_path: Path) -> Iterator[Day]:
    root, broker, dashboard = tmp_path / "root", free_port(), free_port()
    with (
        fork(origin_rpc, chain_id=CHAIN_ID) as node,
        faulty(FaultyNode(node.url, seed=1, rate=0.0, faults=("log altered",))) as other,
    ):
        there = {
            "8545": node.url.rpartition(":")[2],
            "8547": other.url.rpartition(":")[2],
            "9092": str(broker),
        }
        machine = made(root, {f"127.0.0.1:{old}": f"127.0.0.1:{new}" for old, new in there.items()})
        machine.told["postgresql://undertow@127.0.0.1:5432/undertow"] = postgres_url
        installed(built(tmp_path), root / "opt/undertow")
        (root / "checkout/large.rule").write_text(RULE)
        with small_disk(root / "var/lib/undertow", "3g"):
            for shared in ("tools", "kernels"):  # nothing is fetched or compiled twice
                (root / "var/lib/undertow" / shared).symlink_to(tools.home() / shared)
            ports = f"UNDERTOW_BROKER_PORT={broker}\nUNDERTOW_DASHBOARD_PORT={dashboard}\n"
            machine.told["UNDERTOW_LOG_FORMAT=text"] = ports + "UNDERTOW_LOG_FORMAT=text"
            try:
                yield Day(machine, node.url, other, f"127.0.0.1:{broker}")
            finally:
                machine.ends()
                (tmp_path / "said.txt").write_text("\n".join(machine.said))


def test_a_day(day: Day, postgres_url: str) -> None:
    machine = day.machine
    day.does("First install")
    day.plays(25)
    day.books_agree()
    day.does("A look in the morning")

    day.does("A node that changes")
    day.other.rate = 0.5
    day.plays(8)
    day.is_filed()
    assert "its receipts" in machine.log("ingest"), machine.log("ingest")[-2_000:]
    day.other.faults, day.other._deck = ("stale head",), []
    day.mines()
    day.is_filed()
    day.other.rate = 0.0

    taken = fill(machine.root / "var/lib/undertow")
    day.mines()
    machine.waits_for(
        lambda: bool(machine.saying("no space is left", "disk is full")), "a role to say what it lacks"
    )

    def makes_room() -> None:
        taken.unlink()
        machine.waits_for(machine.is_ready, "the broker")

    day.does("A full disk", makes_room)
    before = day.books_agree()

    day.does("A broker upgrade")
    day.mines()
    assert len(day.books_agree()) >= len(before)

    day.does("A new version, a new detector, another setting")
    day.is_filed()
    assert b"analyst-rule" in day.books_agree()

    day.does("A backup, and a restore")
    day.mines()
    day.books_agree()

    day.does("A key or a password")
    day.does("Retention")
    day.mines()
    day.books_agree()

    day.does("From SQLite to PostgreSQL")
    day.store = postgres_url
    day.mines()
    day.books_agree()
    assert day.all_was_done()
