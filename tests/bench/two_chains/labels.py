"""The truth about the world, as `undertow simulate` writes it: stories of the bridge, and turns of nodes."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.library.node_divergence import node_id
from ingest.model.redact import redact
from tests.bench.two_chains.crossings import Told
from tests.bench.two_chains.sides import Sent

DUE_S = 120
"""How long after its block a message of the other chain is told, see `playing`."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A story that is over."""

    id: str
    kind: str
    variant: str
    told: Told

    def to_dict(self, here: frozenset[str], blocks: Mapping[int, int]) -> dict[str, Any]:
        """What was done on the other side has the block of this chain with which it is told. `blocks`:
        numbers by time.
        """
        where = {
            sent.hash: sent.block if sent.hash in here else _told(sent, blocks) for sent in self.told.done
        }
        harm = self.told.harm
        parts = {
            "attacker": self.told.attackers, "victim": self.told.victims,
            "intermediary": self.told.intermediaries, "infrastructure": self.told.infrastructure,
        }  # fmt: skip
        return {
            "id": self.id,
            "category": "bridge-mismatch",
            "kind": self.kind,
            "first_block": min(where.values()),
            "last_block": max(where.values()),
            "harm_block": None if harm is None else where[harm.hash],
            "loss_usd": 0.0,
            "transactions": list(where),
            "roles": [{"address": who, "role": role} for role, people in parts.items() for who in people],
            "variant": self.variant,
            "succeeded": True,
            "also": [],
            "note": f"{self.variant}: {self.told.note}",
        }


def _told(sent: Sent, blocks: Mapping[int, int]) -> int:
    times = sorted(blocks)
    return blocks[times[min(bisect_left(times, sent.time + DUE_S), len(times) - 1)]]


@dataclass(frozen=True, slots=True)
class Node:
    """A node's turn: what it did, and from which block to which it may be told of."""

    kind: str
    variant: str
    url: str
    first_block: int
    last_block: int

    def to_dict(self, number: int) -> dict[str, Any]:
        """It has no transactions: what it said is on no chain."""
        who = "0x" + node_id(redact(self.url)).hex()
        return {
            "id": f"node-divergence-{self.kind.replace('_', '-')}-{number:03d}",
            "category": "node-divergence",
            "kind": self.kind,
            "first_block": self.first_block,
            "last_block": self.last_block,
            "harm_block": None,
            "loss_usd": 0.0,
            "transactions": [],
            "roles": [{"address": who, "role": "subject"}],
            "variant": self.variant,
            "succeeded": True,
            "also": [],
            "note": f"{self.variant}: a node at {redact(self.url)}",
        }


def write(
    path: Path, head: tuple[int, int, int, int], stories: Sequence[Labelled], nodes: Sequence[Node],
    here: frozenset[str], blocks: Mapping[int, int],
) -> None:  # fmt: skip
    """The header (chain id, first and last block, seed), then a line each."""
    chain_id, first, last, seed = head
    lines: list[dict[str, Any]] = [
        {
            "chain_id": chain_id, "first_block": first, "last_block": last, "unlabelled": "honest",
            "seed": seed,
        }
    ]  # fmt: skip
    lines += [story.to_dict(here, blocks) for story in stories]
    numbers: Counter[str] = Counter()
    for node in nodes:
        numbers[node.kind] += 1
        lines.append(node.to_dict(numbers[node.kind]))
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
