"""Publishes what waits at a node, beside `ingest`: a picture on each new head, and where the pool changed, as
far as the budget allows. Nothing of it comes into the log, and no trouble of it holds up blocks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.kafka import PENDING, Cluster, Publisher
from ingest.kafka.rights import MEMPOOL
from ingest.live.mempool.picture import Mempool, Say
from ingest.live.mempool.spending import Spending
from ingest.log.pending_records import encode
from ingest.model.errors import BrokerUnreachable, TakenOver, UndertowError

EVERY_S = 0.5
"""How often the pool is read at most; after one that took longer it rests for as long."""


@contextmanager
def watched(
    mempool: Mempool, kafka: str, stop: threading.Event, say: Say, spending: Spending
) -> Iterator[None]:
    """Publishes what waits for as long as the context lasts, from a thread of its own."""
    ended = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(mempool, kafka, stop, ended, say, spending), name="mempool", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)
        mempool.close()


def _watch(
    mempool: Mempool, kafka: str, stop: threading.Event, ended: threading.Event, say: Say, spending: Spending
) -> None:
    """Trouble is said once, and what failed is tried again; blocks go on without it. A broker that is away is
    what `ingest` itself speaks of.
    """
    told = ""
    while not stop.is_set() and not ended.is_set():
        try:
            _publish_all(mempool, kafka, stop, ended, spending)
        except TakenOver as error:
            say(f"mempool: {error}; blocks go on")
            return  # somebody else shows what waits
        except UndertowError as error:
            if str(error) != told and not isinstance(error, BrokerUnreachable):
                say(f"mempool: {error}; blocks go on")
            told = str(error)
            ended.wait(EVERY_S)


def _publish_all(
    mempool: Mempool, kafka: str, stop: threading.Event, ended: threading.Event, spending: Spending
) -> None:
    """From the chain's first block in the log on; begins with a picture of what waits now."""
    cluster = Cluster(kafka)
    while mempool.chain_id not in cluster.chains():
        if stop.is_set() or ended.wait(EVERY_S):
            return
    partition = cluster.room_for_pending(mempool.chain_id)
    mempool.begin()
    key = str(mempool.chain_id).encode()
    with Publisher(kafka, f"{MEMPOOL}{mempool.chain_id}") as publisher:
        while not stop.is_set() and not ended.is_set():
            began = time.monotonic()
            if spending.allows_a_look() and (made := mempool.picture()) is not None:
                with publisher.transaction():
                    for value in encode(made.head, made.batch):
                        publisher.send(PENDING, partition, key, value)
            ended.wait(max(EVERY_S, time.monotonic() - began))
