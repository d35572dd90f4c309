"""What a block costs a role: processor time, questions to nodes, bytes, and joules by a stated model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.model.health import Health

WATTS = 10.0
"""Of one busy core of a server: what joules are estimated by, and said beside them. Who waits costs none."""


@dataclass(frozen=True, slots=True)
class BlockCost:
    """Means over the `blocks` that a role has done since it started."""

    blocks: int
    cpu_s: float
    answers: float
    bytes: float
    joules: float


def block_cost(record: Health) -> BlockCost | None:
    """None of a role that has done no block. What it took to start is in it."""
    blocks = blocks_done(record)
    if not blocks:
        return None
    cpu_s = record.cpu_s / blocks
    size = record.counts.get("bytes", 0) / blocks
    return BlockCost(blocks, cpu_s, answers_of(record) / blocks, size, cpu_s * WATTS)


def blocks_done(record: Health) -> int:
    return blocks_counted(record.counts)


def blocks_counted(counts: Mapping[str, int]) -> int:
    """Ingest counts them by how they were proved, the others as they are."""
    return sum(count for name, count in counts.items() if name.split(" ")[0] == "blocks")


def answers_of(record: Health) -> int:
    """What nodes were asked, and answered or not."""
    return sum(node.answers + node.failures for node in record.nodes)
