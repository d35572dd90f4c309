"""`python -m tests.bench.engine.decoding`: the one pass over logs beside the functions on frames, in one run.

The blocks are eleven consecutive ones of mainnet, where they were recorded beside the checkout, else made.
Figures are medians of five rounds, in processor time (of all threads): machines are shared and noisy, and who
takes longer waits longer for others. Read the ratios.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import cycle, islice

import polars as pl

from detectors.kernels.decoding import Room, decode
from ingest import decode as frames
from ingest.blocks import frames as answered
from ingest.decode.shapes import signature
from ingest.model.batch import Batch
from tests.bench.__main__ import show
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.mainnet import DATA, recorded_block

RECORDED = range(17686110, 17686121)
MANY, ROUNDS, CALLS = 100, 5, 20


def main() -> None:
    """Prints a table: one block at a time, and a hundred at once."""
    blocks = recorded() or made()
    many = renumbered(blocks, MANY)
    decode(blocks[0])
    lines = [["", "transfers", "logs", "us a transfer", "ms a block", "times today's"]]
    lines += compared("one block a batch", blocks, len(blocks))
    lines += compared(f"{MANY} blocks a batch", [many], MANY)
    show(lines)


def compared(title: str, batches: list[Batch], blocks: int) -> list[list[str]]:
    """Today's functions and the one pass over the same batches."""
    room = Room()
    calls = max(CALLS // len(batches), 1)
    today = seconds(lambda: [frame for batch in batches for frame in all_frames(batch)])
    passed = seconds(lambda: [decode(batch, room) for batch in batches], calls)
    transfers = sum(batch.transfers.height for batch in batches)
    logs = sum(batch.logs.height for batch in batches)
    return [
        [
            f"{title}: {who}",
            f"{transfers:,}",
            f"{logs:,}",
            f"{1e6 * took / transfers:.3f}",
            f"{1e3 * took / blocks:.3f}",
            f"{today / took:.1f}",
        ]
        for who, took in (("functions on frames", today), ("one pass", passed))
    ]


def all_frames(batch: Batch) -> list[pl.DataFrame]:
    """All fourteen families, decoded anew."""
    moved = frames.transfers(
        batch.blocks, batch.transactions, batch.logs, batch.wrapped_natives, batch.traces
    )
    return [moved, *(decoder(batch.blocks, batch.logs) for decoder in frames.EVENTS.values())]


def seconds(work: Callable[[], object], calls: int = 1) -> float:
    """The median of some rounds, each the mean of some calls, after one that does not count."""
    work()
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(calls):
            work()
        rounds.append((time.process_time() - start) / calls)
    return statistics.median(rounds)


def recorded() -> list[Batch]:
    """Each recorded block as a batch; none where they are not beside the checkout."""
    names = [f"mainnet/{number}.json.gz" for number in RECORDED]
    if not all((DATA / name).exists() for name in names):
        return []
    return [answered.batch(1, [recorded_block(name)], ["none"]) for name in names]


def made() -> list[Batch]:
    """Blocks of 60 swaps through a pool, 80 other transfers and 40 payments."""
    alice, bob, pool, token = (address(name) for name in ("alice", "bob", "pool", "token"))
    sync = signature("Sync(uint112,uint112)")
    swap = signature("Swap(address,uint256,uint256,uint256,uint256,address)")
    chain = ChainBuilder()
    for _ in RECORDED:
        chain.block()
        for amount in range(60):
            with chain.transaction(alice, pool):
                chain.erc20(token, alice, pool, amount)
                chain.log(pool, (sync,), word(amount) + word(amount))
                chain.log(pool, (swap, word(alice), word(bob)), word(amount) * 4)
        for amount in range(80):
            chain.erc20(token, alice, bob, amount)
        for amount in range(40):
            chain.native(alice, bob, amount + 1)
    return chain.batches()


def renumbered(blocks: list[Batch], count: int) -> Batch:
    """So many blocks in a row, the given ones again and again, in frames without seams."""
    numbered = []
    for at, block in enumerate(islice(cycle(blocks), count)):
        number = pl.lit(at, pl.UInt64).alias("block_number")
        numbered.append(
            [frame.with_columns(number) for frame in (block.blocks, block.transactions, block.logs)]
        )
    return Batch(*(pl.concat(frames).rechunk() for frames in zip(*numbered, strict=True)))


if __name__ == "__main__":
    main()
