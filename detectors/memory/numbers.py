"""Kernels that number keys of several 32-bit words (addresses, items, code hashes) in order of appearance,
and keep what is learned about each once.

To a kernel a numbering is four arrays: `cells` uint32 [numbers, width], a record for each key; `arena`, the
index (see `slots`); `control`; and `journal`, which facts were written in blocks that may still leave. In a
record come the key's words, the block and the time of its first appearance, and its facts. Blocks and numbers
are kept plus one, so that 0 says: not known.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels.compiled import njit
from detectors.memory.slots import COUNT, SEED, first_slot, insert, mixed, remove

NONE = -1
WORDS, SUM = 0, 1
"""Of `control`: words of a key, and a sum over all there is, in which order does not count."""

SEEN, SEEN_TIME, FACTS = 0, 1, 2
"""Columns behind a key's words."""

ON, BEGIN, USED = 0, 1, 2
ENTRIES, ENTRY = 4, 4
"""Of `journal`: whether it is kept, where entries begin and end, the first entry's cell; cells of an entry:
block, number, the column of the fact's block, and that of its value (NONE: it has none).
"""


@njit(cache=True)
def _mark(arena, words, row, count):  # type: ignore[no-untyped-def]
    z = np.uint64(arena[SEED])
    for i in range(count):
        z = (z ^ np.uint64(words[row, i])) * np.uint64(0x9E3779B97F4A7C15)
        z ^= z >> np.uint64(29)
    return np.int64(mixed(z) >> np.uint64(33))


@njit(cache=True)
def find(cells, arena, control, words, row):  # type: ignore[no-untyped-def]
    """The number of the key in a row of `words`, or NONE."""
    return _found(cells, arena, control, words, row, _mark(arena, words, row, control[WORDS]))


@njit(cache=True)
def _found(cells, arena, control, words, row, mark):  # type: ignore[no-untyped-def]
    slot = first_slot(arena, mark)
    entry = arena[slot]
    while entry != 0 and entry >> 32 <= mark:
        if entry >> 32 == mark:
            number = (entry & 0xFFFFFFFF) - 1
            if _is_key(cells, number, words, row, control[WORDS]):
                return number
        slot += 1
        entry = arena[slot]
    return NONE


@njit(cache=True)
def find_as_of(cells, arena, control, words, row, block):  # type: ignore[no-untyped-def]
    """The number of a key that had appeared at or below a block, or NONE."""
    number = find(cells, arena, control, words, row)
    if number != NONE and cells[number, control[WORDS] + SEEN] > block + 1:
        return NONE
    return number


@njit(cache=True)
def number(cells, arena, control, words, row, block, time):  # type: ignore[no-untyped-def]
    """The number of the key in a row of `words`, which is the next one where it never appeared."""
    mark = _mark(arena, words, row, control[WORDS])
    found = _found(cells, arena, control, words, row, mark)
    if found != NONE:
        return found
    count, keys = arena[COUNT], control[WORDS]
    arena[COUNT] = count + 1
    for i in range(keys):
        cells[count, i] = words[row, i]
    cells[count, keys + SEEN] = block + 1
    cells[count, keys + SEEN_TIME] = time
    cells[count, keys + FACTS :] = 0
    insert(arena, mark, count)
    control[SUM] += record_sum(cells, control, count)
    return count


@njit(cache=True)
def _guess_all(arena, words, count, out):  # type: ignore[no-untyped-def]
    """The first number each key's mark leads to, which is nearly always the right one, without a look at the
    records: so the processor waits for many places of the index at once, and then for many records.
    """
    for row in range(words.shape[0]):
        mark = _mark(arena, words, row, count)
        slot = first_slot(arena, mark)
        while arena[slot] != 0 and arena[slot] >> 32 < mark:
            slot += 1
        out[row] = NONE
        if arena[slot] >> 32 == mark and arena[slot] != 0:
            out[row] = (arena[slot] & 0xFFFFFFFF) - 1


@njit(cache=True)
def _is_key(cells, number, words, row, count):  # type: ignore[no-untyped-def]
    i = 0
    while i < count and cells[number, i] == words[row, i]:
        i += 1
    return i == count


@njit(cache=True)
def number_all(cells, arena, control, words, blocks, times, out):  # type: ignore[no-untyped-def]
    """`number` of each row of `words`, in order."""
    count = control[WORDS]
    _guess_all(arena, words, count, out)
    for row in range(words.shape[0]):
        if out[row] == NONE or not _is_key(cells, out[row], words, row, count):
            out[row] = number(cells, arena, control, words, row, blocks[row], times[row])


