"""Makes a row of a log whose event is known: each word is checked for its type and put where it belongs.

The columns of a row lie one after the other in flat arrays: `addresses` holds five of five 32-bit numbers a
row, `words` three of four limbs, `more` four of four limbs for the few kinds that have so many.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding.reading import (
    ADDRESS,
    ARRAY_OF_BYTES,
    BARE,
    BYTES,
    E_FIRST,
    E_FLAG,
    E_LAST,
    E_OTHERS,
    E_OWN,
    E_SINGLE,
    E_WORDS,
    FLAG,
    FLAG_OF_AMOUNT,
    FLAG_OF_TARGET,
    INLINED,
    LIMBS,
    MORE,
    NOTHING,
    P_INTO,
    P_LANE,
    P_SLOT,
    P_TYPE,
    P_WORD,
    SMALL,
    SPLIT,
    TOPICS,
    UNSIGNED,
    WORD,
    WORDS,
    bytes_at,
    number,
    read_word,
)
from detectors.memory.compiled import njit

ADDRESS_ROW, WORD_ROW, MORE_ROW, SMALL_ROW = 25, 12, 16, 2
EMITTER, ASSET, SOURCE, TARGET = 0, 5, 10, 15
"""Where these begin in a row of `addresses`."""
ELEMENT = 15
"""The word that an element of an array is read into."""

_SIGN = np.uint64(1) << np.uint64(63)
_HALF = np.uint64(32)
_ZERO = np.uint64(0)


@njit(**INLINED)
def clear(row, addresses, words, small, flag):  # type: ignore[no-untyped-def]
    """An empty row: what its kind leaves out stays zero."""
    for i in range(ADDRESS_ROW):
        addresses[np.uint64(ADDRESS_ROW * row) + np.uint64(i)] = 0
    for i in range(WORD_ROW):
        words[np.uint64(WORD_ROW * row) + np.uint64(i)] = 0
    small[SMALL_ROW * row], small[SMALL_ROW * row + 1], flag[row] = 0, 0, False


@njit(**INLINED)
def fill(  # type: ignore[no-untyped-def]
    events, parameters, masks, event, index, log, data, start, size, row, further, addresses, words, small,
    flag, more,
):  # fmt: skip
    """One row of a log: whether every word is of its type. `log` holds its topics and the head of its data;
    where dynamic parts lie was checked by `rows_of`.
    """
    for p in range(events[event, E_FIRST], events[event, E_WORDS]):
        word = LIMBS * parameters[p, P_WORD]
        if log[word] != 0 or log[word + 1] >> _HALF != 0:
            return False
        put_address(log, word, addresses, ADDRESS_ROW * row + 5 * parameters[p, P_SLOT])
    for p in range(events[event, E_WORDS], events[event, E_OTHERS]):
        word = LIMBS * parameters[p, P_WORD]
        if unused_bits(log, word, masks, p) != 0:
            return False
        put_word(log, word, words, WORD_ROW * row + LIMBS * parameters[p, P_SLOT])
    for p in range(events[event, E_OTHERS], events[event, E_LAST]):
        kind, into, slot = parameters[p, P_TYPE], parameters[p, P_INTO], parameters[p, P_SLOT]
        word = parameters[p, P_WORD]
        if kind >= BYTES:
            if kind == BYTES or into == NOTHING:
                continue
            base = number(data, start, size, WORD * (word - TOPICS))
            at = base + WORD * (index + 1)
            if kind == ARRAY_OF_BYTES:
                if not put_bytes(data, start, size, base + WORD, at, small, SMALL_ROW * row):
                    return False
                continue
            word = ELEMENT
            read_word(data, start + at, log, LIMBS * word)
        word *= LIMBS
        if unused_bits(log, word, masks, p) != 0 and not sign_fills(log, word, masks, p, kind):
            return False
        if parameters[p, P_LANE] >= 0 and parameters[p, P_LANE] != index:
            continue
        if into == ADDRESS:
            put_address(log, word, addresses, ADDRESS_ROW * row + 5 * slot)
        elif into == WORDS and kind == SPLIT:
            first, other = WORD_ROW * row + LIMBS * slot, MORE_ROW * further + LIMBS * slot
            put_signed(log, word, words, first, more, other)
        elif into == WORDS:
            put_word(log, word, words, WORD_ROW * row + LIMBS * slot)
        elif into == MORE:
            put_word(log, word, more, MORE_ROW * further + LIMBS * slot)
        elif into == SMALL:
            small[SMALL_ROW * row + slot] = np.int64(log[word + 3])
        elif into == FLAG:
            flag[row] = log[word + 3] != 0
    return True


@njit(**INLINED)
def finish(events, event, row, addresses, words, flag):  # type: ignore[no-untyped-def]
    """What a row's event says beside its parameters."""
    if events[event, E_OWN]:
        for i in range(5):
            addresses[ADDRESS_ROW * row + ASSET + i] = addresses[ADDRESS_ROW * row + EMITTER + i]
    if events[event, E_SINGLE]:
        words[WORD_ROW * row + 3] = 1
    if events[event, E_FLAG] == FLAG_OF_AMOUNT:
        flag[row] = has_amount(words, row)
    elif events[event, E_FLAG] == FLAG_OF_TARGET:
        for i in range(5):
            flag[row] = flag[row] or addresses[ADDRESS_ROW * row + TARGET + i] != 0


