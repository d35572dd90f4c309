"""What is known of a block's fees, and blocks one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

DEFAULT_SPACING_S = 12
RECENT = 256
COLUMNS = (
    "block_number", "timestamp", "gas_used", "gas_limit", "base_fee_per_gas", "blob_gas_used",
    "excess_blob_gas",
)  # fmt: skip
"""What the fields of a block are called where blocks are kept, in their order."""


@dataclass(frozen=True, slots=True)
class BlockFees:
    """Of one block: time in seconds UTC, gas, base fee in wei. None where the chain, or whoever wrote the
    block down, does not say.
    """

    number: int
    timestamp: int
    gas_used: int
    gas_limit: int | None = None
    base_fee: int | None = None
    blob_gas_used: int | None = None
    excess_blob_gas: int | None = None

    @property
    def is_priced(self) -> bool:
        """Whether it has what a base fee follows from."""
        return self.base_fee is not None and bool(self.gas_limit)

    @property
    def has_blobs(self) -> bool:
        return self.blob_gas_used is not None and self.excess_blob_gas is not None


def unbroken(blocks: Sequence[BlockFees]) -> Sequence[BlockFees]:
    """The blocks at the end that follow one another without a gap."""
    for at in range(len(blocks) - 1, 0, -1):
        if blocks[at].number != blocks[at - 1].number + 1:
            return blocks[at:]
    return blocks


def since(blocks: Sequence[BlockFees], holds: Callable[[BlockFees], bool]) -> Sequence[BlockFees]:
    """The blocks at the end of which all hold; none where the last one does not."""
    for at in range(len(blocks) - 1, -1, -1):
        if not holds(blocks[at]):
            return blocks[at + 1 :]
    return blocks


def spacing_s(blocks: Sequence[BlockFees]) -> int:
    """The usual seconds from a block to the next, of the last ones; what Ethereum has, where nobody knows."""
    pairs = pairwise(blocks[-RECENT:])
    times = sorted(max(0, after.timestamp - before.timestamp) for before, after in pairs)
    return times[len(times) // 2] if times else DEFAULT_SPACING_S
