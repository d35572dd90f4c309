"""What somebody had of an asset before a row, by the row log; for those who ask about few."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Array, Columns
from detectors.parts.contract import Kind
from detectors.parts.people import People, whole

COIN = (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION)
_WRAPS = (Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL)


@dataclass(frozen=True, slots=True)
class Holding:
    """`amount` in units; `known`: all of the account's rows are there, so that only what lay there before the
    stream began is missing. `since`: time of the last payment that came in, 0 where none did.
    """

    amount: int
    known: bool
    since: int


def held(people: People, who: int, asset: int, row: int) -> Holding:
    """What `who` had of an asset (0: the coin, wrapped or not) before a row. Fees are not counted."""
    rows = people.rows(who)
    about = of_asset(rows, asset, people.seen.coins["id"]) & (rows["row"] < row)
    into, out = about & (rows["target"] == who), about & (rows["source"] == who)
    amount = sum(whole(rows["amount"][into])) - sum(whole(rows["amount"][out]))
    since = int(rows["time"][into].max()) if into.any() else 0
    return Holding(max(0, amount), people.is_fully_known(who), since)


def of_asset(rows: Columns, asset: int, coins: Collection[int] | Array) -> Array:
    """Which rows of the row log moved an asset. What is paid to a wrapper, or comes from it, moved nothing."""
    kind = rows["kind"]
    if asset != 0:
        mine: Array = (kind == Kind.ERC20) & (rows["asset"] == asset)
        return mine
    wraps = np.isin(rows["source"], coins) | np.isin(rows["target"], coins)
    done = (kind != Kind.TRANSACTION) | (rows["flag"] != 0)
    native: Array = np.isin(kind, COIN) & done & ~wraps
    native |= np.isin(rows["asset"], coins) & (kind == Kind.ERC20) & (rows["source"] > 0) & (rows["target"] > 0)
    return native


def is_contract(people: People, who: int) -> bool:
    """Whether an account was made before our eyes, or called by somebody."""
    rows = people.rows(who)
    made = (rows["kind"] == Kind.CREATION) & (rows["target"] == who)
    made |= (rows["kind"] == Kind.TRANSACTION) & (rows["third"] == who) & (rows["flag"] != 0)
    called = (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == who) & (rows["small"] >= 0)
    return bool((made | called).any())
