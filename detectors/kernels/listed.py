"""Kernel of the part `lists`: who is listed as what since when, as lists are told, and who of them takes part
in a transaction.
"""

from __future__ import annotations

from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import look, touch

MOST_SOURCES = 64
"""Lists that may be told of; keys of entries have room for so many."""
MOST_KINDS = 8

SOURCE = Layout(ints=("place",))
"""Of a list: in which place its entries are, from 1 on. The key 0 has how many there are."""
ENTRY = Layout(ints=("on", "kind", "since", "until"))
"""Of an address in one list."""
STANDING = Layout(ints=("on", "since", "until"))
"""Of an address as one kind, by all lists of that kind."""

ON, KIND, SINCE, UNTIL = ENTRY.at("on", "kind", "since", "until")
S_ON, S_SINCE, S_UNTIL = STANDING.at("on", "since", "until")


@njit(cache=True)
def _place_of(current, previous, journal, source, block, time):  # type: ignore[no-untyped-def]
    """The place of a list, a new one where it was not told of before; -1 where there is no room."""
    row = touch(current, previous, journal, source, block, time)
    if current[row] == 0:
        head = touch(current, previous, journal, 0, block, time)
        if current[head] == MOST_SOURCES:
            return -1
        current[head] += 1
        current[row] = current[head]
    return current[row] - 1


@njit(cache=True)
def follow_lists(  # type: ignore[no-untyped-def]
    sources, old_sources, sources_journal, entries, old_entries, entries_journal, standing, old_standing,
    standing_journal, l_block, l_time, l_address, l_kind, l_listed, l_since, l_until, l_source,
    number, block, time, signer, target, n_transaction, n_account, found,
    c_block, c_id, c_kind, c_on, c_was, c_since, c_until,
    t_transaction, t_account, t_kind, t_since, t_until, t_holds,
):  # fmt: skip
    """Takes lists and transactions in their order: what is told with a block holds from its first transaction
    on. Writes changes and who of the listed was touched; how many touches, -1 where there are too many lists.
    """
    told, line, used = 0, 0, 0
    head = look(sources, old_sources, 0, time[0] if time.size else 0, found)
    any_listed = head or l_block.size > 0
    for t in range(number.size + 1):
        until = block[t] if t < number.size else l_block[-1] if l_block.size else -1
        while told < l_block.size and l_block[told] <= until:
            b, now, who, kind = l_block[told], l_time[told], l_address[told], l_kind[told]
            place = _place_of(sources, old_sources, sources_journal, l_source[told], b, now)
            if place < 0:
                return -1
            row = touch(
                entries, old_entries, entries_journal, who * MOST_SOURCES + place, b, now
            )  # fmt: skip
            entries[row + ON], entries[row + KIND] = l_listed[told], kind
            entries[row + SINCE], entries[row + UNTIL] = l_since[told], l_until[told]
            look(sources, old_sources, 0, now, found)
            on, since, end = 0, 0, 0
            for other in range(found[0]):
                if not look(
                    entries, old_entries, who * MOST_SOURCES + other, now, found
                ) or found[ON] == 0 or found[KIND] != kind:  # fmt: skip
                    continue
                since = found[SINCE] if on == 0 else min(since, found[SINCE])
                end = max(end, found[UNTIL])
                on = 1
            row = touch(standing, old_standing, standing_journal, who * MOST_KINDS + kind, b, now)
            c_was[told] = standing[row + S_ON]
            standing[row + S_ON], standing[row + S_SINCE], standing[row + S_UNTIL] = on, since, end
            c_block[told], c_id[told], c_kind[told] = b, who, kind
            c_on[told], c_since[told], c_until[told] = on, since, end
            told += 1
        if t == number.size or not any_listed:
            continue
        begin = used
        while line < n_transaction.size and n_transaction[line] < number[t]:
            line += 1
        at = line - 2
        while at < line or (at < n_transaction.size and n_transaction[at] == number[t]):
            who = signer[t] if at == line - 2 else target[t] if at == line - 1 else n_account[at]
            at += 1
            seen = who == 0
            for i in range(begin, used):
                seen = seen or t_account[i] == who
            if seen:
                continue
            for kind in range(MOST_KINDS):
                key = who * MOST_KINDS + kind
                if look(standing, old_standing, key, time[t], found) and found[S_ON]:
                    t_transaction[used], t_account[used], t_kind[used] = number[t], who, kind
                    t_since[used], t_until[used] = found[S_SINCE], found[S_UNTIL]
                    t_holds[used] = found[S_SINCE] <= time[t] < found[S_UNTIL]
                    used += 1
                    if used == t_account.size:
                        return used
    return used
