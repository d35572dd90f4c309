"""The one pass over transactions and logs that makes rows of them, in chain order.

Arguments are flat, since a call with nested tuples of arrays costs more than a block. A binary column is its
bytes, where each row's begin, and, where it may be null, which rows hold something. Rows are written only
where there is room; where it ends, they are counted on, and the caller comes again with more.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding.filling import (
    ADDRESS_ROW,
    EMITTER,
    MORE_ROW,
    SOURCE,
    TARGET,
    WORD_ROW,
    clear,
    fill,
    finish,
    has_amount,
)
from detectors.kernels.decoding.reading import (
    BARE,
    E_EXACT,
    E_HEAD,
    E_KIND,
    E_LANES,
    E_MORE,
    E_NEXT,
    E_TOPICS,
    INLINED,
    LIMBS,
    TOPICS,
    WORD,
    read_address,
    read_word,
    rows_of,
)
from detectors.memory.compiled import njit

NATIVE, NATIVE_LOG_INDEX = 1, -1
NONE = -1
ADDRESS_BYTES = 20

# What is wrong with a batch that no ingester makes.
(
    SOUND, TRANSACTION_PLACE, TRANSACTION_BLOCK, TRANSACTION_WIDTH, LOG_PLACE, LOG_ADDRESS, LOG_TOPIC_WIDTH,
    LOG_TOPIC_GAP,
) = range(8)  # fmt: skip


@njit(**INLINED)
def wide(places, row, size):  # type: ignore[no-untyped-def]
    return places[row + 1] - places[row] == size


@njit(**INLINED)
def topic_of(content, places, held, row, log, at):  # type: ignore[no-untyped-def]
    """Reads a topic: 1, or 0 where the log has none, or -1 where it is not a word."""
    if not held[row]:
        return 0
    if not wide(places, row, WORD):
        return -1
    read_word(content, places[row], log, LIMBS * at)
    return 1


@njit(**INLINED)
def event_of(events, signatures, slots, log, count):  # type: ignore[no-untyped-def]
    """The declared event of a log with so many topics, or -1."""
    event = slots[np.int64(log[0] & np.uint64(slots.size - 1))] if count > 0 else NONE
    while event >= 0:
        same = events[event, E_TOPICS] == count
        for i in range(LIMBS):
            same = same and signatures[event, i] == log[i]
        if same:
            return event
        event = events[event, E_NEXT]
    return NONE


@njit(**INLINED)
def shaped(events, parameters, event, log, data, start, size):  # type: ignore[no-untyped-def]
    """How many rows a log can make, by the size of its data; the head of the data is read where any."""
    head, exact = events[event, E_HEAD], events[event, E_EXACT]
    if size < WORD * head or (exact and size != WORD * head):
        return 0
    for i in range(head):
        read_word(data, start + WORD * i, log, LIMBS * (TOPICS + i))
    return events[event, E_LANES] if exact else rows_of(events, parameters, event, data, start, size)


@njit(**INLINED)
def put_rows(  # type: ignore[no-untyped-def]
    events, parameters, masks, event, rows, log, data, start, size, emitter, emitter_at, row, further,
    kind, index_in_log, flag, addresses, words, small, more_row, more,
):  # fmt: skip
    """Writes what a log says: how many rows it is. None where one of its words is not of its type."""
    first, apart, lanes = row, events[event, E_MORE], events[event, E_LANES]
    for index in range(rows):
        clear(row, addresses, words, small, flag)
        read_address(emitter, emitter_at, addresses, ADDRESS_ROW * row + EMITTER)
        for i in range(MORE_ROW * apart):
            more[np.uint64(MORE_ROW * further) + np.uint64(i)] = 0
        if not fill(
            events, parameters, masks, event, index, log, data, start, size, row, further,
            addresses, words, small, flag, more,
        ):  # fmt: skip
            return 0
        finish(events, event, row, addresses, words, flag)
        if lanes > 1 and not has_amount(words, row):
            continue
        kind[row], index_in_log[row] = events[event, E_KIND], index
        more_row[row] = further if apart else NONE
        row, further = row + 1, further + apart
    return row - first


@njit(**BARE)
def one_pass(  # type: ignore[no-untyped-def]
    events, parameters, masks, signatures, slots,
    block_number, block_time,
    tx_block, tx_index, done, payer, payer_at, payee, payee_at, payee_held, created, created_at, created_held,
    value, value_at,
    log_block, log_tx, log_number, emitter, emitter_at,
    topic0, topic0_at, topic0_held, topic1, topic1_at, topic1_held,
    topic2, topic2_at, topic2_held, topic3, topic3_at, topic3_held, data, data_at,
    block, time, transaction, log_row, kind, log_index, index_in_log, flag, addresses, words, small,
    more_row, more, scratch,
):  # fmt: skip
    """(what is wrong, in which row, rows, rows of `more`). More rows than there was room for say how much is
    needed: then nothing that was written holds.
    """
    room, more_room = kind.size, more.size // MORE_ROW
    row = further = log = b = 0
    for t in range(tx_block.size):
        if t > 0 and tx_block[t] == tx_block[t - 1] and tx_index[t] <= tx_index[t - 1]:
            return TRANSACTION_PLACE, t, row, further
        while b < block_number.size and block_number[b] != tx_block[t]:
            b += 1
        if b == block_number.size:
            return TRANSACTION_BLOCK, t, row, further
        if (
            not wide(payer_at, t, ADDRESS_BYTES)
            or (payee_held[t] and not wide(payee_at, t, ADDRESS_BYTES))
            or (created_held[t] and not wide(created_at, t, ADDRESS_BYTES))
            or not wide(value_at, t, WORD)
        ):
            return TRANSACTION_WIDTH, t, row, further
        opened = row

        read_word(value, value_at[t], scratch, 0)
        paid = (scratch[0] | scratch[1] | scratch[2] | scratch[3]) != 0
        if paid and done[t] and (payee_held[t] or created_held[t]):
            if row < room:
                clear(row, addresses, words, small, flag)
                read_address(payer, payer_at[t], addresses, ADDRESS_ROW * row + SOURCE)
                if payee_held[t]:
                    read_address(payee, payee_at[t], addresses, ADDRESS_ROW * row + TARGET)
                else:
                    read_address(created, created_at[t], addresses, ADDRESS_ROW * row + TARGET)
                read_word(value, value_at[t], words, WORD_ROW * row)
                kind[row], index_in_log[row], more_row[row] = NATIVE, 0, NONE
                log_row[row], log_index[row] = NONE, NATIVE_LOG_INDEX
            row += 1

        before = np.int64(-1)
        while log < log_block.size and log_block[log] == tx_block[t] and log_tx[log] == tx_index[t]:
            if log_number[log] <= before:
                return LOG_PLACE, log, row, further
            before = np.int64(log_number[log])
            if not wide(emitter_at, log, ADDRESS_BYTES):
                return LOG_ADDRESS, log, row, further
            has0 = topic_of(topic0, topic0_at, topic0_held, log, scratch, 0)
            has1 = topic_of(topic1, topic1_at, topic1_held, log, scratch, 1)
            has2 = topic_of(topic2, topic2_at, topic2_held, log, scratch, 2)
            has3 = topic_of(topic3, topic3_at, topic3_held, log, scratch, 3)
            if has0 < 0 or has1 < 0 or has2 < 0 or has3 < 0:
                return LOG_TOPIC_WIDTH, log, row, further
            if has0 < has1 or has1 < has2 or has2 < has3:
                return LOG_TOPIC_GAP, log, row, further

            event = event_of(events, signatures, slots, scratch, has0 + has1 + has2 + has3)
            start, size, rows = data_at[log], data_at[log + 1] - data_at[log], 0
            if event >= 0:
                rows = shaped(events, parameters, event, scratch, data, start, size)
            if rows > 0:
                apart = events[event, E_MORE]
                if row + rows > room or further + rows * apart > more_room:
                    room = more_room = 0
                else:
                    rows = put_rows(
                        events, parameters, masks, event, rows, scratch, data, start, size, emitter,
                        emitter_at[log], row, further, kind, index_in_log, flag, addresses, words, small,
                        more_row, more,
                    )  # fmt: skip
                    for i in range(row, row + rows):
                        log_row[i], log_index[i] = log, log_number[log]
                row, further = row + rows, further + rows * apart
            log += 1
        for i in range(opened, min(row, room)):
            block[i], time[i], transaction[i] = tx_block[t], block_time[b], t
    if log < log_block.size:
        return LOG_PLACE, log, row, further
    return SOUND, 0, row, further
