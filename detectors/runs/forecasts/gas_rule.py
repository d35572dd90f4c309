"""The next base fee by EIP-1559, and which parameters a chain has, as its own blocks show.

Chains of the OP stack, and others, go by the same rule with another elasticity and denominator, which
stand in no column that is kept: they are found by holding the rule against each block and the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from detectors.runs.forecasts.blocks import BlockFees, since

MOST_ELASTICITY = 32
TRIED = (256, 128, 64, 32, 16, 8)
"""Pairs of blocks at the end that a rule is held against, the most first: parameters change with upgrades."""
MOST_DENOMINATOR = 5_000
"""Beyond it a fee hardly moves: whose fee stands still has no rule of this kind."""


@dataclass(frozen=True, slots=True)
class GasRule:
    """EIP-1559: the target is the limit by `elasticity`, and a block that is empty lowers the fee by one
    `denominator`-th.
    """

    elasticity: int
    denominator: int

    def next_fee(self, block: BlockFees) -> int:
        """Wei, exact, of a block with a limit and a base fee."""
        assert block.base_fee is not None and block.gas_limit is not None
        target = max(1, block.gas_limit // self.elasticity)
        step = block.base_fee * abs(block.gas_used - target) // target // self.denominator
        if block.gas_used > target:
            return block.base_fee + max(step, 1)
        return block.base_fee - step

    @property
    def most_up(self) -> float:
        """What the fee is multiplied with at the most from one block to the next."""
        return 1 + (self.elasticity - 1) / self.denominator

    @property
    def most_down(self) -> float:
        return 1 - 1 / self.denominator


ETHEREUM = GasRule(2, 8)
KNOWN = {
    ETHEREUM: "EIP-1559 as Ethereum has it",
    GasRule(6, 50): "EIP-1559 as the OP stack had it before Canyon",
    GasRule(6, 250): "EIP-1559 as the OP stack has it since Canyon",
    GasRule(10, 250): "EIP-1559 as some of the OP stack have it",
}  # fmt: skip
"""Preferred in this order where several fit."""


@dataclass(frozen=True, slots=True)
class FittedGas:
    """`rule`: one that all `pairs` of a block and the next obey; None where none does, or none is known.
    `sure`: whichever of the rules that fit is the chain's, the next base fee is the same.
    """

    rule: GasRule | None
    pairs: int
    next_fee: int | None = None
    sure: bool = False

    def told(self) -> str:
        if self.pairs == 0:
            return "no two blocks in a row have a base fee"
        checked = "1 pair of blocks" if self.pairs == 1 else f"{self.pairs} pairs of blocks"
        if self.rule is None:
            return f"follows no rule of EIP-1559's kind in {checked}: the next one is a forecast"
        parameters = f"elasticity {self.rule.elasticity}, denominator {self.rule.denominator}"
        name = KNOWN.get(self.rule, "EIP-1559 with parameters of its own")
        shows = "shows" if self.pairs == 1 else "show"
        doubt = "" if self.sure else "; other parameters fit as well, and the next one is not certain"
        return f"{name} ({parameters}), as {checked} {shows}{doubt}"


def fitted(blocks: Sequence[BlockFees]) -> FittedGas:
    """What the last blocks, which follow one another and all have a price, say of the rule and of the next
    base fee: as many of the tried numbers of them as obey one.
    """
    priced = since(blocks[-max(TRIED) - 1 :], lambda block: block.is_priced)
    pairs = list(pairwise(priced))
    if not pairs:
        return FittedGas(None, 0)
    for count in [each for each in TRIED if each < 2 * len(pairs)] or TRIED[-1:]:
        spans = _spans(pairs[-count:])
        if spans:
            return _fitted(priced[-1], spans, min(count, len(pairs)))
    return FittedGas(None, len(pairs))


def _fitted(last: BlockFees, spans: dict[int, tuple[int, int]], pairs: int) -> FittedGas:
    rule = next((known for known in KNOWN if _fits(known, spans)), None)
    rule = rule or GasRule(min(spans), spans[min(spans)][0])
    ends = {GasRule(elasticity, end) for elasticity, span in spans.items() for end in span}
    found = {each.next_fee(last) for each in ends}
    return FittedGas(rule, pairs, rule.next_fee(last), len(found) == 1)


def _fits(rule: GasRule, spans: dict[int, tuple[int, int]]) -> bool:
    low, high = spans.get(rule.elasticity, (1, 0))
    return low <= rule.denominator <= high


def _spans(pairs: Sequence[tuple[BlockFees, BlockFees]]) -> dict[int, tuple[int, int]]:
    """By elasticity, the lowest and highest denominator that every pair obeys."""
    found = {}
    for elasticity in range(1, MOST_ELASTICITY + 1):
        span = _common(_span(elasticity, *pair) for pair in pairs)
        if span is not None:
            found[elasticity] = span
    return found


def _common(spans: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    low, high = 1, MOST_DENOMINATOR
    for begin, end in spans:
        low, high = max(low, begin), min(high, end)
        if low > high:
            return None
    return low, high


def _span(elasticity: int, block: BlockFees, after: BlockFees) -> tuple[int, int]:
    """The denominators by which `after` has the base fee that it has: those d with whole // d = step."""
    assert block.gas_limit and block.base_fee is not None and after.base_fee is not None
    target = max(1, block.gas_limit // elasticity)
    whole = block.base_fee * abs(block.gas_used - target) // target
    rises = block.gas_used > target
    step = (after.base_fee - block.base_fee) * (1 if rises else -1)
    if step < 0 or (rises and step == 0) or (block.gas_used == target and step):
        return 1, 0
    if block.gas_used == target:
        return 1, MOST_DENOMINATOR
    low = whole // (step + 1) + 1
    return low, (MOST_DENOMINATOR if step <= int(rises) else min(MOST_DENOMINATOR, whole // step))
