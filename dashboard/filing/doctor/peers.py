"""What undertow works with, where it is named: nodes, Kafka, store and lake. Nothing is written there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from dashboard.filing.doctor.found import Found, answered
from dashboard.store import open_reader
from ingest.blocks.times import seconds
from ingest.kafka import Cluster
from ingest.lake.reading import Lake
from ingest.model.errors import BadInput, NodeMisbehaved, UndertowError
from ingest.model.redact import redact
from ingest.nodes.node import Node

AHEAD_S, OLD_S = 15, 600
"""A newest block of later, or of so long ago: a clock is wrong, or the node does not follow its chain."""
LAST = 3
"""Blocks below the head that are looked at: a node behind a balancer may not have the newest one."""


def node(url: str) -> Iterator[Found]:
    """Which chain it serves, how far it is, what it calls final, and whether it gives receipts and calls."""
    name = f"node {redact(url)}"
    try:
        opened = Node(url)
    except UndertowError as error:
        yield Found(name, "broken", " ".join(str(error).split()))
        return
    with closing(opened):
        first = answered(name, lambda: f"chain {opened.chain_id()}, head {opened.head().height:,}")
        yield first
        if first.state != "ok":
            return
        yield _time(name, opened)
        yield answered(f"{name} final", lambda: _final(opened))
        yield answered(f"{name} blocks", lambda: _blocks(opened))
        yield _calls(name, opened)


def _time(name: str, opened: Node) -> Found:
    """Held against this machine's clock."""
    try:
        old = time.time() - seconds(opened.head().timestamp)
    except (UndertowError, ValueError) as error:
        return Found(f"{name} time", "broken", " ".join(str(error).split()))
    if old < -AHEAD_S:
        words, mend = (
            f"its newest block is of {-old:,.0f} s from now",
            "set this machine's clock right, by NTP",
        )
        return Found(f"{name} time", "notice", words, f"{mend}, unless it is a chain for tests")
    if old > OLD_S:
        words, mend = f"its newest block is {old:,.0f} s old", "look whether it still follows its chain"
        return Found(f"{name} time", "notice", words, f"{mend}, and at this machine's clock")
    return Found(f"{name} time", "ok", f"its newest block is {old:,.0f} s old")


def _final(opened: Node) -> str:
    told = opened.finalised()
    if told is None:
        return "calls nothing final: --finality says how many blocks on top are enough"
    return f"calls block {told:,} final"


def _blocks(opened: Node) -> str:
    number = _looked_at(opened)
    answers = opened.fetch(number, number)
    if not answers:
        raise NodeMisbehaved(f"block {number:,} or its receipts are not there: ask again in a moment")
    return f"gives block {number:,} with {len(answers[0].receipts):,} receipts"


def _calls(name: str, opened: Node) -> Found:
    """Nodes may lack them: what rests on calls says so then."""
    told, why = None, "it has no such method"
    try:
        number = _looked_at(opened)
        if (header := opened.header(number)) is not None:
            (told,) = opened.traces([(number, header.id)])
    except UndertowError as error:
        why = " ".join(str(error).split())
    if told is None:
        return Found(
            f"{name} calls", "ok", f"gives no calls inside of transactions ({why}): run without --traces"
        )
    return Found(
        f"{name} calls", "ok", f"gives {len(told):,} calls of block {number:,}: --traces can be given"
    )


def _looked_at(opened: Node) -> int:
    return max(0, opened.head().height - LAST)


def kafka(bootstrap: str) -> Found:
    def told() -> str:
        cluster = Cluster(bootstrap)
        cluster.check()
        cluster.expect_rights("status")
        if found := cluster.replication_faults("status"):
            raise BadInput("; ".join(found))
        chains = ", ".join(map(str, sorted(cluster.chains()))) or "none yet"
        return f"answers at {bootstrap}; chains published: {chains}"

    return answered("broker", told)


def store(url: str) -> Found:
    def told() -> str:
        with closing(open_reader(url)) as reader:
            heads = [f"chain {each.chain_id} to block {each.block_number}" for each in reader.heads()]
        return f"{redact(url)} is read; filed: {', '.join(heads) or 'nothing yet'}"

    return answered("store", told)


def lake(folder: Path) -> Found:
    def told() -> str:
        opened = Lake.open(folder)
        spans = (f"chain {each}: {_spans(opened, each)}" for each in opened.chain_ids())
        return f"{folder} is read; {'; '.join(spans) or 'no block yet'}"

    return answered("lake", told)


def _spans(opened: Lake, chain_id: int) -> str:
    """The stretches of blocks without a gap."""
    whole: list[list[int]] = []
    for each in opened.ranges(chain_id):
        if whole and each.first == whole[-1][1] + 1:
            whole[-1][1] = each.last
        else:
            whole.append([each.first, each.last])
    return ", ".join(f"{first:,} to {last:,}" for first, last in whole)
