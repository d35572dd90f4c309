"""Kernel of the part `taint`: keeps what everybody holds, and stops at transactions that move tainted money.

Those are few, and are worked out exactly in Python integers (`detectors.parts.lots`); all others pass here.
"""

from __future__ import annotations

from detectors.kernels import u256
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import look, touch

LOTS = 8
"""Lots of an account and asset, of each of the two ways to count."""

HELD = Layout(ints=("short",), words=("amount", "most"))
"""What an account is known to hold of an asset, and the most it ever held; `short`: it paid more than was
known of.
"""
LOT = Layout(
    ints=(
        *(f"fifo_source_{n}" for n in range(LOTS)),
        *(f"fifo_hops_{n}" for n in range(LOTS)),
        *(f"part_source_{n}" for n in range(LOTS)),
        *(f"part_hops_{n}" for n in range(LOTS)),
        "fifo_count",
        "part_count",
    ),
    words=(*(f"fifo_amount_{n}" for n in range(LOTS)), *(f"part_amount_{n}" for n in range(LOTS))),
)
"""The lots in the order in which they came, clean ones too (source -1); and the tainted parts of the whole,
by source.
"""
SOURCE = Layout(ints=("on", "since", "until"))
"""Of an address: whether it is under sanctions, and when."""

SHORT, AMOUNT, MOST = HELD.at("short", "amount", "most")
COUNTS = LOT.at("fifo_count", "part_count")
ON, SINCE, UNTIL = SOURCE.at("on", "since", "until")


@njit(cache=True)
def key_of(account, asset):  # type: ignore[no-untyped-def]
    return (account << 32) | asset


@njit(cache=True)
def is_listed(sources, old_sources, account, time, found):  # type: ignore[no-untyped-def]
    """Whether somebody is under sanctions at a block time."""
    return (
        look(sources, old_sources, account, time, found)
        and found[ON] != 0
        and found[SINCE] <= time < found[UNTIL]
    )


@njit(cache=True)
def changed(held, words, old_held, journal, key, received, paid, block, time):  # type: ignore[no-untyped-def]
    """What is held after something was received and paid; never below nothing."""
    row = touch(held, old_held, journal, key, block, time)
    amount = words[row + AMOUNT : row + AMOUNT + 4]
    u256.add_to(amount, received)
    if u256.compare(amount, words[row + MOST : row + MOST + 4]) > 0:
        words[row + MOST : row + MOST + 4] = amount
    if u256.compare(amount, paid) < 0:
        held[row + SHORT] = 1
        amount[:] = 0
    else:
        u256.subtract_from(amount, paid)


@njit(cache=True)
def pass_clean(  # type: ignore[no-untyped-def]
    start, line, number, block, time, transaction, account, asset, received, paid,
    held, words, old_held, held_journal, lots, old_lots, sources, old_sources, found,
):  # fmt: skip
    """From a transaction and its first line on: the next one that moves tainted money, or what a listed
    address pays, and its first line; what is held is as before that one.
    """
    for t in range(start, number.size):
        begin = line
        while line < transaction.size and transaction[line] == number[t]:
            key = key_of(account[line], asset[line])
            if look(lots, old_lots, key, time[t], found) and found[COUNTS[0]] + found[COUNTS[1]] > 0:
                return t, begin
            if u256.compare(paid[line], received[line]) > 0 and is_listed(
                sources, old_sources, account[line], time[t], found
            ):
                return t, begin
            line += 1
        for at in range(begin, line):
            if account[at] != 0:
                key = key_of(account[at], asset[at])
                changed(
                    held, words, old_held, held_journal, key, received[at], paid[at], block[t], time[t]
                )  # fmt: skip
    return number.size, line
