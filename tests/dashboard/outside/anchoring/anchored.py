"""A store whose alerts are anchored on a real second chain, as `undertow anchor` does it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from dashboard.outside.anchoring.contract import AnchorContract, Stretch
from dashboard.outside.anchoring.planning import Plan
from dashboard.outside.anchoring.running import Daemon
from dashboard.store import open_anchors, open_reader
from dashboard.store.anchors import StretchRow, stretches
from detectors.alerts.alert import Alert
from ingest.nodes.sending.journal import Journal
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.sender import Fees, Sender
from ingest.nodes.sending.speaking import Speaker
from tests.dashboard.alerts import CHAIN, Filing, judged
from tests.fixtures.second_chain import SECOND_CHAIN, SecondChain

DEPTH = 3
FINALITY = 10


class Anchored:
    """`goes_on` is `undertow anchor` for a few rounds; the second chain mines a block after each."""

    def __init__(self, url: str, second: SecondChain, purse: Path, folder: Path) -> None:
        self.url, self.second, self.purse, self.folder = url, second, purse, folder
        self.said: list[str] = []
        self.address: str | None = None

    @contextmanager
    def daemon(self, begin: int | None = 0, purse: Path | None = None) -> Iterator[Daemon]:
        key = SigningKey.read(purse or self.purse)
        with ExitStack() as opened:
            anchors = opened.enter_context(open_anchors(self.url))
            node = opened.enter_context(closing(Speaker(self.second.url)))
            path = self.folder / f"sent-{key.address}.json"
            journal = opened.enter_context(Journal(path, SECOND_CHAIN, key.address))
            sender = Sender(node, key, journal, DEPTH, Fees(patience=2))
            plan = Plan(CHAIN, 50, begin)
            yield Daemon(anchors, sender, node, plan, self.address, self.said.append, poll_s=0.0)

    def goes_on(self, rounds: int = 12, purse: Path | None = None) -> None:
        with self.daemon(purse=purse) as daemon:
            for _ in range(rounds):
                one_round(daemon)
                self.second.mine()
            self.address = daemon.address

    def on_chain(self) -> list[Stretch]:
        with closing(Speaker(self.second.url)) as node:
            contract = AnchorContract(node, str(self.address))
            return [contract.stretch(number) for number in range(contract.count())]

    def planned(self) -> list[StretchRow]:
        with closing(open_reader(self.url)) as reader:
            return stretches(reader, CHAIN, 1_000)[::-1]


class _Once(threading.Event):
    """Is set where it would be waited for."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def one_round(daemon: Daemon) -> None:
    """What the daemon does between two rests."""
    daemon.run(_Once())


def lives(filing: Filing, head: int, *alerts: Alert) -> None:
    """The chain is at block `head`, as the sink files it."""
    filing.finality = FINALITY
    filing.file(*alerts, blocks=(judged(head),))
