"""Kernel of the part `trails`: money that was handed on through wallets which serve nothing else.

From a payment back along what came into its payer, then into whoever paid that, in a line: a wallet that
hands on has one source of an asset, which gave most of what it got of it; it passes half of that on or more
to one payee, and twice as much at most (money of its own beside); hardly anybody else paid it anything of
worth, and it did not pay before what nobody saw come: who did had money of his own, and uses for it, as an
exchange has of which the stream knows little yet. It is emptied
where nine tenths of what came have left again, to whomever: a wallet that keeps a share has a use for it.
What it changed into another asset itself is followed. Ends: a hub, a contract that paid whoever called it.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels import u256
from detectors.kernels.moves import (
    AMOUNT,
    AMOUNT2,
    ASSET,
    EXCHANGED,
    FORM,
    IN,
    OTHER,
    OUT,
    ROW,
    TRANSACTION,
    half_at_least,
    is_hub,
    listed,
    payees_of,
    put,
    summed,
    write,
)
from detectors.kernels.signed_payments import WITHDRAWN
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import NONE, value

LINE, GATHERED, SPENT = 0, 1, 2
"""What a trail is: handed on in a line; scattered and gathered; handed on in a line to whoever then made a
contract.
"""

STEPS = 64
"""Payments and exchanges that one walk goes back. A longer line was said before, and is not said again from
its middle on.
"""
LONG = 128
"""Payments of a source, or into a payee, that are looked through for what was scattered and gathered."""
MOST_CHANGES = 2
OTHERS = 1
"""Payers of a wallet beside its source, dust left out, with whom it still serves nothing else: somebody sends
it fees.
"""
DUST, SPENT_TENTHS = 16, 9
FEW, PAYEES = 5, 6
"""Payees of who has a life (a few chains side by side begin with fewer), and of who pays many, as an
employer: what each of them gets is its own from then on.
"""
COIN, COIN_DUST = 0, 10**16
"""The coin as an asset, and what is dust of it where another asset is followed (as `parts.worth` has it)."""

PRICED = Layout(ints=("least",))
"""Of an asset that pools price: so many units are worth more than dust of the coin."""

PAYER, PAYEE, WAY_ASSET, BEFORE, WAY_EMPTIED, WAY_ADDED, WAY = 0, 1, 2, 3, 4, 5, 6
"""Of a step of the way back: who pays whom what, the transaction before which, and whether its payee was
emptied and added money of its own, more than a quarter. A payer who is its own payee changes an asset into
this one.
"""


@njit(cache=True)
def _is_more_than(words, row, least):  # type: ignore[no-untyped-def]
    """Whether a payment is of so many units, or more."""
    for i in range(3):
        if words[row, AMOUNT + i] != 0:
            return True
    return words[row, AMOUNT + 3] >= np.uint64(least)


@njit(cache=True)
def _matters(cells, words, row, asset, got, priced, old_priced, now):  # type: ignore[no-untyped-def]
    """Whether a payment says that its payer uses the payee: of the asset that is followed a 16th of `got` or
    more; else what is more than dust of the coin, or worth as much. A token that no pool prices says nothing:
    anybody can make one, and sign it over to whomever he likes.
    """
    if cells[row, ASSET] == asset:
        return u256.at_least(words[row, AMOUNT : AMOUNT + 4], 1, got, DUST)
    if cells[row, ASSET] == COIN:
        return _is_more_than(words, row, COIN_DUST + 1)
    least = value(priced, old_priced, cells[row, ASSET], now, 0)
    return least > 0 and _is_more_than(words, row, least)


@njit(cache=True)
def is_dust(asset, total, priced, old_priced, now):  # type: ignore[no-untyped-def]
    """Whether a sum is known to be dust: of the coin, or of a token that a pool prices."""
    if total[0] != 0 or total[1] != 0 or total[2] != 0:
        return False
    if asset == COIN:
        return total[3] <= np.uint64(COIN_DUST)
    least = value(priced, old_priced, asset, now, 0)
    return least > 0 and total[3] < np.uint64(least)


@njit(cache=True)
def _serves_nothing_else(cells, words, rows, count, source, asset, got, priced, old_priced, now):  # type: ignore[no-untyped-def]
    """Whether hardly anybody but `source` pays a wallet anything that matters."""
    seen, met = np.empty(OTHERS, np.int64), 0
    for i in range(count):
        row = rows[i]
        known = cells[row, OTHER] == source
        for j in range(met):
            known = known or seen[j] == cells[row, OTHER]
        if known or not _matters(cells, words, row, asset, got, priced, old_priced, now):
            continue
        if met == OTHERS:
            return False
        seen[met] = cells[row, OTHER]
        met += 1
    return True


@njit(cache=True)
def has_a_life(degrees, old_degrees, account, now):  # type: ignore[no-untyped-def]
    """Whether somebody pays a few: two wallets between him and somebody else are no line yet."""
    return payees_of(degrees, old_degrees, account, now) >= FEW


@njit(cache=True)
def is_one_of_many(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, degrees, old_degrees, payer, payee, asset, block, now, rows,
):  # fmt: skip
    """Whether `payer` pays many, and `payee` got less than half of what it paid out of an asset."""
    if payees_of(degrees, old_degrees, payer, now) < PAYEES:
        return False
    count = listed(cells, control, current, previous, payer, OUT, block, now, np.int64(1) << 62, LONG, rows)
    if count < 0:
        return True
    mine, whole = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    summed(cells, words, rows, count, payee, asset, 0, AMOUNT, mine)
    summed(cells, words, rows, count, -1, asset, 0, AMOUNT, whole)
    return not half_at_least(mine, whole)


@njit(cache=True)
def _largest_source(cells, words, rows, count, asset, got, best):  # type: ignore[no-untyped-def]
    """Who gave a wallet most of an asset, by wallets' own payments; its sum goes to `best`."""
    source = NONE
    for i in range(4):
        best[i] = 0
    for i in range(count):
        row = rows[i]
        if cells[row, ASSET] != asset or cells[row, FORM] == WITHDRAWN or cells[row, OTHER] == source:
            continue
        summed(cells, words, rows, count, cells[row, OTHER], asset, 0, AMOUNT, got)
        if u256.compare(got, best) > 0:
            put(best, got)
            source = cells[row, OTHER]
    return source


