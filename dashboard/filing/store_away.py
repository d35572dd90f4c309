"""Files through a store that goes away meanwhile: it is waited for, and nothing is lost or filed twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from dashboard.store import Feed, Writer
from ingest.model.errors import StoreUnreachable

AWAY_S = 1.0
"""How often a store that is away is asked again."""


class Away:
    """Says once that the store is away, and once that it is back."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._trouble = ""

    def is_away(self, error: StoreUnreachable) -> None:
        if str(error) != self._trouble:
            self._say(f"sink: waiting: {error}")
        self._trouble = str(error)

    def is_back(self) -> None:
        if self._trouble:
            self._say("sink: the store is there again: going on")
        self._trouble = ""


def filed(writer: Writer, feed: Feed, stop: threading.Event, away: Away) -> bool:
    """Files it, however long the store is away; False where `stop` came first.

    Where the store went away at the end of a transaction nobody knows whether it counts: the offsets tell, as
    they went in with it.
    """
    is_sure = True
    while True:
        try:
            if is_sure or not is_filed(feed, writer.offsets(feed.chain_id)):
                writer.file(feed)
            away.is_back()
            return True
        except StoreUnreachable as error:
            away.is_away(error)
            is_sure = False
        if stop.wait(AWAY_S):
            return False


def is_filed(feed: Feed, stands: Mapping[str, int]) -> bool:
    """Whether the store stands where it stands after this feed."""
    return all(stands.get(topic, 0) == offset for topic, offset in feed.after.items())
