"""Demand for gas and blobs, played: who wants how much, how dear, and how it changes. Published as it is, so
that anybody can say that it is wrong.

A block takes from the pool what bids at least its base fee, the highest first, as far as its limit goes; what
is left waits and gives up by chance. Fees go by EIP-1559 and EIP-4844 (Prague) in whole numbers. Everything
follows from the regime's name and the seed.

`REGIMES` says what each is. Those in `HELD_OUT` were not looked at while the forecast was made.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detectors.runs.forecasts.blob_rule import GAS_PER_BLOB, PRAGUE
from detectors.runs.forecasts.blocks import BlockFees
from detectors.runs.forecasts.gas_rule import ETHEREUM

Floats = NDArray[np.float64]

GAS_LIMIT, BLOCK_S, DAY = 36_000_000, 12, 7_200
SENT_A_TARGET = 40
"""Transactions that fill a block to its target."""
USUAL_BID = np.log(2e9)
"""Of the logarithm of wei a gas that half of all would pay."""
USUAL_BLOB_BID = np.log(1e7)
POOL = 6_000
"""Transactions that wait at the most; the lowest bids go first."""


@dataclass(frozen=True, slots=True)
class Demand:
    """By block: how much is sent, in targets; the logarithm of what half of it would pay, as a change from
    the usual; how far bids differ. `tail`: degrees of freedom of their spread (Student's t), None: normal.
    `sizes`: how unequal transactions are. `limit`: the gas limit, by block. `patience`: blocks of waiting.
    """

    amount: Floats
    bid: Floats
    spread: Floats
    limit: Floats
    tail: float | None = None
    sizes: float = 1.0
    patience: float = 25.0
    blobs: Floats = field(default_factory=lambda: np.empty(0))


Regime = Callable[[np.random.Generator, int], Demand]


def plain(count: int, amount: Floats | float = 2.0, bid: Floats | float = 0.0, spread: float = 0.7) -> Demand:
    ones = np.ones(count)
    return Demand(amount * ones, bid * ones, spread * ones, GAS_LIMIT * ones, blobs=1.6 * ones)


def wander(dice: np.random.Generator, count: int, back: float, size: float) -> Floats:
    """A walk that is drawn back by `back` a block, and lies within about `size`."""
    steps = dice.normal(0, size * np.sqrt(2 * back), count)
    place, found = 0.0, np.empty(count)
    for at, step in enumerate(steps):
        place += step - back * place
        found[at] = place
    return found


def shocks(dice: np.random.Generator, count: int, every: float, lasts: float, size: float) -> Floats:
    """Jumps at chance moments that fade: of sizes as exponential chance has them."""
    jumps = (dice.random(count) < 1 / every) * dice.exponential(size, count)
    level, found = 0.0, np.empty(count)
    for at, jump in enumerate(jumps):
        level = level * (1 - 1 / lasts) + jump
        found[at] = level
    return found


def quiet(dice: np.random.Generator, count: int) -> Demand:
    """Much the same at all times."""
    return plain(count, bid=wander(dice, count, 1 / 600, 0.2))


def daily(dice: np.random.Generator, count: int) -> Demand:
    """Evenings are dear: a cycle of 7,200 blocks, and a smaller one of half of that."""
    clock = 2 * np.pi * (np.arange(count) + dice.integers(DAY)) / DAY
    cycle = np.sin(clock) + 0.3 * np.sin(2 * clock + 1)
    bid = 0.8 * cycle + wander(dice, count, 1 / 400, 0.25)
    return plain(count, amount=2.0 + 0.4 * cycle, bid=bid)


def bursts(dice: np.random.Generator, count: int) -> Demand:
    """Something happens every hundred blocks or so, and is over after twenty."""
    heat = shocks(dice, count, 110, 18, 0.9)
    return plain(count, amount=1.9 + 0.8 * heat, bid=0.8 * heat + wander(dice, count, 1 / 500, 0.25))


def mint_rush(dice: np.random.Generator, count: int) -> Demand:
    """Every thousand blocks or so many want the same for some dozens of blocks, whatever it costs."""
    amount, bid = np.full(count, 1.9), wander(dice, count, 1 / 500, 0.25)
    for begin in np.flatnonzero(dice.random(count) < 1 / 900):
        end = begin + int(dice.integers(15, 80))
        amount[begin:end] += dice.uniform(1, 5)
        bid[begin:end] += dice.uniform(1, 3)
    return plain(count, amount=amount, bid=bid)


def regime_switches(dice: np.random.Generator, count: int) -> Demand:
    """Three kinds of times, each for some hundred blocks, in chance order."""
    kinds = ((1.4, -0.7, 0.5), (2.0, 0.0, 0.8), (3.0, 0.9, 1.1))
    amount, bid, spread = (np.empty(count) for _ in range(3))
    at = 0
    while at < count:
        end = at + int(dice.exponential(260)) + 20
        amount[at:end], bid[at:end], spread[at:end] = kinds[dice.integers(3)]
        at = end
    usual = plain(count, amount=amount, bid=bid + wander(dice, count, 1 / 300, 0.2))
    return Demand(usual.amount, usual.bid, spread, usual.limit, blobs=usual.blobs)


def heavy_tails(dice: np.random.Generator, count: int) -> Demand:
    """A few pay any price, a few fill half a block, and how much is sent jumps."""
    amount = 1.8 * np.exp(dice.standard_t(3, count) * 0.25) + shocks(dice, count, 200, 10, 1.5)
    usual = plain(count, amount=np.minimum(amount, 15), bid=wander(dice, count, 1 / 300, 0.4))
    return Demand(usual.amount, usual.bid, usual.spread, usual.limit, tail=2.0, sizes=2.0, blobs=usual.blobs)


def raised_limit(dice: np.random.Generator, count: int) -> Demand:
    """The gas limit is voted up by a thousandth a block for a while, and one block in fifty has no sender."""
    usual = bursts(dice, count)
    begin = count - int(dice.integers(1_500, 2_500))
    grown = np.clip(np.arange(count) - begin, 0, 700) / 1_024
    amount = usual.amount * (dice.random(count) > 0.02) * (1 + 0.5 * grown)
    return Demand(amount, usual.bid, usual.spread, GAS_LIMIT * np.exp(grown), blobs=usual.blobs)


REGIMES: dict[str, Regime] = {
    each.__name__.replace("_", " "): each
    for each in (quiet, daily, bursts, mint_rush, regime_switches, heavy_tails, raised_limit)
}
HELD_OUT = ("mint rush", "regime switches", "heavy tails", "raised limit")


def played(regime: str, seed: int, count: int) -> list[BlockFees]:
    """`count` blocks of a regime; those that bring the pool and the fees into place are left out."""
    dice = np.random.default_rng([seed, zlib.crc32(regime.encode())])
    before = 400
    demand = REGIMES[regime](dice, before + count)
    return _Chain(dice, demand).blocks()[before:]


class _Chain:
    """Mines a block after the other out of one pool for gas and one for blobs."""

    def __init__(self, dice: np.random.Generator, demand: Demand) -> None:
        self._dice = dice
        self._demand = demand
        self._bids, self._sizes = np.empty(0), np.empty(0)
        self._blobs, self._counts = np.empty(0), np.empty(0)
        self._shift = wander(dice, len(demand.amount), 1 / 300, 0.4)

    def blocks(self) -> list[BlockFees]:
        block = BlockFees(0, 1_750_000_000, GAS_LIMIT // 2, GAS_LIMIT, int(np.exp(USUAL_BID)), 0, 80_000_000)
        found = []
        for at in range(len(self._demand.amount)):
            base, excess = ETHEREUM.next_fee(block), PRAGUE.next_excess(block)
            used = self._mined(at, base)
            limit, time = int(self._demand.limit[at]), block.timestamp + BLOCK_S
            blobs = self._carried(at, PRAGUE.fee(excess))
            block = BlockFees(at + 1, time, used, limit, base, blobs * GAS_PER_BLOB, excess)
            found.append(block)
        return found

    def _mined(self, at: int, base: int) -> int:
        demand, limit = self._demand, self._demand.limit[at]
        count = self._dice.poisson(demand.amount[at] * SENT_A_TARGET)
        sizes = np.exp(self._dice.normal(0, demand.sizes, count) - demand.sizes**2 / 2)
        sizes = np.minimum(sizes * (limit / 2) / SENT_A_TARGET, limit / 2)
        bids = USUAL_BID + demand.bid[at] + demand.spread[at] * self._spread(count)
        order = np.argsort(-np.concatenate([self._bids, bids]), kind="stable")[:POOL]
        bids = np.concatenate([self._bids, bids])[order]
        sizes = np.concatenate([self._sizes, sizes])[order]
        is_in = (bids >= np.log(base)) & (np.cumsum(sizes) <= limit)
        stays = ~is_in & (self._dice.random(len(bids)) > 1 / demand.patience)
        self._bids, self._sizes = bids[stays], sizes[stays]
        return int(sizes[is_in].sum())

    def _spread(self, count: int) -> Floats:
        tail = self._demand.tail
        return self._dice.normal(size=count) if tail is None else self._dice.standard_t(tail, count)

    def _carried(self, at: int, fee: int) -> int:
        """Rollups post up to six blobs at once, and wait longer than people."""
        posts = self._dice.poisson(self._demand.blobs[at] * PRAGUE.target / 3)
        counts = self._dice.integers(1, 6, posts).astype(float)
        bids = USUAL_BLOB_BID + self._shift[at] + self._dice.normal(0, 1.0, posts)
        order = np.argsort(-np.concatenate([self._blobs, bids]), kind="stable")
        bids = np.concatenate([self._blobs, bids])[order]
        counts = np.concatenate([self._counts, counts])[order]
        fits = bids >= np.log(fee)
        is_in = fits & (np.cumsum(counts * fits) <= PRAGUE.most)
        stays = ~is_in & (self._dice.random(len(bids)) > 1 / 100)
        self._blobs, self._counts = bids[stays], counts[stays]
        return int(counts[is_in].sum())
