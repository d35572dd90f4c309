"""What pools say of a token: its price and what they hold, over time, from the logs of a lake.

A pool is known by what it does: the token goes in and out of it, and it tells of swaps or reserves in the
shapes of Uniswap V2 and V3. So one is found that was made before the lake begins; but whoever writes a
contract can make it say so, and the screen tells whose words these are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboard.transfers.lake import LakeTransfers
from dashboard.transfers.values import Asked, Token, Transfer
from ingest.decode.pools import RESERVES, SWAPS, reserves, swaps

MOST_CANDIDATES = 40
"""Counterparties of a token, the busiest, that are asked whether they are pools."""
MOST_LOGS = 20_000
MOST_POOLS = 5
TOPICS = tuple({rule.event.topic0 for table in (RESERVES, SWAPS) for rule in table.rules})
_Q192 = 2**192


@dataclass(frozen=True, slots=True)
class Moment:
    """What a pool said after a change. `price`: units of the other token for a unit of this one; `held` and
    `other_held` are units of each that it holds, None where it does not say.
    """

    block_number: int
    timestamp: int
    price: float | None
    held: int | None
    other_held: int | None


@dataclass(frozen=True, slots=True)
class Market:
    """A pool of a token and another one. `course` is in order of the chain; `swaps` counts its trades."""

    pool: str
    protocol: str
    other: Token
    swaps: int
    course: tuple[Moment, ...]


def markets(lake: LakeTransfers, chain_id: int, token: str, moves: Sequence[Transfer]) -> tuple[Market, ...]:
    """The pools of a token that trade most, of the newest events of the lake."""
    blocks, logs = lake.logs(chain_id, candidates(moves), TOPICS, MOST_LOGS)
    if not logs.height:
        return ()
    told = [*_rows(reserves(blocks, logs)), *_rows(swaps(blocks, logs))]
    trades = Counter(f"0x{row['pool'].hex()}" for row in told if "sender" in row)
    busiest = Counter(f"0x{row['pool'].hex()}" for row in told).most_common()
    order = sorted((pool for pool, _ in busiest), key=lambda pool: (-trades[pool], pool))[:MOST_POOLS]
    found = (_market(lake, chain_id, token, pool, told, trades[pool]) for pool in order)
    return tuple(each for each in found if each is not None)


def candidates(moves: Iterable[Transfer]) -> list[str]:
    """Those that a token went to and came from most often."""
    counted = Counter(name for row in moves for name in (row.payer, row.payee))
    return [name for name, _ in counted.most_common(MOST_CANDIDATES)]


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.rows(named=True)


def _market(
    lake: LakeTransfers, chain_id: int, token: str, pool: str, told: Sequence[dict[str, Any]], swaps: int
) -> Market | None:
    """None where it is not known which other token a pool trades."""
    others = Counter(
        row.token for row in lake.transfers(Asked(chain_id, (pool,), most=200)).transfers if row.token
    )
    others.pop(token, None)
    if not others:
        return None
    other = others.most_common(1)[0][0]
    ours = sorted((row for row in told if row["pool"].hex() == pool[2:]), key=_place)
    first = token < other
    moments = (_moment(row, first) for row in ours)
    course = tuple(each for each in moments if each is not None)
    v3 = any(row.get("sqrt_price_x96") is not None for row in ours)
    return Market(
        pool, "Uniswap V3" if v3 else "Uniswap V2", lake.tokens(chain_id, [other])[other], swaps, course
    )


def _place(row: dict[str, Any]) -> tuple[int, int]:
    return row["block_number"], row["log_index"]


def _moment(row: dict[str, Any], first: bool) -> Moment | None:
    """`first`: whether the token is the pool's token0. None for a swap of V2: its Sync says more."""
    place = (int(row["block_number"]), int(row["timestamp"]))
    if "reserve0" in row:
        sums = [int.from_bytes(row[name], "big") for name in ("reserve0", "reserve1")]
        held, other = sums if first else sums[::-1]
        return Moment(*place, other / held if held else None, held, other)
    if row["sqrt_price_x96"] is None:
        return None
    root = int.from_bytes(row["sqrt_price_x96"], "big")
    price = root * root / _Q192
    return Moment(*place, (price if first else 1 / price) if root else None, None, None)


def in_tokens(price: float | None, this: Token, other: Token) -> float | None:
    """A price of units as one of tokens; unchanged where decimals are unknown."""
    return None if price is None else price * 10.0 ** ((this.decimals or 0) - (other.decimals or 0))


def thinned(course: Sequence[Moment], most: int) -> list[Moment]:
    """At most `most` moments, evenly over the course; the last is always there."""
    step = -(-len(course) // most) or 1
    return list(course[::-1][::step][::-1])
