"""Kernels that finish rows with names: what is learned of an address once, what is the native coin, and the
rows in the row log.
"""

from __future__ import annotations

from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.rows.laying import ASSET, EMITTER, SIGNER, SOURCE, TARGET, THIRD
from detectors.memory.accounts import ACCOUNTS
from detectors.memory.append_only import BLOCK, TIME
from detectors.memory.append_only import COUNT as ROWS
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.names import CREATED, CREATOR, EMITTED, SIGNED
from detectors.memory.numbers import NONE, tell

TRANSACTION, CREATION = int(Kind.TRANSACTION), int(Kind.CREATION)

PLACES = ("signer", "source", "target", "third")
"""The accounts by which the row log finds a row."""

LAYOUT = Layout(
    ints=(
        "transaction", "kind", "log_index", "index_in_log", "trace_index", "emitter", "asset", "item",
        "small", "small2", "flag",
    ),
    words=("amount", "amount2"),
)  # fmt: skip
"""What a row of the log carries beside its accounts."""

_FIRST = ACCOUNTS + 2 * len(PLACES)
_AMOUNT = _FIRST + len(LAYOUT.ints)


@njit(cache=True)
def tell_once(cells, control, journal, ids, room, rows, kind, block, flag):  # type: ignore[no-untyped-def]
    """Who signed, who spoke, who was created and by whom: the first time it is seen."""
    for row in range(rows):
        if kind[row] == TRANSACTION:
            signer = ids[SIGNER * room + row]
            tell(cells, control, journal, signer, SIGNED, NONE, 0, block[row])
            made = ids[THIRD * room + row]
            if made != 0 and flag[row]:
                tell(cells, control, journal, made, CREATED, CREATOR, signer, block[row])
        elif kind[row] == CREATION:
            made, by = ids[TARGET * room + row], ids[SOURCE * room + row]
            tell(cells, control, journal, made, CREATED, CREATOR, by, block[row])
        else:
            speaker = ids[EMITTER * room + row]
            if speaker != 0:
                tell(cells, control, journal, speaker, EMITTED, NONE, 0, block[row])


@njit(cache=True)
def is_coin(coins, since, asset, block):  # type: ignore[no-untyped-def]
    """Whether an asset is native value, or was known in a block to wrap it. `coins` rise."""
    if asset == 0:
        return True
    low, high = 0, coins.size
    while low < high:
        middle = (low + high) // 2
        if coins[middle] < asset:
            low = middle + 1
        else:
            high = middle
    return low < coins.size and coins[low] == asset and since[low] <= block


@njit(cache=True)
def as_money(coins, since, assets, block, out):  # type: ignore[no-untyped-def]
    """Assets, those that are the coin as 0."""
    for row in range(out.size):
        out[row] = 0 if is_coin(coins, since, assets[row], block[row]) else assets[row]


@njit(cache=True)
def write_log(  # type: ignore[no-untyped-def]
    cells, words, control, ids, room, rows, block, time, transaction, kind, log_index, index_in_log,
    trace_index, item, small, small2, flag, amount, amount2, accounts,
):  # fmt: skip
    """Fills the next cells of the row log and the accounts by which they are to be linked."""
    first = control[ROWS]
    for row in range(rows):
        at = first + row
        cells[at, BLOCK], cells[at, TIME] = block[row], time[row]
        for place in range(accounts.shape[1]):
            account = ids[place * room + row]
            accounts[row, place] = account if account != 0 else NONE
        cell = _FIRST
        cells[at, cell], cells[at, cell + 1] = transaction[row], kind[row]
        cells[at, cell + 2], cells[at, cell + 3] = log_index[row], index_in_log[row]
        cells[at, cell + 4] = trace_index[row]
        cells[at, cell + 5], cells[at, cell + 6] = ids[EMITTER * room + row], ids[ASSET * room + row]
        cells[at, cell + 7], cells[at, cell + 8] = item[row], small[row]
        cells[at, cell + 9], cells[at, cell + 10] = small2[row], flag[row]
        for i in range(4):
            words[at, _AMOUNT + i] = amount[4 * row + i]
            words[at, _AMOUNT + 4 + i] = amount2[4 * row + i]
