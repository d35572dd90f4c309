"""A world while it is played, watched by one who reads its blocks and its pool."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from detectors.alerts.alert import Alert
from detectors.alerts.pending import PendingAlert
from detectors.base import hexed
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.evaluate.labels import Labels, load_labels
from detectors.registry import detectors
from detectors.runs.pending.standing import StandingAlerts, Where
from ingest.facts.lists import ListBook
from ingest.live.follower import Follower, FollowSettings
from ingest.live.mempool.picture import Mempool, opened
from ingest.localchain.chain.chain import private_fork
from ingest.localchain.play.simulation import Script, begin
from ingest.model.batch import Batch
from ingest.nodes import Nodes
from tests.fixtures.list_log import ListLog


@dataclass
class Watched:
    """What was seen of a world. `found`: by the id of the alert it would be, the first pending alert, with
    the head it was there on. `public`: whether a transaction waited in the pool. Times are seconds.
    """

    engine: Engine
    follower: Follower
    log: ListLog
    mempool: Mempool
    standing: StandingAlerts
    found: dict[str, PendingAlert] = field(default_factory=dict)
    ends: dict[str, PendingAlert] = field(default_factory=dict)
    public: dict[str, bool] = field(default_factory=dict)
    harm: dict[str, str] = field(default_factory=dict)
    """By the id of a label, the first transaction that did harm."""
    labels: Labels | None = None
    book: list[Alert] = field(default_factory=list)
    heads: int = 0
    judge_s: list[float] = field(default_factory=list)
    suppose_s: list[float] = field(default_factory=list)
    simulate_s: list[float] = field(default_factory=list)
    left_out: int = 0
    supposed: int = 0
    _read: int = 0

    def read_blocks(self) -> None:
        while self.follower.step():
            pass
        for event in self.log.events[self._read :]:
            began = time.perf_counter()
            self.engine.take(event, 1)
            self.judge_s.append(time.perf_counter() - began)
            assert isinstance(event, Batch)
            for number, sent in event.transactions.select("block_number", "transaction_hash").iter_rows():
                self.standing.note_mined(number, (hexed(sent),))
        self._read = len(self.log.events)
        self.log.events[:] = [None] * self._read  # type: ignore[list-item]
        self._note(self.standing.end_mined(self._where()))

    def look(self) -> None:
        """On a head, while the transactions of the next block wait."""
        self.read_blocks()
        self.heads += 1
        began = time.perf_counter()
        picture = self.mempool.picture()
        self.simulate_s.append(time.perf_counter() - began)
        if picture is None:
            return
        self.left_out += sum(picture.head.left_out.values())
        alerts: list[Alert] = []
        waiting: set[str] = set()
        if picture.batch is not None:
            self.supposed += picture.batch.transactions.height
            waiting = {hexed(each) for each in picture.batch.transactions["transaction_hash"]}
            began = time.perf_counter()
            alerts = self.engine.suppose(picture.batch).alerts
            self.suppose_s.append(time.perf_counter() - began)
        self._note(self.standing.take(alerts, waiting, self._where()))

    def _where(self) -> Where:
        return Where(self.engine.state.number, hexed(self.engine.state.hash))

    def _note(self, changed: list[PendingAlert]) -> None:
        for each in changed:
            if each.end is None and each.alert.suppressed_by is None:
                self.found.setdefault(each.alert.id, each)
            elif each.end is not None:
                self.ends[each.alert.id] = each


def played(url: str, labels: Path, script: Script, traces: bool, told: Callable[[Watched], None]) -> Watched:
    """Plays `script` and watches it from its first block to its last."""
    director = begin(url, labels, script)
    assert director.pool is not None
    say: Callable[[str], None] = lambda _line: None  # noqa: E731
    start = director.stage.miner.head
    nodes = Nodes(url)
    chain_id, log = nodes.chain_id(), ListLog()
    settings = FollowSettings("earliest", facts=script.facts, traces=traces, ahead=0)
    follower = Follower(chain_id, nodes, log, settings, say, ListBook(script.facts, say))
    engine = Engine(chain_id, detectors(), EngineSettings(), keep_all=True)
    with closing(opened(url, chain_id, traces, frozenset(), private_fork, say)) as mempool:
        watched = Watched(engine, follower, log, mempool, StandingAlerts(engine.open_alert))
        watched.read_blocks()
        watched.judge_s.clear()
        assert engine.state.number == start

        def look() -> None:
            watched.look()
            told(watched)

        director.pool.look = look
        while director.blocks != script.blocks:
            director.play_block()
        director.finish()
        watched.read_blocks()
    director.write_labels()
    watched.public, watched.labels = director.pool.public, load_labels(labels)
    told_harm = {each.id: each.outcome.harm for each in director.labels}
    watched.harm = {name: harm for name, harm in told_harm.items() if harm is not None}
    watched.book = engine.standing()
    nodes.close()
    return watched
