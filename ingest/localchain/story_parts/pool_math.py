"""What a trade does to a pool, worked out beforehand: V2, and V3 as long as no position's end is crossed.

Between two ends a V3 pool is a V2 pool with reserves that are not there ("virtual": whitepaper, section 6.1).
Amounts are in token units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isqrt

from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols import uniswap_v3
from ingest.localchain.protocols.uniswap_v3 import Pool, UniswapV3
from ingest.localchain.world import pools
from ingest.localchain.world.world import World

_MILLION = 10**6
_V2_FEE = 3_000


@dataclass(frozen=True, slots=True)
class Curve:
    """Reserves of what is paid in and of what comes out; `fee` in millionths of what is paid in."""

    paid: int
    given: int
    fee: int = _V2_FEE
    keeps_fee: bool = True
    """V2 adds the fee to its reserves; V3 puts it aside."""

    def gives(self, amount: int) -> int:
        """What comes out for `amount`."""
        less = amount * (_MILLION - self.fee)
        return less * self.given // (self.paid * _MILLION + less)

    def after(self, amount: int) -> Curve:
        """The pool after `amount` was paid in."""
        kept = amount if self.keeps_fee else amount * (_MILLION - self.fee) // _MILLION
        return replace(self, paid=self.paid + kept, given=self.given - self.gives(amount))

    def turned(self) -> Curve:
        """The same pool for those who trade the other way."""
        return replace(self, paid=self.given, given=self.paid)


def v2_curve(miner: Miner, world: World, sold: Address, bought: Address) -> Curve:
    return Curve(*pools.reserves(miner, world.factory, sold, bought))


def v3_curve(miner: Miner, world: World, pool: Pool, sold: Address) -> Curve:
    v3 = world.of(UniswapV3)
    liquidity = miner.number(v3.address(pool), "liquidity()")
    root = uniswap_v3.price(miner, v3, pool)
    curve = Curve((liquidity << 96) // root, (liquidity * root) >> 96, pool.fee, keeps_fee=False)
    return curve if sold == pool.token0 else curve.turned()


def best_round(first: Curve, second: Curve) -> int:
    """What to pay into `first`, and what it gives into `second`, so as to gain most; 0 where nothing gains.

    What comes back is N d / (A + B d) for d paid in; it grows faster than d up to (sqrt(N A) - A) / B.
    """
    kept1, kept2 = _MILLION - first.fee, _MILLION - second.fee
    n = kept1 * kept2 * first.given * second.given
    a = first.paid * second.paid * _MILLION**2
    b = kept1 * (second.paid * _MILLION + kept2 * first.given)
    return max(0, (isqrt(n * a) - a) // b)


def joined(first: Curve, second: Curve) -> Curve:
    """Two pools one after the other as if they were one that takes the fee of the first.

    What comes out of both is of the same form as of one: given * d / (paid + d), for d after the first fee.
    """
    kept = _MILLION - second.fee
    shared = second.paid * _MILLION + kept * first.given
    given, paid = first.given * second.given * kept, first.paid * second.paid * _MILLION
    return Curve(paid // shared, given // shared, first.fee, keeps_fee=False)


def round_gain(first: Curve, second: Curve, amount: int) -> int:
    """How much more comes back than is paid in; negative where it is less."""
    return second.gives(first.gives(amount)) - amount
