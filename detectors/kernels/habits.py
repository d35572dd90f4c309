"""Kernel of the part `habits`: decaying rates of what each wallet does, and how it stands at the end of each
block that touched it.
"""

import math

import numpy as np

from detectors.kernels.holdings import claimed, known
from detectors.memory.borrowed import borrowed
from detectors.memory.claims import SINCE
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import OWN

HABIT = Layout(
    ints=("first_time", "last_time", "sent", "distinct_in", "distinct_out", "block"),
    floats=("out_fast", "in_fast", "out_slow", "in_slow", "new_out", "new_in", "new_asset", "amount"),
)
"""Of a wallet: when it first appeared, when its rates were worked out last; transactions of its own that
moved something, distinct payers and payees; the block that touched it last, plus one. Its floats: decaying
counts, so that they stand still where behaviour does, and how unusual its amounts were.
"""
FIRST_TIME, LAST_TIME, SENT, DISTINCT_IN, DISTINCT_OUT, TOUCHED = range(OWN, OWN + 6)
OUT_FAST, IN_FAST, OUT_SLOW, IN_SLOW, NEW_OUT, NEW_IN, NEW_ASSET, AMOUNT = range(OWN + 6, OWN + 14)
FAST_SECONDS = 60.0
SLOW_SECONDS = 600.0

WALLET_FEATURES = (
    "out_fast", "in_fast", "out_slow", "in_slow", "new_payees", "new_payers", "new_assets", "unusual_amount",
    "out_over_in", "share_new_payees",
)  # fmt: skip
"""Features of a wallet at a block's end: logs of decaying counts, a distance in spreads, a log ratio and a
share.
"""
STANDING = ("block", "id", "time", "first_time", "distinct_in", "distinct_out")
"""Beside them: which block and wallet that is, and what a model does not see."""

ROW = (
    "payer", "payee", "signer", "signed", "opens", "closes", "moves", "met", "new_asset", "time", "block",
    "payer_since", "payee_since", "signer_since",
)  # fmt: skip
"""Of a transfer: whether its payer asked for it, it is its transaction's first and its block's last, it moves
something, how often they met before, the asset is new to the payee; and since when each is heard of.
"""
(
    PAYER, PAYEE, SIGNER, SIGNED, OPENS, CLOSES, MOVES, MET, NEW, TIME, BLOCK, PAYER_SINCE, PAYEE_SINCE,
    SIGNER_SINCE,
) = range(len(ROW))  # fmt: skip


@njit(cache=True)
def habit(wallets, row, who, since):  # type: ignore[no-untyped-def]
    """The row of a party of a transfer, with its rates as of now."""
    time = row[TIME]
    found = claimed(wallets, who, row[BLOCK], time, row[SIGNED] != 0 or row[SIGNER] == who)
    if found[FIRST_TIME] == 0:
        # what was known of it may have been dropped
        found[FIRST_TIME] = max(time if since >= found[SINCE] else since, 1)
        found[LAST_TIME] = time
    elapsed = float(time - found[LAST_TIME])
    if elapsed > 0.0:
        fast, slow = math.exp(-elapsed / FAST_SECONDS), math.exp(-elapsed / SLOW_SECONDS)
        rates = found.view(np.float64)
        for column in range(OUT_FAST, AMOUNT + 1):
            rates[column] *= fast if column <= IN_FAST else slow
        found[LAST_TIME] = time
    return found


@njit(cache=True)
def mark(row, found, who, open_wallets, count):  # type: ignore[no-untyped-def]
    """Remembers that a block touched a wallet; returns how many it touched so far."""
    if found[TOUCHED] != row[BLOCK] + 1:
        found[TOUCHED] = row[BLOCK] + 1
        open_wallets[count] = who
        return count + 1
    return count


@njit(cache=True)
def pay(given, got, row, distance):  # type: ignore[no-untyped-def]
    """Counts a payment between two wallets, whose rows these are."""
    given_rates, got_rates = given.view(np.float64), got.view(np.float64)
    if row[MET] == 0:
        given[DISTINCT_OUT] += 1
        got[DISTINCT_IN] += 1
        given_rates[NEW_OUT] += 1.0
        got_rates[NEW_IN] += 1.0
    given_rates[OUT_FAST] += 1.0
    given_rates[OUT_SLOW] += 1.0
    got_rates[IN_FAST] += 1.0
    got_rates[IN_SLOW] += 1.0
    given_rates[AMOUNT] = max(given_rates[AMOUNT], distance)


@njit(cache=True)
def stand(wallets, row, who, used, standing, features):  # type: ignore[no-untyped-def]
    """Writes how a wallet stands, if it is known to send transactions of its own; returns how many are
    written.
    """
    found = known(wallets, who, row[TIME])
    if found.size == 0 or found[SENT] == 0:
        return used
    standing[used, 0], standing[used, 1], standing[used, 2] = row[BLOCK], who, row[TIME]
    standing[used, 3], standing[used, 4] = found[FIRST_TIME], found[DISTINCT_IN]
    standing[used, 5] = found[DISTINCT_OUT]
    rates = found.view(np.float64)
    for column in range(OUT_FAST, AMOUNT):
        features[used, column - OUT_FAST] = math.log1p(rates[column])
    last = AMOUNT - OUT_FAST
    features[used, last] = rates[AMOUNT]
    features[used, last + 1] = math.log((rates[OUT_SLOW] + 1.0) / (rates[IN_SLOW] + 1.0))
    features[used, last + 2] = min(rates[NEW_OUT] / (rates[OUT_SLOW] + 1.0), 1.0)
    return used + 1


@njit(cache=True)
def follow_habits(wallets, rows, distances, standing, features):  # type: ignore[no-untyped-def]
    """rows: int64 [n, `ROW`]; standing: int64 [3 n, `STANDING`] and features: float64 [3 n,
    `WALLET_FEATURES`], of which as many are written as are returned. Room for every insertion is reserved.
    """
    wallets = borrowed(wallets)
    open_wallets, count, used = np.zeros(3 * rows.shape[0] + 1, np.int64), 0, 0
    for i in range(rows.shape[0]):
        row = rows[i]
        payer, payee = row[PAYER], row[PAYEE]
        if row[OPENS]:
            found = habit(wallets, row, row[SIGNER], row[SIGNER_SINCE])
            found[SENT] += 1
            count = mark(row, found, row[SIGNER], open_wallets, count)
        if row[MOVES] and payer != payee:
            given, got = row[:0], row[:0]
            if payer != 0:
                given = habit(wallets, row, payer, row[PAYER_SINCE])
            if payee != 0:
                got = habit(wallets, row, payee, row[PAYEE_SINCE])
                got.view(np.float64)[NEW_ASSET] += float(row[NEW])
            if payer != 0 and payee != 0:
                pay(given, got, row, distances[i])
                count = mark(row, given, payer, open_wallets, count)
                count = mark(row, got, payee, open_wallets, count)
        if row[CLOSES]:
            for j in range(count):
                used = stand(wallets, row, open_wallets[j], used, standing, features)
            count = 0
    return used
