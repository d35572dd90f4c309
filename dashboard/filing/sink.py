"""Files what detection says into the store: every chain of the log, exactly once, through any crash."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

from dashboard.filing.records import alert_from, scores_from
from dashboard.store import Feed, Rejected, ScoreBlock, Tip, Writer
from detectors.alert import DEFAULT_FINALITY, Alert
from ingest.kafka import ALERTS, BLOCKS, SCORES, Cluster, Message, Reader, last_mark
from ingest.model.errors import BadInput, UnreadableRecord

POLL_S = 0.2
"""How long to wait for scores of one chain: an alert is on the screen this much later at worst."""
CHAINS_EVERY_S = 5.0
"""How often to look for chains that are new in the log."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Which chain to file (None: all), and the block after which to end (None: never)."""

    chain_id: int | None = None
    until_block: int | None = None


def run(
    bootstrap: str, writer: Writer, goal: Goal, stop: threading.Event, say: Callable[[str], None]
) -> None:
    """Files until `stop`, or until the head of every chain is at `goal.until_block`.

    Raises BrokerUnreachable, StoreUnreachable, and BadInput where the store was filled from another log.
    """
    with ExitStack() as open_lines:
        lines: dict[int, Line] = {}
        looked = float("-inf")
        while not stop.is_set():
            if time.monotonic() - looked > CHAINS_EVERY_S:
                for line in _new_lines(bootstrap, writer, goal, lines):
                    lines[line.chain_id] = open_lines.enter_context(closing(line))
                looked = time.monotonic()
            for line in lines.values():
                _file(writer, line, say)
            if lines and goal.until_block is not None and _reached(writer, lines, goal.until_block):
                return
            if not lines:
                stop.wait(POLL_S)


def _file(writer: Writer, line: Line, say: Callable[[str], None]) -> None:
    feed = line.read()
    if feed is None:
        return
    writer.file(feed)
    for bad in feed.rejected:
        say(f"sink: chain {feed.chain_id}: set aside {bad.topic} offset {bad.offset}: {bad.reason}")
    if feed.revisions:
        head = writer.head(feed.chain_id)
        say(f"sink: chain {feed.chain_id}: {_counted(len(feed.revisions))} filed, head {head}")


def _counted(revisions: int) -> str:
    return "1 revision" if revisions == 1 else f"{revisions} revisions"


def _reached(writer: Writer, lines: dict[int, Line], block: int) -> bool:
    heads = [writer.head(chain_id) for chain_id in lines]
    return all(head is not None and head >= block for head in heads)


def _new_lines(bootstrap: str, writer: Writer, goal: Goal, lines: dict[int, Line]) -> Iterator[Line]:
    for chain_id, partition in Cluster(bootstrap).chains().items():
        if chain_id not in lines and goal.chain_id in (None, chain_id):
            yield Line(bootstrap, chain_id, partition, writer.offsets(chain_id))


class Line:
    """The two topics of one chain, read from where the store stands."""

    def __init__(self, bootstrap: str, chain_id: int, partition: int, offsets: dict[str, int]) -> None:
        self.chain_id = chain_id
        self._bootstrap = bootstrap
        self._partition = partition
        self._filed = offsets
        self._finality: int | None = None
        self._alerts = Reader(bootstrap, ALERTS, partition, offsets.get(ALERTS))
        self._scores = Reader(bootstrap, SCORES, partition, offsets.get(SCORES))
        for topic, reader in ((ALERTS, self._alerts), (SCORES, self._scores)):
            self._refuse_shorter_log(topic, reader)

    def read(self) -> Feed | None:
        """What is new, or None. A head is never ahead of its alerts.

        Alerts are sent before the scores of their blocks, in one transaction; but each partition shows a
        transaction on its own, so a score may be seen a moment before its alerts. All that was *sent* to the
        alerts when a score is seen, visible or not yet, holds the alerts that belong to it.
        """
        scores = self._scores.poll(POLL_S)
        alerts = _up_to(self._alerts, self._alerts.sent()) if scores else self._alerts.poll(0)
        after = {ALERTS: self._alerts.position, SCORES: self._scores.position}
        if not alerts and not scores:
            return None
        feed = self._feed(alerts, scores, after)
        self._filed = after
        return feed

    def close(self) -> None:
        self._alerts.close()
        self._scores.close()

    def _feed(self, alerts: list[Message], scores: list[Message], after: dict[str, int]) -> Feed:
        revisions: list[tuple[int, Alert]] = []
        blocks: list[ScoreBlock | Tip] = []
        rejected: list[Rejected] = []
        for message in alerts + scores:
            try:
                if message.topic == ALERTS:
                    revisions.append((message.offset, alert_from(message.value)))
                else:
                    blocks.append(scores_from(message.value))
            except UnreadableRecord as error:
                rejected.append(Rejected(message.topic, message.offset, str(error)))
        return Feed(self.chain_id, revisions, blocks, self._filed, after, self._known_finality(), rejected)

    def _known_finality(self) -> int:
        """As the detector of this chain was told: it says so in its mark, from its first output on."""
        if self._finality is None:
            mark = last_mark(self._bootstrap, f"undertow-detect-{self.chain_id}", BLOCKS, self._partition)
            if mark is None:
                return DEFAULT_FINALITY
            self._finality = int(json.loads(mark.note).get("finality", DEFAULT_FINALITY))
        return self._finality

    def _refuse_shorter_log(self, topic: str, reader: Reader) -> None:
        filed, end = self._filed.get(topic, 0), reader.end()
        if filed > end:
            raise BadInput(
                f"the store has read {topic} of chain {self.chain_id} up to {filed}, but it ends at {end}: "
                "the store was filled from another log, so name a new one"
            )


def _up_to(reader: Reader, end: int) -> list[Message]:
    messages: list[Message] = []
    while reader.position < end:
        messages += reader.poll(POLL_S)
    return messages
