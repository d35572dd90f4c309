"""Reads the other chains of bridges: beside the live work in threads of their own, for history at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import polars as pl

from ingest import schema
from ingest.facts.bridge_files import Bridge
from ingest.facts.crossings import crossings
from ingest.facts.messages import MessageBook
from ingest.model.errors import BadInput, NodeMisbehaved, NodeUnreachable, WrongChain
from ingest.nodes import FinalBlocks, Nodes

Say = Callable[[str], None]

_POLL_S, _PAUSE_S, _LONGEST_PAUSE_S = 0.2, 0.5, 5.0
_EARLIER_S = 3_600
"""Of the other chain's blocks so much before what is needed is read again: clocks differ."""


def check(bridges: Sequence[Bridge], chain_id: int) -> None:
    """Raises BadInput for a bridge whose other chain is this one."""
    for bridge in bridges:
        if bridge.chain_id == chain_id:
            raise BadInput(
                f"bridge {bridge.name}: there.chain_id is {chain_id}, the chain that is read: name the other"
            )


@contextmanager
def read_beside(
    book: MessageBook, chain_id: int, stop: threading.Event, say: Say
) -> Iterator[None]:  # fmt: skip
    """Reads every bridge's other chain into `book` while the block runs."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=_follow, args=(bridge, book, chain_id, (stop, ended), say), daemon=True)
        for bridge in book.bridges
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(_LONGEST_PAUSE_S)


def _follow(
    bridge: Bridge, book: MessageBook, chain_id: int, stops: tuple[threading.Event, ...], say: Say
) -> None:  # fmt: skip
    """Until one of `stops` is set. What is wrong is said once, and tried again."""
    nodes = Nodes(bridge.rpc, bridge.chain_id)
    blocks = FinalBlocks(nodes, bridge.chain_id, bridge.first_there, bridge.confirmations)
    trouble, sought = "", book.floor < 0
    try:
        while not any(stop.is_set() for stop in stops):
            try:
                if not sought:
                    blocks.seek(_begin(bridge, book.floor))
                    sought = True
                batch = blocks.step()
            except (NodeUnreachable, NodeMisbehaved, WrongChain) as error:
                if str(error) != trouble:
                    trouble = str(error)
                    say(f"bridge {bridge.name}: {trouble}")
                stops[-1].wait(min(_LONGEST_PAUSE_S, max(_PAUSE_S, nodes.pause_s)))
                continue
            if batch is None:
                stops[-1].wait(_POLL_S)
                continue
            trouble = ""
            book.arrive(bridge, crossings(batch, bridge, "there", chain_id), blocks.time)
    finally:
        nodes.close()


def read_history(
    bridges: Sequence[Bridge], chain_id: int, floor: int, until: int, stop: threading.Event, say: Say
) -> pl.DataFrame:
    """What is told of bridges with blocks whose time is above `floor` (-1: from the beginning on) and not
    above `until`, in no block yet.

    Raises BadInput where another chain is not final as far as that, and its file's wait is over; what
    reading its nodes raises.
    """
    parts = [schema.MESSAGES.empty()]
    for bridge in bridges:
        nodes = Nodes(bridge.rpc, bridge.chain_id)
        try:
            blocks = FinalBlocks(nodes, bridge.chain_id, bridge.first_there, bridge.confirmations)
            if floor >= 0:
                blocks.seek(_begin(bridge, floor))
            parts += _history(bridge, blocks, chain_id, until, stop)
        finally:
            nodes.close()
        say(f"backfill: bridge {bridge.name}: chain {bridge.chain_id} is read")
    due = pl.col("due_time")
    return pl.concat(parts).filter((due > floor) & (due <= until)) if floor >= 0 else pl.concat(parts)


def _history(
    bridge: Bridge, blocks: FinalBlocks, chain_id: int, until: int, stop: threading.Event
) -> list[pl.DataFrame]:  # fmt: skip
    parts, waited_from = list[pl.DataFrame](), time.monotonic()
    while blocks.time + bridge.finality_s + bridge.delay_s <= until and not stop.is_set():
        batch = blocks.step()
        if batch is not None:
            parts.append(crossings(batch, bridge, "there", chain_id))
            waited_from = time.monotonic()
        elif time.monotonic() - waited_from > bridge.wait_s:
            raise BadInput(
                f"bridge {bridge.name}: chain {bridge.chain_id} is final up to the time {blocks.time} only, "
                f"and blocks up to {until} need it up to {until - bridge.finality_s - bridge.delay_s}: wait, "
                "or give a lower --to-block"
            )
        else:
            stop.wait(_POLL_S)
    return parts


def _begin(bridge: Bridge, floor: int) -> int:
    return floor - bridge.finality_s - bridge.delay_s - _EARLIER_S