@njit(**BARE)
def has_amount(words, row):  # type: ignore[no-untyped-def]
    first = WORD_ROW * row
    return words[first] | words[first + 1] | words[first + 2] | words[first + 3] != 0


@njit(**BARE)
def unused_bits(log, word, masks, p):  # type: ignore[no-untyped-def]
    """What stands in the bits that the parameter's type leaves unused."""
    found = _ZERO
    for i in range(LIMBS):
        found |= log[np.uint64(word) + np.uint64(i)] & masks[np.uint64(p), np.uint64(i)]
    return found


@njit(**BARE)
def sign_fills(log, word, masks, p, kind):  # type: ignore[no-untyped-def]
    """Whether a word is a negative number of its type: all of the bits above it are set."""
    if kind >= BYTES or kind == UNSIGNED:
        return False
    missing = _ZERO
    for i in range(LIMBS):
        missing |= ~log[word + i] & masks[p, i]
    return missing == 0


@njit(**BARE)
def put_address(log, word, addresses, first):  # type: ignore[no-untyped-def]
    at, out = np.uint64(word), np.uint64(first)
    middle, low = log[at + np.uint64(2)], log[at + np.uint64(3)]
    addresses[out] = turned(log[at + np.uint64(1)])
    addresses[out + np.uint64(1)] = turned(middle >> _HALF)
    addresses[out + np.uint64(2)] = turned(middle)
    addresses[out + np.uint64(3)] = turned(low >> _HALF)
    addresses[out + np.uint64(4)] = turned(low)


@njit(**BARE)
def turned(limb):  # type: ignore[no-untyped-def]
    """The low 32 bits with their bytes in the order that they came in."""
    low = np.uint32(limb & np.uint64(0xFFFFFFFF))
    return np.uint32(
        (low >> np.uint32(24))
        | ((low >> np.uint32(8)) & np.uint32(0xFF00))
        | ((low << np.uint32(8)) & np.uint32(0xFF0000))
        | (low << np.uint32(24))
    )


@njit(**BARE)
def put_word(log, word, out, first):  # type: ignore[no-untyped-def]
    for i in range(LIMBS):
        out[np.uint64(first) + np.uint64(i)] = log[np.uint64(word) + np.uint64(i)]


@njit(**BARE)
def put_signed(log, word, above, first, below, other):  # type: ignore[no-untyped-def]
    """A signed word as what is above zero, and how far below zero: one of the two is zero."""
    if log[word] < _SIGN:
        put_word(log, word, above, first)
        for i in range(LIMBS):
            below[other + i] = _ZERO
        return
    carry = np.uint64(1)
    for i in range(LIMBS - 1, -1, -1):
        below[other + i] = ~log[word + i] + carry
        carry = carry if below[other + i] == 0 else _ZERO
        above[first + i] = _ZERO


@njit(**BARE)
def put_bytes(data, start, size, elements, at, small, first):  # type: ignore[no-untyped-def]
    """Where the bytes lie whose place, counted from `elements` on, is at byte `at`; False where they do not
    end inside.
    """
    place = number(data, start, size, at)
    length = bytes_at(data, start, size, elements + place) if place >= 0 else -1
    small[first], small[first + 1] = elements + place + WORD, length
    return length >= 0
