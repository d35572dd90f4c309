"""The chain as it is followed live, through other nodes each turn. A session's log, books and reader of the
other chain last until it is closed: to begin anew for every node would take longer than to play.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ingest.facts.bridge_files import Bridge
from ingest.facts.disagreements import DisagreementBook
from ingest.facts.lists import ListBook
from ingest.facts.messages import MessageBook
from ingest.lake.bridges import read_beside
from ingest.live.follower import Follower, FollowSettings
from ingest.live.wiring import _message_book
from ingest.log.blocklog import LogWriter
from ingest.model.errors import BrokerUnreachable
from ingest.nodes import Nodes

PATIENCE_S, PAUSE_S = 300, 2.0
"""How long a broker is waited for that is busy."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Session:
    """What `ingest.live.wiring` has open while it follows, but for its nodes."""

    chain_id: int
    first: int
    log: LogWriter
    disagreements: DisagreementBook
    messages: MessageBook
    say: Say

    def read(self, nodes: str, until: int) -> None:
        """Up to a block, through these nodes (by commas), the first one first."""
        asked = Nodes(nodes, self.chain_id)
        settings = FollowSettings(self.first, until_block=until)
        follower = Follower(
            self.chain_id, asked, self.log, settings, self.say, ListBook(None, self.say),
            disagreements=self.disagreements, messages=self.messages,
        )  # fmt: skip
        asked.listen()
        try:
            follower.run(threading.Event())
        finally:
            asked.close()


@contextmanager
def session(kafka: str, chain_id: int, first: int, bridge: Bridge, say: Say) -> Iterator[Session]:
    """Goes on where the log ends. Raises BrokerUnreachable where the broker stays silent."""
    log = _opened(kafka, chain_id)
    try:
        disagreements, recent = DisagreementBook(say), log.recent()
        messages = _message_book((bridge,), recent, log, say)
        for batch in recent:
            disagreements.remember(batch.disagreements)
            messages.remember(batch.messages)
        with read_beside(messages, chain_id, threading.Event(), say):
            yield Session(chain_id, first, log, disagreements, messages, say)
    finally:
        log.close()


def _opened(kafka: str, chain_id: int) -> LogWriter:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return LogWriter(kafka, chain_id)
        except BrokerUnreachable:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE_S)
