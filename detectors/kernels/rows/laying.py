"""Kernels that lay transactions, what calls inside of them did, and decoded logs into one order."""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding.filling import ADDRESS_ROW, SMALL_ROW, WORD_ROW
from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.decoding.one_pass import NATIVE
from detectors.kernels.decoding.reading import read_address, read_word
from detectors.memory.compiled import njit

assert NATIVE == Kind.NATIVE
TRANSACTION = int(Kind.TRANSACTION)

SIGNER, SOURCE, TARGET, THIRD, EMITTER, ASSET = range(6)
"""Places of a row, in the order in which addresses of it are numbered."""
PLACES = 6

SAME_AS_ABOVE, AS_EMITTER, AS_SIGNER = -2, -3, -4
"""Instead of a number that is to come: that of the row above in the same place; that of the row's own emitter
or signer.
"""

_DECODED = (10, 15, 20, 0, 5)
"""Where source, target, third, emitter and asset begin in a row of `decoding`'s addresses."""


@njit(cache=True)
def selectors(data, at, held, out):  # type: ignore[no-untyped-def]
    """The first four bytes of each call data as a number; -1 where there are fewer."""
    for i in range(out.size):
        out[i] = -1
        if held[i] and at[i + 1] - at[i] >= 4:
            j = at[i]
            out[i] = (
                (np.int64(data[j]) << 24)
                | (np.int64(data[j + 1]) << 16)
                | (np.int64(data[j + 2]) << 8)
                | np.int64(data[j + 3])
            )


@njit(cache=True)
def _is_zero(words, at):  # type: ignore[no-untyped-def]
    return (words[at] | words[at + 1] | words[at + 2] | words[at + 3] | words[at + 4]) == 0


@njit(cache=True)
def _equal(words, one, other):  # type: ignore[no-untyped-def]
    same = True
    for i in range(5):
        same = same and words[one + i] == words[other + i]
    return same


@njit(cache=True)
def _want(words, at, slot, block, time, wanted, slots, blocks, times, count):  # type: ignore[no-untyped-def]
    for i in range(5):
        wanted[count, i] = words[at + i]
    slots[count], blocks[count], times[count] = slot, block, time
    return count + 1


