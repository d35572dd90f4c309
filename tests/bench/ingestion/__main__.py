"""`make bench-ingest`: how fast blocks come in, beside everybody who does the same, from the same anvil.

Figures stand beside the peers' because machines are shared and noisy: read the ratios. Peers that only read
logs (cryo logs, web3.py, ethereum-etl) do less than the ingester, which reads and proves whole blocks.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ingest.lake.reading import Lake
from ingest.machine import broker, tools
from tests.bench.__main__ import show
from tests.bench.ingestion.chain import BenchChain, bench_chain
from tests.bench.ingestion.kafka_rows import kafka_table
from tests.bench.ingestion.latency import latency_table
from tests.bench.ingestion.readers import Reading, follower, measured, readers
from tests.bench.ingestion.stages import stages_table

Lines = list[list[str]]

CHAIN_ID, STAGES_CHAIN, OTHER_CHAIN = 31337, 31338, 31339
BLOCKS_A_PUBLISH = 250
PEERS = ("cryo 0.3.2, blocks, transactions, logs", "ethereum-etl 2.4.2, token transfers")
"""Whom the others are divided by: cryo where it reads the same three tables."""


def main() -> None:
    """Prints five tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ingestion", description=__doc__)
    parser.add_argument("--blocks", type=int, default=3000)
    parser.add_argument("--transactions", type=int, default=30, help="transactions of a block")
    parser.add_argument("--transfers", type=int, default=10, help="transfers of a transaction")
    parser.add_argument("--live-blocks", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=2, help="each reader's best of so many counts")
    wanted = parser.parse_args()
    tools.ensure(lambda _line: None)
    with tempfile.TemporaryDirectory() as temporary, bench_chain() as chain:
        folder = Path(temporary)
        for _ in range(wanted.blocks):
            chain.queue(wanted.transactions, wanted.transfers)
            chain.mine()
        logs = wanted.blocks * wanted.transactions * wanted.transfers
        show(_reading_table(chain, wanted.blocks, logs, wanted.rounds, folder))
        with broker.running(folder / "kafka") as kafka:
            lake = Lake.open(folder / "on-0")
            batches = list(lake.batches(CHAIN_ID, blocks=BLOCKS_A_PUBLISH))
            show(kafka_table(kafka, OTHER_CHAIN, batches, wanted.rounds))
            show(_following_table(chain, kafka, wanted.blocks, logs, folder))
            show(latency_table(chain, kafka, CHAIN_ID, folder, wanted.live_blocks, 150))
            show(stages_table(chain, kafka, STAGES_CHAIN, folder, chain.head))


def _reading_table(chain: BenchChain, blocks: int, logs: int, rounds: int, folder: Path) -> Lines:
    """The best of some rounds of each reader: it is what a shared machine disturbs least."""
    best: dict[str, tuple[float, Reading]] = {}
    for round_ in range(rounds):
        for reader in readers(chain.url, 1, blocks, folder, round_):
            reading = measured(reader, folder / "reader.log")
            if reading is None:
                continue
            rate = logs * reader.share / reading.seconds
            if rate > best.get(reader.name, (0.0, reading))[0]:
                best[reader.name] = (rate, reading)
    head = [f"{blocks:,} blocks, {logs:,} transfer logs", "logs/s", "/ cryo", "/ etl", "CPU s", "peak MB"]
    peers = [best[name][0] if name in best else 0.0 for name in PEERS]
    return [head, *(_line(name, rate, peers, reading) for name, (rate, reading) in best.items())]


def _following_table(chain: BenchChain, kafka: str, blocks: int, logs: int, folder: Path) -> Lines:
    reading = measured(follower(chain.url, kafka, 1, blocks), folder / "reader.log")
    assert reading is not None, "the same blocks could not be brought into Kafka"
    rate = f"{logs / reading.seconds:,.0f}"
    return [
        ["the same blocks from node to Kafka", "logs/s", "CPU s", "peak MB"],
        ["undertow ingest, from far behind", rate, f"{reading.cpu_s:.1f}", f"{reading.peak_mb:.0f}"],
    ]


def _line(name: str, rate: float, peers: Sequence[float], reading: Reading) -> list[str]:
    ratios = [f"{rate / peer:.2f}" if peer else "-" for peer in peers]
    return [name, f"{rate:,.0f}", *ratios, f"{reading.cpu_s:.1f}", f"{reading.peak_mb:.0f}"]


if __name__ == "__main__":
    main()
