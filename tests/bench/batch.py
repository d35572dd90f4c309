"""The batch part of the bench: transfers a second from lake to book, beside a plain networkx window."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable

import networkx as nx

from detectors.registry import detectors
from detectors.runs.over_lake import LakeRun
from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from ingest.model.batch import Batch
from ingest.nodes import Nodes
from tests.fixtures.pipeline import Pipeline

Lines = list[list[str]]

WINDOW_S = 1800
BATCHES = (1, 10, 100)
ROUNDS = 3


def batch_table(pipeline: Pipeline) -> Lines:
    """Backfills what was played and judges it in batches of several sizes; the best of a few rounds each."""
    path = pipeline.folder / "bench-lake"
    head = int(Nodes(pipeline.url).head().number, 16)
    backfill(
        pipeline.url, None, BackfillSettings(1, head), path, threading.Event(), lambda _: None, lambda _: None
    )
    lake = Lake.open(path)
    transfers = sum(batch.transfers.height for batch in lake.batches(pipeline.chain_id))
    peer = min(networkx_seconds(lake, pipeline.chain_id) for _ in range(ROUNDS))
    lines = [["batch", "transfers", "transfers/s", "/ peer"]]
    lines.append(
        ["peer: networkx, fan-in and fan-out only", str(transfers), f"{transfers / peer:,.0f}", "1.00"]
    )
    for blocks in BATCHES:
        best = min(judged_seconds(lake, pipeline.chain_id, blocks) for _ in range(ROUNDS))
        name = f"lake to book, {blocks} blocks a batch"
        lines.append([name, str(transfers), f"{transfers / best:,.0f}", f"{peer / best:.2f}"])
    return lines


def judged_seconds(lake: Lake, chain_id: int, blocks: int) -> float:
    start = time.perf_counter()
    LakeRun(lake, chain_id, detectors(), blocks=blocks).run(None, None, lambda _: None)
    return time.perf_counter() - start


def networkx_seconds(lake: Lake, chain_id: int) -> float:
    start = time.perf_counter()
    in_networkx(lake.batches(chain_id, blocks=100))
    return time.perf_counter() - start


def in_networkx(batches: Iterable[Batch]) -> None:
    """What a plain pipeline does: a rolling multigraph, and the degrees of both ends at every transfer."""
    graph, window = nx.MultiDiGraph(), deque[tuple[int, bytes, bytes, int]]()
    for batch in batches:
        columns = ("timestamp", "from_address", "to_address")
        for now, sender, payee in batch.transfers.select(columns).iter_rows():
            while window and window[0][0] < now - WINDOW_S:
                graph.remove_edge(*window.popleft()[1:])
            window.append((now, sender, payee, graph.add_edge(sender, payee)))
            len(set(graph.successors(sender))), len(set(graph.predecessors(payee)))
