"""The tables of the rolling graph by name: a row to be changed, or a row as it is (see `memory.claims`).

What a row is about has signed for it where a payer asked for this very payment (`direct`), or where it is the
transaction's own sender: each costs somebody a transaction. Anything else is only told.
"""

import numpy as np

from detectors.memory.claims import claim, seen
from detectors.memory.compiled import njit
from detectors.memory.layout import WORD


@njit(cache=True)
def pair_key(left, right):  # type: ignore[no-untyped-def]
    return (left << 32) | right


@njit(cache=True)
def word(row, column):  # type: ignore[no-untyped-def]
    """The 256-bit number that begins at a column of a row."""
    return row[column : column + WORD].view(np.uint64)


@njit(cache=True)
def wallet(g, rows, i, who):  # type: ignore[no-untyped-def]
    """A party of row `i`, or its transaction's sender."""
    signed = rows.direct[i] or rows.by[i] == who
    return claim(
        g.wallets, g.old_wallets, g.wallets_undo, g.told_wallets, g.old_told_wallets, g.told_wallets_undo,
        who, rows.block[i], rows.time[i], signed,
    )  # fmt: skip


@njit(cache=True)
def known_wallet(g, who, time):  # type: ignore[no-untyped-def]
    return seen(g.wallets, g.old_wallets, g.told_wallets, g.old_told_wallets, who, time)


@njit(cache=True)
def holding(g, rows, i, owner):  # type: ignore[no-untyped-def]
    """What a party of row `i` has of its asset."""
    signed = rows.direct[i] or rows.by[i] == owner
    return claim(
        g.holdings, g.old_holdings, g.holdings_undo, g.told_holdings, g.old_told_holdings,
        g.told_holdings_undo, pair_key(owner, rows.asset[i]), rows.block[i], rows.time[i], signed,
    )  # fmt: skip


@njit(cache=True)
def known_holding(g, owner, asset, time):  # type: ignore[no-untyped-def]
    key = pair_key(owner, asset)
    return seen(g.holdings, g.old_holdings, g.told_holdings, g.old_told_holdings, key, time)


@njit(cache=True)
def pair(g, rows, i):  # type: ignore[no-untyped-def]
    """Payer and payee of row `i`."""
    return claim(
        g.pairs, g.old_pairs, g.pairs_undo, g.told_pairs, g.old_told_pairs, g.told_pairs_undo,
        pair_key(rows.sender[i], rows.payee[i]), rows.block[i], rows.time[i], rows.direct[i],
    )  # fmt: skip


@njit(cache=True)
def known_pair(g, payer, payee, time):  # type: ignore[no-untyped-def]
    return seen(g.pairs, g.old_pairs, g.told_pairs, g.old_told_pairs, pair_key(payer, payee), time)


@njit(cache=True)
def asset(g, rows, i):  # type: ignore[no-untyped-def]
    return claim(
        g.assets, g.old_assets, g.assets_undo, g.told_assets, g.old_told_assets, g.told_assets_undo,
        rows.asset[i], rows.block[i], rows.time[i], rows.direct[i],
    )  # fmt: skip


@njit(cache=True)
def known_asset(g, which, time):  # type: ignore[no-untyped-def]
    return seen(g.assets, g.old_assets, g.told_assets, g.old_told_assets, which, time)


@njit(cache=True)
def value(row, which):  # type: ignore[no-untyped-def]
    """An integer column; 0 where there is no row."""
    return row[which] if row.size > 0 else 0
