"""A follower over chains that lie in memory, for tests of what becomes of the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ingest.facts.lists import ListBook
from ingest.live.follower import Follower, FollowSettings
from ingest.model.errors import NodeMisbehaved, NodeUnreachable
from ingest.nodes import Node, Nodes
from tests.fixtures.list_log import ListLog


def silent(_line: str) -> None:
    """Says nothing."""


def follower(log: ListLog, *nodes: Node, quorum: int = 1, **wanted: object) -> Follower:
    with_defaults = {"start": "earliest", "poll_s": 0.001, "ahead": 0, **wanted}
    chosen = FollowSettings(**with_defaults)  # type: ignore[arg-type]
    return Follower(1, Nodes(nodes, 1, quorum), log, chosen, silent, ListBook(None, silent))


def catches_up(one: Follower, steps: int = 200) -> None:
    """Steps until nothing is new; an answer that changed while it was read is asked for again."""
    for _ in range(steps):
        try:
            if not one.step():
                return
        except (NodeMisbehaved, NodeUnreachable):
            continue
    raise AssertionError("still moving")


def follows(log: ListLog, until: Callable[[], bool], *nodes: Node, **wanted: object) -> None:
    """Runs a follower until something holds, for ten seconds at most."""
    stop = threading.Event()
    running = threading.Thread(target=follower(log, *nodes, **wanted).run, args=(stop,))  # type: ignore[arg-type]
    running.start()
    deadline = time.monotonic() + 10
    try:
        while not until():
            assert time.monotonic() < deadline
            assert running.is_alive()
            time.sleep(0.002)
    finally:
        stop.set()
        running.join(10)


def a_while() -> Callable[[], bool]:
    """Holds a quarter of a second from now."""
    end = time.monotonic() + 0.25
    return lambda: time.monotonic() > end