@njit(cache=True)
def _had_before(cells, words, arrived, gone, ins, outs, asset, oldest, paid, came):  # type: ignore[no-untyped-def]
    """Whether a wallet paid more of an asset than had come before transaction `oldest`: it had money that
    nobody saw come, and uses of its own for it.
    """
    if oldest <= 0:
        return False
    summed(cells, words, outs, gone, -1, asset, oldest, AMOUNT, came)
    summed(cells, words, outs, gone, -1, asset, 0, AMOUNT, paid)
    u256.subtract_from(paid, came)
    if u256.is_zero(paid):
        return False
    whole = np.zeros(4, np.uint64)
    summed(cells, words, ins, arrived, -1, asset, oldest, AMOUNT, whole)
    summed(cells, words, ins, arrived, -1, asset, 0, AMOUNT, came)
    u256.subtract_from(came, whole)
    return u256.compare(paid, came) > 0


@njit(cache=True)
def walk_back(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, degrees, old_degrees, priced, old_priced, payer, payee, asset,
    total, transaction, block, now, edges, hub, way, ins, outs,
):  # fmt: skip
    """The way back from a payment of `total` (zero: of whatever it was) as steps in `way` [STEPS, WAY], the
    payment first; how many steps.
    """
    way[0, PAYER], way[0, PAYEE], way[0, WAY_ASSET], way[0, BEFORE] = payer, payee, asset, transaction + 1
    way[0, WAY_EMPTIED], way[0, WAY_ADDED] = 0, 0
    steps, changes, before, wallet = 1, 0, transaction, payer
    left, got, best = np.zeros(4, np.uint64), np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    put(left, total)
    all_in, all_out = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    older, came = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    changed = False
    while steps < STEPS and not is_hub(degrees, old_degrees, wallet, now, hub):
        arrived = listed(cells, control, current, previous, wallet, IN, block, now, before, edges, ins)
        gone = listed(
            cells, control, current, previous, wallet, OUT, block, now, transaction + 1, edges, outs
        )  # fmt: skip
        if arrived < 0 or gone < 0:
            break
        source = _largest_source(cells, words, ins, arrived, asset, got, best)
        if source != NONE and source == payee:
            return 0
        if source != NONE and source != wallet:
            oldest, newest = summed(cells, words, ins, arrived, source, asset, 0, AMOUNT, got)
            summed(cells, words, ins, arrived, -1, asset, oldest, AMOUNT, all_in)
            summed(cells, words, outs, gone, -1, asset, oldest + 1, AMOUNT, all_out)
            if changed:
                u256.add_to(all_out, left)
            if steps == 1 and u256.is_zero(total):
                put(left, got)
            known = is_hub(degrees, old_degrees, source, now, hub)
            for i in range(steps):
                known = known or way[i, PAYER] == source
            if (
                known
                or not half_at_least(left, got)
                or not half_at_least(got, left)
                or not half_at_least(got, all_in)
                or not half_at_least(left, all_out)
                or _had_before(cells, words, arrived, gone, ins, outs, asset, oldest, older, came)
                or not _serves_nothing_else(
                    cells, words, ins, arrived, source, asset, got, priced, old_priced, now
                )
            ):
                break
            way[steps, PAYER], way[steps, PAYEE], way[steps, WAY_ASSET] = source, wallet, asset
            way[steps, BEFORE] = before
            way[steps, WAY_EMPTIED] = u256.at_least(all_out, SPENT_TENTHS, got, 10)
            way[steps, WAY_ADDED] = not u256.at_least(got, 4, left, 5)
            steps += 1
            put(left, got)
            wallet, before, changed = source, newest, False
            continue
        if changes == MOST_CHANGES or source != NONE:
            break
        arrived = listed(cells, control, current, previous, wallet, EXCHANGED, block, now, before, edges, ins)
        given = NONE
        for i in range(arrived):
            if given == NONE and cells[ins[i], ASSET] == asset:
                given = cells[ins[i], OTHER]
        if given == NONE:
            break
        _, newest = summed(cells, words, ins, arrived, given, asset, 0, AMOUNT, got)
        if not half_at_least(left, got) or not half_at_least(got, left):
            break
        summed(cells, words, ins, arrived, given, asset, 0, AMOUNT2, left)
        way[steps, PAYER], way[steps, PAYEE], way[steps, WAY_ASSET] = wallet, wallet, asset
        way[steps, BEFORE], way[steps, WAY_EMPTIED], way[steps, WAY_ADDED] = before, 0, 0
        steps, changes, asset, before, changed = steps + 1, changes + 1, given, newest, True
    return steps


