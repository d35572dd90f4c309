"""Kernel of the part `trails`: money that was handed to a wallet which serves nothing else, and which failed
to hand it on.

A payment that failed is taken as what it would have been, and walked back as any other. It moved nothing, so
more is asked of the way: the wallet has its first coin, for the fees, and what it wanted to pay, from one
hand, and has paid nobody yet; that hand pays nobody else at all. So a person whose payment fails, a friend
who pays several, and whoever moves to a new wallet and was paid by others there, are on no such way.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels import u256
from detectors.kernels.handed_on import (
    BEFORE,
    COIN,
    PAYEE,
    PAYER,
    WAY_ASSET,
    WAY_EMPTIED,
    walk_back,
    write_between,
)
from detectors.kernels.moves import AMOUNT, ASSET, EXCHANGED, IN, OTHER, OUT, listed, summed, write
from detectors.memory import chains
from detectors.memory.compiled import njit
from detectors.memory.rows import NONE

TRIED, ASKED = 3, 4
"""What a trail is, beside those of `handed_on`: a line whose last wallet failed to hand it on; one whose last
wallet failed in a call that it gave coin, which may have been to hand it on.
"""

LEAST = 4
"""A payment of the coin that failed wanted to pay on a quarter of what came, at the least."""


@njit(cache=True)
def _from_one_hand(cells, control, current, previous, wallet, source, block, now, edges, ins, outs):  # type: ignore[no-untyped-def]
    """Whether `source` paid a wallet the coin, and nobody else; and the wallet paid nobody, and changed
    nothing.
    """
    if listed(cells, control, current, previous, wallet, OUT, block, now, np.int64(1) << 62, edges, outs):
        return False
    if listed(cells, control, current, previous, wallet, EXCHANGED, block, now, np.int64(1) << 62, 1, outs):
        return False
    gone = listed(cells, control, current, previous, source, OUT, block, now, np.int64(1) << 62, edges, outs)
    coin = False
    for i in range(gone):
        if cells[outs[i], OTHER] != wallet:
            return False
        coin = coin or cells[outs[i], ASSET] == COIN
    return coin


@njit(cache=True)
def say_tried(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, degrees, old_degrees, priced, old_priced, payer, asset, what,
    amount, transaction, row, block, now, edges, hub, way, ins, outs, lines, used, full,
):  # fmt: skip
    """Lines of the trail that a payment would have gone on which failed (of a token its amount is zero: not
    known); how many lines there are then.
    """
    if chains.newest(cells, control, current, previous, payer * 4 + IN, block, now) == NONE:
        return used
    total, begun = np.zeros(4, np.uint64), used
    steps = walk_back(
        cells, words, control, current, previous, degrees, old_degrees, priced, old_priced, payer,
        np.int64(NONE), asset, total, transaction, block, now, edges, hub, way, ins, outs,
    )  # fmt: skip
    if steps < 2 or way[1, PAYER] == way[1, PAYEE]:
        return used
    arrived = listed(cells, control, current, previous, payer, IN, block, now, transaction, edges, ins)
    summed(cells, words, ins, arrived, way[1, PAYER], asset, 0, AMOUNT, total)
    if not u256.is_zero(amount) and not u256.at_least(amount, 1, total, LEAST):
        return used
    source = way[1, PAYER]
    if not _from_one_hand(
        cells, control, current, previous, payer, source, block, now, edges, ins, outs
    ):  # fmt: skip
        return used
    last = 1
    while last + 1 < steps and (way[last + 1, WAY_EMPTIED] or way[last + 1, PAYER] == way[last + 1, PAYEE]):
        last += 1
    while way[last, PAYER] == way[last, PAYEE]:
        last -= 1
    for i in range(last, 0, -1):
        used = write_between(
            cells, words, control, current, previous, what, last - i, way[last, PAYER], way[i, PAYER],
            way[i, PAYEE], way[i, WAY_ASSET], way[i, BEFORE], transaction, block, now, outs, lines, used,
            full,
        )  # fmt: skip
    used = write(
        lines, used, full, transaction, way[last, PAYER], what, last, payer, payer, asset, row, transaction,
        amount,
    )  # fmt: skip
    return begun if used == NONE else used
