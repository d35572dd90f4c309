"""Where the time goes: what a backfill does for each log, and what lies between a block and its record."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from ingest.blocks import frames
from ingest.blocks.answers import Answer, TransactionAnswer
from ingest.blocks.proof import prove
from ingest.blocks.senders import recovered
from ingest.blocks.transactions import Whole, prove_transactions
from ingest.facts.reader import FactReader
from ingest.lake.writing import LakeWriter
from ingest.log.blocklog import LogWriter
from ingest.model.batch import Batch, concat
from ingest.nodes import BLOCKS_A_REQUEST, Node
from tests.bench.ingestion.chain import BenchChain

T = TypeVar("T")
Lines = list[list[str]]

GENERATOR = "0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
"""A number that is the first coordinate of a point of secp256k1, as `r` of every signature is."""

STEP, LIVE = 100, 20
"""Blocks whose events a backfill decodes together; blocks of which a live one's times are the median."""


def stages_table(chain: BenchChain, kafka: str, chain_id: int, folder: Path, last: int) -> Lines:
    """Both in one process that has nothing else to do. The newest `LIVE` blocks up to `last` are the live
    ones, the first of the chain the history.
    """
    history, live = _history(chain, chain_id, folder), _live(chain, kafka, chain_id, last)
    return [
        ["where the time goes", "backfill, CPU us a log", "live, ms a block"],
        *([name, f"{history[name]:.2f}", f"{live[name]:.1f}"] for name in history),
    ]


def _history(chain: BenchChain, chain_id: int, folder: Path) -> dict[str, float]:
    """Microseconds of processor time of each stage for each log."""
    node, clock = Node(chain.url), _Clock(time.process_time)
    starts = range(1, STEP, BLOCKS_A_REQUEST)
    answers = [clock.takes("answer as objects", partial(_fetch, node, first)) for first in starts]
    batches = [_batch(clock, chain_id, some) for some in answers]
    whole = concat(batches)
    clock.takes("events and facts", lambda: FactReader(node.call, node.codes).complete(whole).transfers)
    clock.takes("written or committed", lambda: LakeWriter(folder / "stages").write(whole))
    return {name: 1e6 * seconds / whole.logs.height for name, seconds in clock.seconds.items()}


def _live(chain: BenchChain, kafka: str, chain_id: int, last: int) -> dict[str, float]:
    """Milliseconds of each stage, the median of some blocks."""
    node, writer = Node(chain.url), LogWriter(kafka, chain_id)
    facts = FactReader(node.call, node.codes)
    clocks: list[_Clock] = []
    for number in range(last - LIVE + 1, last + 1):
        clock = _Clock(time.perf_counter)
        answers = clock.takes("answer as objects", partial(node.fetch, number, number))
        batch = _batch(clock, chain_id, answers)
        batch = clock.takes("events and facts", partial(facts.complete, batch))
        facts.remember(batch)
        clock.takes("written or committed", partial(writer.publish, [batch]))
        clocks.append(clock)
    writer.close()
    return {
        name: 1000 * statistics.median(clock.seconds[name] for clock in clocks) for name in clocks[0].seconds
    }


def _fetch(node: Node, first: int) -> list[Answer]:
    return node.fetch(first, first + BLOCKS_A_REQUEST - 1)


def _batch(clock: _Clock, chain_id: int, answers: list[Answer]) -> Batch:
    proofs = clock.takes("proof", lambda: [prove(answer, "") for answer in answers])
    clock.takes(
        "transactions root", lambda: [prove_transactions(answer, "", Whole(), chain_id) for answer in answers]
    )
    clock.takes("senders (on request)", lambda: [_recover(answer) for answer in answers])
    return clock.takes("columns", lambda: frames.batch(chain_id, answers, proofs))


def _recover(answer: Answer) -> int:
    """Development nodes leave signatures out: what takes the time is the same for one that is made up."""
    return sum(recovered(_scribbled(sent)) is not None for sent in answer.block.transactions)


def _scribbled(sent: TransactionAnswer) -> TransactionAnswer:
    return msgspec.structs.replace(sent, r=GENERATOR, s="0x1")


class _Clock:
    """Adds up what each stage took."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.seconds: dict[str, float] = {}

    def takes(self, stage: str, work: Callable[[], T]) -> T:
        start = self._now()
        result = work()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + self._now() - start
        return result
