"""Kernel of the part `kept`: what each account had of each asset before a transaction, and what it spent that
it was never seen to get.
"""

from __future__ import annotations

from detectors.kernels.tables import pair_key, word
from detectors.kernels.u256 import add_to, compare, subtract_from
from detectors.memory.claims import SINCE, claim, seen
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import OWN

KEPT = Layout(ints=("first", "last"), words=("balance", "short", "got"))
"""Of an account and asset: time of the first and of the last transaction after which it had more, what it
has by what was seen, what it spent beyond that, and what it ever got, all together.
"""
FIRST, LAST, BALANCE, SHORT, GOT = (OWN + at for at in KEPT.at(*KEPT.ints, *KEPT.words))
LOOKED = 64
"""Lines of a transaction among which its signer's are looked for."""


@njit(cache=True)
def _signed(lines, end, account, asset, signer, line):  # type: ignore[no-untyped-def]
    """Whether a line is its signer's, or the signer paid or got of that asset in the same transaction."""
    if account[line] == signer:
        return True
    for other in range(lines, min(end, lines + LOOKED)):
        if account[other] == signer and asset[other] == asset[line]:
            return True
    return False


@njit(cache=True)
def _write(row, received, paid, time, before, short, got):  # type: ignore[no-untyped-def]
    """One line: what was there before, and what has been spent beyond it and ever got, this with it."""
    balance, spent, all_in = word(row, BALANCE), word(row, SHORT), word(row, GOT)
    before[:] = balance
    add_to(all_in, received)
    got[:] = all_in
    add_to(balance, received)
    if compare(balance, paid) >= 0:
        subtract_from(balance, paid)
    else:
        missing = paid.copy()
        subtract_from(missing, balance)
        add_to(spent, missing)
        balance[:] = 0
    short[:] = spent
    if compare(received, paid) > 0:
        row[LAST] = time
        if row[FIRST] == 0:
            row[FIRST] = time


@njit(cache=True)
def _supply(current, previous, told, old_told, asset, time, out):  # type: ignore[no-untyped-def]
    """What was minted of an asset by what was seen and is not burnt. It is the zero address that pays what is
    minted, or the token itself, as Compound's do.
    """
    out[:] = 0
    if asset == 0:
        return
    for source in (0, asset):
        row = seen(current, previous, told, old_told, pair_key(source, asset), time)
        if row.size > 0:
            minted, burnt = word(row, SHORT), word(row, BALANCE)
            if compare(minted, burnt) >= 0:
                add_to(out, minted)
                subtract_from(out, burnt)


@njit(cache=True)
def kept_balances(  # type: ignore[no-untyped-def]
    number, block, time, signer, transaction, account, asset, received, paid,
    current, previous, journal, told, old_told, told_journal,
    out_before, out_short, out_got, out_supply, out_issued, out_first, out_last, out_known_from,
):  # fmt: skip
    """Writes beside each line of `net` what was known of its account and asset before."""
    t, begin, end = 0, 0, 0
    for line in range(transaction.size):
        if line == 0 or transaction[line] != transaction[line - 1]:
            while number[t] != transaction[line]:
                t += 1
            begin = line
            end = line
            while end < transaction.size and transaction[end] == transaction[line]:
                end += 1
            for other in range(begin, end):
                _supply(current, previous, told, old_told, asset[other], time[t], out_supply[other])
                _supply(current, previous, told, old_told, account[other], time[t], out_issued[other])
        signed = _signed(begin, end, account, asset, signer[t], line)
        key = pair_key(account[line], asset[line])
        row = claim(current, previous, journal, told, old_told, told_journal, key, block[t], time[t], signed)
        out_first[line], out_last[line], out_known_from[line] = row[FIRST], row[LAST], row[SINCE]
        _write(row, received[line], paid[line], time[t], out_before[line], out_short[line], out_got[line])
    return transaction.size
