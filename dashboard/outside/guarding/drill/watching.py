"""Ingest, detection and store in one process: a block is read, proved, judged, filed before the next comes.

The parts are those of the live pipeline; what is left out is Kafka between them, and the waiting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from dashboard.store import Feed, Writer, open_writer
from detectors.alerts.messages import scores_from, scores_key
from detectors.engine.engine import Engine
from detectors.engine.output import Output
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from detectors.runs.outbox import score_values
from ingest.blocks.headers import Header, Headers
from ingest.facts.lists import ListBook
from ingest.live.follower import Follower, FollowSettings
from ingest.log.blocklog import batch_headers
from ingest.model.batch import Event, Rollback
from ingest.nodes import Nodes


@dataclass(slots=True)
class ShortLog:
    """What a follower writes to, kept until it is judged."""

    headers: Headers = field(default_factory=Headers)
    events: list[Event] = field(default_factory=list)

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Rollback):
                self.headers.roll_back(Header(event.number, event.hash))
            else:
                self.headers.extend(batch_headers(event))
        self.events += events

    def reject(self, _number: int | None, _reason: str, _source: str) -> bool:
        return True

    def look_back(self) -> bool:
        return False

    def check(self) -> None:
        """Nobody else writes it."""


@dataclass(slots=True)
class Watch:
    """`catch_up` files all that the chain has become."""

    chain_id: int
    follower: Follower
    log: ShortLog
    engine: Engine
    writer: Writer
    filed: int = 0
    finality: int = EngineSettings().finality

    def catch_up(self) -> None:
        while self.follower.step():
            events, self.log.events = self.log.events, []
            for event in events:
                self._file(self.engine.take(event, self.filed))

    def _file(self, output: Output) -> None:
        key = scores_key(self.chain_id)
        blocks = [scores_from(key, value, self.chain_id) for value in score_values(self.chain_id, output)]
        offsets = self.writer.offsets(self.chain_id)
        at = offsets.get("alerts", 0)
        revisions = [(at + place, alert) for place, alert in enumerate(output.alerts)]
        after = {"alerts": at + len(revisions), "scores": offsets.get("scores", 0) + len(blocks)}
        told = ((), None, (), self.engine.run_name())
        self.writer.file(Feed(self.chain_id, revisions, blocks, offsets, after, self.finality, *told))
        self.filed += 1


@contextmanager
def watching(url: str, chain_id: int, store: str) -> Iterator[Watch]:
    """From the first block of the chain on."""
    nodes, log = Nodes(url, chain_id), ShortLog()
    follower = Follower(
        chain_id, nodes, log, FollowSettings(start="earliest"), _quiet, ListBook(None, _quiet)
    )
    engine = Engine(chain_id, detectors(), EngineSettings())
    with closing(nodes), closing(open_writer(store)) as writer:
        yield Watch(chain_id, follower, log, engine, writer)


def _quiet(_line: str) -> None:
    """Says nothing."""