@njit(cache=True)
def lay(  # type: ignore[no-untyped-def]
    first_transaction, block_number, block_time,
    tx_block, done, payer, payer_at, payee, payee_at, payee_held, created, created_at, created_held,
    value, value_at, selector,
    in_transaction, in_index, in_kind, in_source, in_target, in_amount,
    counts, d_transaction, d_kind, d_log_index, d_index_in_log, d_flag, d_addresses, d_words, d_small, d_more,
    block, time, transaction, kind, log_index, index_in_log, trace_index, flag, small, small2, more,
    amount, amount2, item, ids, wanted, slots, blocks, times, tx_first, scratch,
):  # fmt: skip
    """Writes the rows; `ids` [place, row] gets what needs no look-up, the rest is `wanted`: words, and the
    slot of `ids` that waits for the number. A decoded row that does not count is left out. Returns how many
    rows there are, and how many are wanted.
    """
    room, row, inner, decoded, count, b = block.size, 0, 0, 0, 0, 0
    for t in range(tx_block.size):
        while block_number[b] != tx_block[t]:
            b += 1
        here, now, top = tx_block[t], block_time[b], row
        tx_first[t] = row

        kind[row], flag[row], small[row], small2[row], more[row] = TRANSACTION, done[t], selector[t], 0, -1
        log_index[row], index_in_log[row], trace_index[row] = -1, 0, -1
        read_word(value, value_at[t], amount, 4 * row)
        for place in range(PLACES):
            ids[place * room + row] = 0
        ids[SOURCE * room + row] = AS_SIGNER
        read_address(payer, payer_at[t], scratch, 0)
        if not _is_zero(scratch, 0):
            count = _want(scratch, 0, SIGNER * room + row, here, now, wanted, slots, blocks, times, count)
        if payee_held[t]:
            read_address(payee, payee_at[t], scratch, 0)
        elif created_held[t]:
            read_address(created, created_at[t], scratch, 0)
        if (payee_held[t] or created_held[t]) and not _is_zero(scratch, 0):
            count = _want(scratch, 0, TARGET * room + row, here, now, wanted, slots, blocks, times, count)
        if created_held[t] and done[t]:
            read_address(created, created_at[t], scratch, 0)
            if not _is_zero(scratch, 0):
                count = _want(scratch, 0, THIRD * room + row, here, now, wanted, slots, blocks, times, count)
        row += 1

        while inner < in_transaction.size and in_transaction[inner] == t:
            kind[row], flag[row], small[row], small2[row], more[row] = in_kind[inner], True, 0, 0, -1
            log_index[row], index_in_log[row], trace_index[row] = -1, 0, in_index[inner]
            for i in range(4):
                amount[4 * row + i] = in_amount[4 * inner + i]
            for place in range(PLACES):
                ids[place * room + row] = 0
            ids[SIGNER * room + row] = SAME_AS_ABOVE
            if not _is_zero(in_source, 5 * inner):
                slot = SOURCE * room + row
                count = _want(in_source, 5 * inner, slot, here, now, wanted, slots, blocks, times, count)
            if not _is_zero(in_target, 5 * inner):
                slot = TARGET * room + row
                count = _want(in_target, 5 * inner, slot, here, now, wanted, slots, blocks, times, count)
            inner, row = inner + 1, row + 1

        before = -1
        while decoded < d_kind.size and d_transaction[decoded] == t:
            if d_kind[decoded] == NATIVE or not counts[decoded]:
                decoded += 1
                continue
            kind[row], flag[row], more[row] = d_kind[decoded], d_flag[decoded], d_more[decoded]
            small[row], small2[row] = d_small[SMALL_ROW * decoded], d_small[SMALL_ROW * decoded + 1]
            log_index[row], index_in_log[row] = d_log_index[decoded], d_index_in_log[decoded]
            trace_index[row] = -1
            for i in range(4):
                amount[4 * row + i] = d_words[WORD_ROW * decoded + i]
                amount2[4 * row + i] = d_words[WORD_ROW * decoded + 4 + i]
                item[4 * row + i] = d_words[WORD_ROW * decoded + 8 + i]
            ids[SIGNER * room + row] = SAME_AS_ABOVE
            base = ADDRESS_ROW * decoded
            for place in range(SOURCE, PLACES):
                at, slot = base + _DECODED[place - 1], place * room + row
                if _is_zero(d_addresses, at):
                    ids[slot] = 0
                elif place == ASSET and _equal(d_addresses, at, base):
                    ids[slot] = AS_EMITTER
                elif before >= 0 and _equal(d_addresses, at, ADDRESS_ROW * before + _DECODED[place - 1]):
                    ids[slot] = SAME_AS_ABOVE
                else:
                    count = _want(d_addresses, at, slot, here, now, wanted, slots, blocks, times, count)
            before, decoded, row = decoded, decoded + 1, row + 1

        for i in range(top, row):
            block[i], time[i], transaction[i] = here, now, first_transaction + t
    tx_first[tx_block.size] = row
    return row, count


@njit(cache=True)
def spread(ids, room, rows, slots, found):  # type: ignore[no-untyped-def]
    """Puts the numbers that were waited for into their slots, and what is as another slot beside."""
    for i in range(found.size):
        ids[slots[i]] = found[i]
    for row in range(rows):
        for place in range(PLACES):
            at = place * room + row
            if ids[at] == SAME_AS_ABOVE:
                ids[at] = ids[at - 1]
            elif ids[at] == AS_EMITTER:
                ids[at] = ids[EMITTER * room + row]
            elif ids[at] == AS_SIGNER:
                ids[at] = ids[SIGNER * room + row]