@njit(cache=True)
def emptied(way, steps):  # type: ignore[no-untyped-def]
    """How many wallets between the ends of a way were emptied, how many there are, and whether any of them
    added money of its own.
    """
    many, of, added = 0, 0, 0
    for i in range(1, steps):
        if way[i, PAYER] != way[i, PAYEE]:
            many, of, added = many + way[i, WAY_EMPTIED], of + 1, added + way[i, WAY_ADDED]
    return many, of, added > 0


@njit(cache=True)
def gathered(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, degrees, old_degrees, source, payee, asset, transaction, block,
    now, hub, ins, outs, middle,
):  # fmt: skip
    """Wallets of `middle` that `source` paid and which passed that on to `payee` by themselves (a pool that
    pays whoever calls it does not); none where it pays the payee openly too, a quarter or more of what each
    of them passed on, or where it is a hub.
    """
    if source == payee or is_hub(degrees, old_degrees, source, now, hub):
        return 0
    came = listed(cells, control, current, previous, payee, IN, block, now, transaction + 1, LONG, ins)
    went = listed(cells, control, current, previous, source, OUT, block, now, transaction, LONG, outs)
    count, open_sum, all_sum = 0, np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    got, on = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    for i in range(came):
        wallet = cells[ins[i], OTHER]
        known = wallet == payee or cells[ins[i], ASSET] != asset or cells[ins[i], FORM] == WITHDRAWN
        for j in range(i):
            known = known or (cells[ins[j], OTHER] == wallet and cells[ins[j], ASSET] == asset)
        if known or count == middle.size:
            continue
        _, newest = summed(cells, words, ins, came, wallet, asset, 0, AMOUNT, on)
        if wallet == source:
            put(open_sum, on)
            continue
        oldest, _ = summed(cells, words, outs, went, wallet, asset, 0, AMOUNT, got)
        if oldest == -1 or oldest >= newest or not half_at_least(on, got) or not half_at_least(got, on):
            continue
        if is_hub(degrees, old_degrees, wallet, now, hub):
            continue
        u256.add_to(all_sum, on)
        middle[count] = wallet
        count += 1
    return 0 if u256.at_least(open_sum, 1, all_sum, 4 * max(count, 1)) else count


@njit(cache=True)
def write_between(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, what, step, origin, payer, payee, asset, before, transaction,
    block, now, rows, lines, used, full,
):  # fmt: skip
    """Lines of what one wallet paid another, oldest first; how many lines there are then, or NONE."""
    end, side = (payer, IN) if payer != payee else (NONE, EXCHANGED)
    count = listed(cells, control, current, previous, payee, side, block, now, before, LONG, rows)
    for i in range(count - 1, -1, -1):
        row = rows[i]
        if cells[row, ASSET] != asset or (end != NONE and cells[row, OTHER] != end):
            continue
        used = write(
            lines, used, full, transaction, origin, what, step, payer, payee, asset, cells[row, ROW],
            cells[row, TRANSACTION], words[row, AMOUNT : AMOUNT + 4],
        )  # fmt: skip
    return used
