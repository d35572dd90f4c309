"""`make bench`: the demo's own load. Latency from node to alert, transfers a second in batch, memory.

Figures stand beside a peer measured in the same run, because machines are shared and noisy: read the ratios.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ingest.localchain.chain.chain import fork, origin
from ingest.localchain.play.deploying import ensure_world
from ingest.machine import broker, tools
from tests.bench.batch import batch_table
from tests.bench.live import live_tables
from tests.fixtures.pipeline import Pipeline

CHAIN_ID = 31337


def main() -> None:
    """Prints three tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--blocks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--block-seconds", type=float, default=0.5, help="real pace of the blocks")
    wanted = parser.parse_args()
    tools.ensure(lambda _line: None)
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        kafka = running.enter_context(broker.running(folder / "kafka"))
        source = running.enter_context(origin(ensure_world))
        node = running.enter_context(fork(source.url))
        pipeline = Pipeline(node.url, CHAIN_ID, kafka, folder, first=1)
        running.callback(pipeline.ends)
        for lines in live_tables(pipeline, wanted.blocks, wanted.seed, wanted.block_seconds):
            show(lines)
        show(batch_table(pipeline))


def show(lines: Sequence[Sequence[str]]) -> None:
    """A table: the first line is its head, the first column is text."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        first, *rest = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *rest]))
    print(flush=True)


if __name__ == "__main__":
    main()
