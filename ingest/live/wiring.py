"""The command `ingest`: nodes, log and (where a folder is given) lake are wired here, and followed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

from ingest.blocks.verify import Rules
from ingest.facts.bridge_files import Bridge
from ingest.facts.disagreements import DisagreementBook
from ingest.facts.lists import ListBook
from ingest.facts.messages import MessageBook
from ingest.kafka import Cluster, HealthReporter, KafkaBeats, ingest_place
from ingest.lake.archive import archived
from ingest.lake.backfill import Backfill
from ingest.lake.bridges import check, read_beside
from ingest.lake.range_reader import RangeReader
from ingest.lake.range_workers import Facts, RangeWorker, threads
from ingest.lake.writing import LakeWriter
from ingest.live.follower import Follower, FollowSettings, Say, Start
from ingest.live.outage import despite_outages
from ingest.log.blocklog import LogWriter
from ingest.model.batch import Batch
from ingest.model.errors import NodeMisbehaved, NodeUnreachable
from ingest.model.health import NodeHealth, Vitals
from ingest.model.turns import Owner, Turns, in_turns
from ingest.nodes import Node, Nodes

__all__ = ["FollowSettings", "Start", "follow"]

LONGEST_SOURCE, LONGEST_ERROR = 200, 500
"""Characters: what is told of health stays small."""
_ATTEMPTS, _PAUSE_S, _LONGEST_PAUSE_S = 3, 0.1, 5.0


def follow(
    rpc: str,
    kafka: str,
    chain_id: int | None,
    settings: FollowSettings,
    lake: Path | None,
    stop: threading.Event,
    say: Say,
    vitals: Vitals | None = None,
) -> None:
    """Follows the nodes' chain into the log until `stop`; `vitals` count what is done. A broker that goes
    away later is waited for.

    Raises NodeUnreachable and BrokerUnreachable where none answers at the start, WrongChain, RollbackTooDeep;
    TakenOver once another process follows the chain, where this one does not stand by.
    """
    nodes = Nodes(rpc, chain_id, settings.quorum, settings.limits)
    served = _chain_of(nodes, stop)
    apart = Nodes(rpc, served, limits=settings.limits)
    vitals, owner = vitals or Vitals(), Owner.of_this_process()
    check(settings.bridges, served)
    turns = Turns(owner, settings.standby_s, say)
    instance = None if settings.standby_s is None else owner.instance

    def session(connected: Callable[[], None]) -> None:
        cluster = Cluster(kafka)
        cluster.expect_rights("ingest")
        place = ingest_place(served, cluster.partition_of(served, create=True))
        told = HealthReporter(
            kafka, "ingest", served, vitals, lambda: node_health(nodes.all()), instance=instance
        )
        vitals.standing = "active" if settings.standby_s is None else "standby"
        with told:
            if turns.await_one(lambda: KafkaBeats(kafka, place), stop, connected):
                vitals.standing = "active"
                follow_in_turn(connected)

    def follow_in_turn(connected: Callable[[], None]) -> None:
        book, log = ListBook(settings.facts, say), LogWriter(kafka, served, vitals, owner)
        disagreements = DisagreementBook(say)
        ended = False
        try:
            book.remember(log.lists())
            recent = log.recent() if lake is not None or settings.bridges else []
            messages = _message_book(settings.bridges, recent, log, say)
            for batch in recent:
                disagreements.remember(batch.disagreements)
                messages.remember(batch.messages)
            del recent

            def known(first: int, last: int) -> Facts:
                return {
                    "lists": book.told(first, last),
                    "disagreements": disagreements.told(first, last),
                    "messages": messages.told(first, last),
                }

            Cluster(kafka).check_replication("ingest", say)
            connected()
            head = log.headers.head
            at = f"beginning at {settings.start}" if head is None else f"going on after block {head.number}"
            say(f"ingest: chain {served} from {nodes.source} into {kafka}, {at}")
            beside = _beside(served, apart, log, settings, lake, stop, say, known)
            with beside, read_beside(messages, served, stop, say):
                Follower(served, nodes, log, settings, say, book, vitals, disagreements, messages).run(stop)
            ended = True
        finally:
            log.close(ended)

    nodes.listen()
    try:
        in_turns(turns, lambda: despite_outages(session, stop, say), stop, say)
    finally:
        nodes.close()
        apart.close()


def _message_book(
    bridges: tuple[Bridge, ...], recent: Sequence[Batch], log: LogWriter, say: Say
) -> MessageBook:
    """What is due by the time of the oldest of `recent` was told: where the log begins with it, in it."""
    begins = log.headers.from_start and log.headers.oldest
    if not recent or (begins and recent[0].first == begins.number):
        return MessageBook(bridges, say)
    return MessageBook(bridges, say, int(recent[0].blocks["timestamp"][0]))


def node_health(nodes: Sequence[Node]) -> list[NodeHealth]:
    """Of each node, what is known of it, with nothing in it that is a secret."""
    return [_node_health(node) for node in nodes]


def _node_health(node: Node) -> NodeHealth:
    known = node.health
    return NodeHealth(
        source=node.source[:LONGEST_SOURCE] or "unnamed",
        latency_ms=None if known.latency_s is None else round(1_000 * known.latency_s, 3),
        answers=known.answers,
        failures=known.failures,
        lies=known.lies,
        head=known.head,
        last_error=None if known.last_error is None else str(known.last_error)[:LONGEST_ERROR],
    )


def _chain_of(nodes: Nodes, stop: threading.Event) -> int:
    """The chain that is followed. Nodes that do not answer, or not well, are asked again, a few times."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return nodes.chain_id()
        except (NodeUnreachable, NodeMisbehaved):
            stop.wait(min(max(_PAUSE_S, nodes.pause_s), _LONGEST_PAUSE_S))
    return nodes.chain_id()


def _beside(
    served: int, nodes: Nodes, log: LogWriter, settings: FollowSettings, lake: Path | None,
    stop: threading.Event, say: Say, known: Callable[[int, int], Facts],
) -> AbstractContextManager[None]:  # fmt: skip
    """The lake that is kept beside the log, where one is."""
    if lake is None:
        return nullcontext()
    writer = LakeWriter(lake)
    rules = Rules(settings.verify, settings.check_senders)
    reader = RangeReader(served, nodes, rules, say, settings.traces, settings.wrapped)
    crew = partial(threads, RangeWorker(reader, writer, threading.Lock()))
    copy = Backfill(served, nodes, writer, crew, known)
    return archived(served, copy, writer, log.headers, stop, settings.lake_every, say)
