"""The blob base fee by EIP-4844, its targets by fork (EIP-7691, EIP-7918, EIP-7892), and which fork a chain's
own blocks show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from detectors.runs.forecasts.blocks import BlockFees

GAS_PER_BLOB = 2**17
BLOB_BASE_COST = 2**13
"""EIP-7918: execution gas that a blob is held to cost at the least."""
CHECKED = 256
_GWEI = 10**9
_MOST_RATIO = 600
"""Beyond e to this power no fee was ever paid, and the sum would take long: a hostile header is no reason."""


@dataclass(frozen=True, slots=True)
class BlobRule:
    """A fork's parameters: blobs a block aimed at and at the most, how fast the fee moves, its floor in wei,
    and whether it is held to a part of the base fee (EIP-7918).
    """

    name: str
    target: int
    most: int
    fraction: int
    floor: int = 1
    reserve: bool = False

    def fee(self, excess: int) -> int:
        """Wei a blob gas, exact."""
        return fake_exponential(self.floor, min(excess, _MOST_RATIO * self.fraction), self.fraction)

    def next_excess(self, block: BlockFees) -> int:
        """The excess of the block after this one, exact."""
        assert block.blob_gas_used is not None and block.excess_blob_gas is not None
        whole, target = block.excess_blob_gas + block.blob_gas_used, self.target * GAS_PER_BLOB
        if whole < target:
            return 0
        is_cheap = BLOB_BASE_COST * (block.base_fee or 0) > GAS_PER_BLOB * self.fee(block.excess_blob_gas)
        if self.reserve and is_cheap:
            return block.excess_blob_gas + block.blob_gas_used * (self.most - self.target) // self.most
        return whole - target


CANCUN = BlobRule("Cancun", 3, 6, 3_338_477)
PRAGUE = BlobRule("Prague", 6, 9, 5_007_716)
OSAKA = BlobRule("Osaka", 6, 9, 5_007_716, reserve=True)
BPO1 = BlobRule("BPO1", 10, 15, 8_346_193, reserve=True)
BPO2 = BlobRule("BPO2", 14, 21, 11_684_671, reserve=True)
GNOSIS = BlobRule("Gnosis", 1, 2, 1_112_826, floor=_GWEI)

RULES = (CANCUN, PRAGUE, OSAKA, BPO1, BPO2, GNOSIS)
SCHEDULES: dict[int, tuple[tuple[int, BlobRule], ...]] = {
    1: (
        (1_710_338_135, CANCUN), (1_746_612_311, PRAGUE), (1_764_798_551, OSAKA), (1_765_290_071, BPO1),
        (1_767_747_671, BPO2),
    ),
    11_155_111: (
        (1_706_655_072, CANCUN), (1_741_159_776, PRAGUE), (1_760_427_360, OSAKA), (1_761_017_184, BPO1),
        (1_761_607_008, BPO2),
    ),
    100: ((0, GNOSIS),),
}  # fmt: skip
"""By chain id, from which block time (seconds UTC) which rule holds: Ethereum, Sepolia, Gnosis."""


@dataclass(frozen=True, slots=True)
class FittedBlob:
    """`rule`: the fork that all `pairs` of a block and the next obey, None where none does or no block has
    blob fields. `sure`: only one does, or the chain's schedule says so.
    """

    rule: BlobRule | None
    pairs: int
    sure: bool = False

    def told(self) -> str:
        if self.pairs == 0:
            return "no two blocks in a row tell of blobs"
        if self.rule is None:
            return f"follows no fork that is known here, in {self.pairs} pairs of blocks"
        doubt = "" if self.sure else "; other forks fit as well"
        return (
            f"EIP-4844 as of {self.rule.name} (target {self.rule.target}, at most {self.rule.most} blobs), "
            f"as {self.pairs} pairs of blocks show{doubt}"
        )


def fitted(chain_id: int, blocks: Sequence[BlockFees], next_time: int) -> FittedBlob:
    """Which fork the block after the last, at about `next_time`, goes by: the chain's schedule where that is
    known and the blocks of that fork obey it, else the first fork that all blocks obey.
    """
    pairs = [(a, b) for a, b in pairwise(blocks[-CHECKED - 1 :]) if a.has_blobs and b.has_blobs]
    due = scheduled(chain_id, next_time)
    if due is not None:
        since = [pair for pair in pairs if scheduled(chain_id, pair[1].timestamp) == due]
        if pairs and all(obeys(due, *pair) for pair in since):
            return FittedBlob(due, len(pairs), True)
    fit = [rule for rule in RULES if all(obeys(rule, *pair) for pair in pairs)]
    if not pairs or not fit:
        return FittedBlob(None, len(pairs))
    return FittedBlob(fit[0], len(pairs), len(fit) == 1)


def scheduled(chain_id: int, time: int) -> BlobRule | None:
    """What the chain's schedule says of a block of that time; None where none is known, or none is yet."""
    begun = [rule for since, rule in SCHEDULES.get(chain_id, ()) if since <= time]
    return begun[-1] if begun else None


def obeys(rule: BlobRule, block: BlockFees, after: BlockFees) -> bool:
    return rule.next_excess(block) == after.excess_blob_gas


def fake_exponential(factor: int, numerator: int, denominator: int) -> int:
    """factor * e ** (numerator / denominator) in whole numbers, as EIP-4844 sums the series."""
    sum_, term, place = 0, factor * denominator, 1
    while term > 0:
        sum_ += term
        term = term * numerator // (denominator * place)
        place += 1
    return sum_ // denominator
