"""Node divergence: nodes that lie, leave out and fall back; and nodes that are only behind, or on a fork."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from detectors.library.node_divergence import node_id
from tests.contract.story import Story, attack, dealt, honest, rests
from tests.fixtures.frames import ChainBuilder

LOG_MISSING = "log 7 is missing before log 8 of receipt 3 (0x01), at 0x02"
SAID = {
    "left out": ("logs", LOG_MISSING, None),
    "other receipts": ("receipts", "its receipts hash to 0x01, its header says 0x02", None),
    "other numbering": ("logs", "log 9 of receipt 2 (0x01) stands where log 4 belongs", None),
    "other header": ("header", "its header does not hash to 0x01 but to 0x02", None),
    "transactions": ("transactions", "its transactions hash to 0x01, its header says 0x02", None),
    "final back": ("final", "parts from the log at block 3, below the finalised block 40", 40),
    "deep fork": ("hash", "block 0x01", 30),
    "other chain": ("chain", "serves chain 5, not chain 1", None),
    "again": ("receipts", "its receipts hash to 0x01, its header says 0x02", None),
    "alone": ("receipts", "its receipts hash to 0x01, its header says 0x02", None),
}
HARMLESS = {
    "reorganisation": ("hash", "block 0x01", 2),
    "mixed": ("fork", "receipt 0 is of block 0x01, not 0x02", None),
    "six deep": ("hash", "block 0x01", 6),
    "unknown": ("something", "what a later version tells of", None),
}


def positives(seed: int) -> list[Story]:
    """Ten, a node each."""
    return [_told(name, rng, SAID) for name, rng, _ in dealt(seed, *SAID)]


def hard_negatives(seed: int) -> list[Story]:
    return [_told(name, rng, HARMLESS) for name, rng, _ in dealt(seed, *HARMLESS)]


def _told(name: str, rng: Random, said: dict[str, tuple[str, str, int | None]]) -> Story:
    kind, node = name.rsplit(" ", 1)[0], f"http://node-{name.replace(' ', '-')}"
    what, answer, depth = said[kind]
    other = None if kind == "alone" else "http://honest"

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from rests(rng, 2)
        for _ in range(3 if kind == "again" else 1):
            chain.disagrees(node, what, None, other, depth, answer)
            yield

    if said is SAID:
        return attack(name, acts, node_id(node), victims=[node_id("http://honest")])
    return honest(name, acts, [node_id(node), node_id("http://honest")])