@njit(cache=True)
def find_all(cells, arena, control, words, block, out):  # type: ignore[no-untyped-def]
    """`find_as_of` a block of each row of `words`."""
    count = control[WORDS]
    _guess_all(arena, words, count, out)
    for row in range(words.shape[0]):
        if out[row] != NONE and not _is_key(cells, out[row], words, row, count):
            out[row] = find(cells, arena, control, words, row)
        if out[row] != NONE and cells[out[row], count + SEEN] > block + 1:
            out[row] = NONE


@njit(cache=True)
def tell(cells, control, journal, number, column, value_column, value, block):  # type: ignore[no-untyped-def]
    """Writes a fact once: its value (a number, kept plus one; `value_column` NONE: it has none) and its
    block, to columns counted from the first behind the key. False where it is known already.
    """
    at = control[WORDS] + column
    if cells[number, at] != 0:
        return False
    value_at = NONE
    if value_column != NONE:
        value_at = control[WORDS] + value_column
        cells[number, value_at] = value + 1
    cells[number, at] = block + 1
    control[SUM] += _fact_sum(cells, number, at, value_at)
    if journal[ON] != 0:
        entry = journal[USED]
        journal[entry], journal[entry + 1] = block, number
        journal[entry + 2], journal[entry + 3] = at, value_at
        journal[USED] = entry + ENTRY
    return True


@njit(cache=True)
def record_sum(cells, control, number):  # type: ignore[no-untyped-def]
    """What a key and its first appearance add to the sum."""
    z = np.uint64(number)
    for i in range(control[WORDS] + FACTS):
        z = mixed(z ^ np.uint64(cells[number, i])) + np.uint64(i + 1)
    return np.int64(z)


@njit(cache=True)
def _fact_sum(cells, number, at, value_at):  # type: ignore[no-untyped-def]
    z = mixed(
        mixed(np.uint64(number) + np.uint64(1))
        ^ (np.uint64(at) << np.uint64(32))
        ^ np.uint64(cells[number, at])
    )
    if value_at != NONE:
        z = mixed(z ^ (np.uint64(value_at) << np.uint64(32)) ^ np.uint64(cells[number, value_at]))
    return np.int64(z)


@njit(cache=True)
def undo(cells, arena, control, journal, block):  # type: ignore[no-untyped-def]
    """Takes back facts and numbers of blocks above one, the last first."""
    entry = journal[USED] - ENTRY
    while entry >= journal[BEGIN] and journal[entry] > block:
        told, at, value_at = journal[entry + 1], journal[entry + 2], journal[entry + 3]
        control[SUM] -= _fact_sum(cells, told, at, value_at)
        cells[told, at] = 0
        if value_at != NONE:
            cells[told, value_at] = 0
        entry -= ENTRY
    journal[USED] = entry + ENTRY
    keys, last = control[WORDS], arena[COUNT] - 1
    while last >= 0 and cells[last, keys + SEEN] > block + 1:
        remove(arena, _mark(arena, cells, last, keys), last)
        control[SUM] -= record_sum(cells, control, last)
        last -= 1
    arena[COUNT] = last + 1


@njit(cache=True)
def sum_until(cells, arena, control, journal, block):  # type: ignore[no-untyped-def]
    """The sum as it was at the end of a block that the journal reaches, and how many keys there were."""
    total, keys, count = control[SUM], control[WORDS], arena[COUNT]
    for entry in range(journal[BEGIN], journal[USED], ENTRY):
        if journal[entry] > block:
            total -= _fact_sum(cells, journal[entry + 1], journal[entry + 2], journal[entry + 3])
    while count > 0 and cells[count - 1, keys + SEEN] > block + 1:
        count -= 1
        total -= record_sum(cells, control, count)
    return total, count


@njit(cache=True)
def load(cells, arena, control, count, pairs, block):  # type: ignore[no-untyped-def]
    """Enters the first `count` records, of which only facts up to a block stand: later ones, and halves of
    facts, are cleared. `pairs` [facts, 2] are the columns of each fact's block and value.
    """
    keys = control[WORDS]
    for row in range(count):
        arena[COUNT] = row + 1
        insert(arena, _mark(arena, cells, row, keys), row)
        control[SUM] += record_sum(cells, control, row)
        for i in range(pairs.shape[0]):
            at, value_at = keys + pairs[i, 0], NONE
            if pairs[i, 1] != NONE:
                value_at = keys + pairs[i, 1]
            if cells[row, at] != 0 and cells[row, at] <= block + 1:
                control[SUM] += _fact_sum(cells, row, at, value_at)
            else:
                cells[row, at] = 0
                if value_at != NONE:
                    cells[row, value_at] = 0
