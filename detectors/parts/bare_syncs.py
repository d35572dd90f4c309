"""Pools of which tokens were taken without a trade: they sync, and no log of theirs says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Array
from detectors.parts.contract import Kind, Seen
from detectors.parts.dealings import Dealing
from detectors.parts.kinds import of_kinds
from detectors.parts.trades import whole

_OF_POOL = (Kind.SYNC, Kind.SWAP_V2, Kind.MINT_V2, Kind.BURN_V2)


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What was done to a pool: how many times dearer it made the token that is left, what it held of the
    other asset, `money`, and how much of that it lost in the transaction.
    """

    pool: int
    money: int
    times: float
    held: int
    lost: int


def bare_syncs(seen: Seen) -> Mapping[int, list[int]]:
    """By transaction, places in the piece of Sync logs that nothing of the same pool explains."""
    rows = seen.rows
    at = np.flatnonzero(of_kinds(rows["kind"], _OF_POOL))
    if not at.size:
        return {}
    at = at[np.lexsort((at, rows["emitter"][at], rows["transaction"][at]))]
    synced = rows["kind"][at] == Kind.SYNC
    same = np.zeros(at.size, np.bool_)
    same[:-1] = (np.diff(rows["emitter"][at]) == 0) & (np.diff(rows["transaction"][at]) == 0)
    told = same & ~np.append(synced[1:], True)
    found: dict[int, list[int]] = {}
    for row in np.sort(at[synced & ~told]).tolist():
        found.setdefault(int(rows["transaction"][row]), []).append(row)
    return found


def destroyed(seen: Seen, deal: Dealing, bare: list[int]) -> Iterator[Destroyed]:
    """Of pools that were sold to afterwards; what left each since its last log, up to the Sync."""
    rows = seen.rows
    for row in bare:
        pool = int(rows["emitter"][row])
        sales = [leg for leg in deal.legs if leg.pool == pool and leg.row > int(rows["number"][row])]
        if not sales:
            continue
        sale = sales[0]
        out = _left(seen, deal.rows[0], row, pool, sale.asset_in)
        held = (whole(rows["amount"][row]), whole(rows["amount2"][row]))
        rest, money = held[sale.trade.side], held[1 - sale.trade.side]
        lost = -sum(
            line.more for line in deal.changes if line.account == pool and line.asset == sale.asset_out
        )
        if out > 0 and rest > 0 and money > 0 and lost > 0:
            yield Destroyed(pool, sale.asset_out, (rest + out) / rest, money, lost)


def _left(seen: Seen, begin: int, end: int, pool: int, asset: int) -> int:
    """Units that a pool paid since its last log and before the row `end`, less those it was paid."""
    rows = seen.rows
    mine: Array = np.flatnonzero(
        (rows["emitter"][begin:end] == pool) & of_kinds(rows["kind"][begin:end], _OF_POOL)
    )
    first = begin + int(mine[-1]) + 1 if mine.size else begin
    moves = (rows["kind"][first:end] == Kind.ERC20) & (rows["money"][first:end] == asset)
    out = moves & (rows["source"][first:end] == pool)
    into = moves & (rows["target"][first:end] == pool)
    amounts = rows["amount"][first:end]
    return sum(map(whole, amounts[out])) - sum(map(whole, amounts[into]))
