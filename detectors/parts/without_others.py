"""What a trader would have got of a pool without the trades that somebody else put before his.

A pool of two tokens is taken as a constant product over what it holds: Uniswap's second version exactly, the
third by its virtual reserves, which holds as long as a trade stays in one range of prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Q96 = 1 << 96


@dataclass(frozen=True, slots=True)
class Trade:
    """One swap: what was paid in of the token on `side` (0 or 1) and what was got of the other, in units.
    `before` and `after` are the pool's reserves around it, None where nothing tells them.
    """

    side: int
    paid: int
    got: int
    before: tuple[int, int] | None
    after: tuple[int, int] | None


def reserves(version: int, first: int, second: int) -> tuple[int, int] | None:
    """What a pool holds, by what `pools` says of it: of the third version, square root of price and
    liquidity.
    """
    if version == 2:
        return (first, second) if first and second else None
    if not first or not second:
        return None
    return second * Q96 // first, second * first // Q96


def before_it(trade: Trade) -> tuple[int, int] | None:
    """The reserves before a trade: where nothing tells them, along the curve from those after it."""
    if trade.before is not None or trade.after is None:
        return trade.before
    held = trade.after[1 - trade.side] + trade.got
    other = trade.after[0] * trade.after[1] // held
    return (other, held) if trade.side == 0 else (held, other)


def shortfalls(before: tuple[int, int], trades: Sequence[Trade]) -> list[int]:
    """For each of some trades in a row, how much more it would have got had the pool begun at `before`;
    negative where it got more than that. Raises ValueError where what a trade did is not known.
    """
    held, short = list(before), []
    for trade in trades:
        side, start = trade.side, before_it(trade)
        if start is None:
            raise ValueError("nothing tells what the pool held")
        room = start[1 - side] - trade.got
        if room <= 0 or start[side] <= 0:
            raise ValueError("a trade takes all that the pool holds")
        # Of what was paid `kept` moved the price: the fee is in what was got, whatever it is.
        kept = -(-trade.got * start[side] // room)
        got = kept * held[1 - side] // (held[side] + kept)
        short.append(got - trade.got)
        held[side] += trade.paid
        held[1 - side] -= got
    return short
