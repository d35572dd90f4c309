"""What became of a pending transaction where it was simulated, in whatever way that was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingest.blocks import rlp
from ingest.blocks.answers import LogAnswer
from ingest.blocks.traces import Call
from ingest.blocks.trie import keccak
from ingest.live.mempool.waiting import Waiting

How = Literal["eth_simulateV1", "anvil"]
MOST_LOGS = 20_000
"""In one hypothetical block."""


@dataclass(frozen=True, slots=True)
class Head:
    """The block on top of which is simulated: gas in units, time in seconds UTC, `gap_s` since its parent."""

    number: int
    hash: str
    timestamp: int
    gap_s: int
    base_fee: int
    gas_limit: int

    @property
    def next_time(self) -> int:
        return self.timestamp + self.gap_s


@dataclass(frozen=True, slots=True)
class Outcome:
    """One transaction's. `code` is what it put at `created`; `calls` are there where they were asked for,
    with the position of no block that stands.
    """

    sent: Waiting
    ok: bool
    gas_used: int
    logs: Sequence[LogAnswer]
    created: str | None = None
    code: bytes | None = None
    calls: Sequence[Call] = ()


@dataclass(slots=True)
class Simulated:
    """All that was simulated on one head, in order; `refused` counts what the simulation would not take."""

    how: How
    outcomes: list[Outcome] = field(default_factory=list)
    refused: int = 0

    def within_cap(self) -> Simulated:
        """Without those that log most, as many as are beyond `MOST_LOGS`; counted as refused: who fills a
        block with logs hides nobody else.
        """
        logs, loudest = sum(len(each.logs) for each in self.outcomes), set[str]()
        for each in sorted(self.outcomes, key=lambda each: -len(each.logs)):
            if logs <= MOST_LOGS:
                break
            logs -= len(each.logs)
            loudest.add(each.sent.hash)
        kept = [each for each in self.outcomes if each.sent.hash not in loudest]
        return Simulated(self.how, kept, self.refused + len(loudest))


def created_by(sent: Waiting) -> str:
    """Where a contract comes to lie that a transaction creates."""
    item = rlp.encode([bytes.fromhex(sent.sender[2:]), rlp.number(sent.nonce)])
    return "0x" + keccak(item)[-20:].hex()
