"""Kernels of the row log: rows in order, each naming for each of its accounts that account's row before it.

To a kernel the log is `cells` [rows, width] (int64), `control`, and `heads`, by account number the newest
link. A link is row x places + place + 1, 0 where there is none, so that the chain of an account goes on in
whichever column the account stood. Columns of the log's layout begin behind the links.
"""

from __future__ import annotations

from detectors.kernels.compiled import njit
from detectors.memory.append_only import BEGIN, BLOCK, COUNT, HORIZON, TIME

ACCOUNTS = 2
"""The column behind block and time at which accounts begin."""

PLACES = 3
"""Of `control`, further: how many accounts a row names."""

UNLINKED = -1
NOBODY = -1


@njit(cache=True)
def link_all(cells, control, heads, accounts):  # type: ignore[no-untyped-def]
    """Appends rows whose columns are written already: accounts [n, places], NOBODY for none. An account that
    stands in a row twice has the row once.
    """
    places, first = control[PLACES], control[COUNT]
    for i in range(accounts.shape[0]):
        row, number = cells[first + i], first + i
        for place in range(places):
            account = accounts[i, place]
            known = account == NOBODY
            for before in range(place):
                known = known or accounts[i, before] == account
            row[ACCOUNTS + place] = account
            if known:
                row[ACCOUNTS + places + place] = UNLINKED
            else:
                row[ACCOUNTS + places + place] = heads[account]
                heads[account] = number * places + place + 1
    control[COUNT] = first + accounts.shape[0]


@njit(cache=True)
def said(cells, control, at, as_of, now):  # type: ignore[no-untyped-def]
    """The first link from `at` on whose row is at or below block `as_of`, whose time is `now`; 0 where rows
    are too old or gone. Its row is (link - 1) // places; the next is `said(…, before(…), …)`.
    """
    places = control[PLACES]
    while at > 0:
        number = (at - 1) // places
        if number < control[BEGIN]:
            return 0
        if cells[number, BLOCK] <= as_of:
            if control[HORIZON] >= 0 and now - cells[number, TIME] > control[HORIZON]:
                return 0
            return at
        at = before(cells, control, at)
    return 0


@njit(cache=True)
def before(cells, control, at):  # type: ignore[no-untyped-def]
    """The link that a link's row names for the same account."""
    places = control[PLACES]
    return cells[(at - 1) // places, ACCOUNTS + places + (at - 1) % places]


@njit(cache=True)
def gather(cells, control, heads, account, as_of, now, out):  # type: ignore[no-untyped-def]
    """Numbers of an account's rows, newest first, until `out` is full; how many it got."""
    found = 0
    at = said(cells, control, heads[account], as_of, now)
    while at > 0 and found < out.size:
        out[found] = (at - 1) // control[PLACES]
        found += 1
        at = said(cells, control, before(cells, control, at), as_of, now)
    return found


@njit(cache=True)
def undo(cells, control, heads, count):  # type: ignore[no-untyped-def]
    """Cuts the log to `count` rows; accounts have the newest links they had then."""
    places = control[PLACES]
    for number in range(control[COUNT] - 1, count - 1, -1):
        for place in range(places - 1, -1, -1):
            last = cells[number, ACCOUNTS + places + place]
            if last != UNLINKED:
                heads[cells[number, ACCOUNTS + place]] = last
    control[COUNT] = count


@njit(cache=True)
def load(cells, control, heads, begin, count):  # type: ignore[no-untyped-def]
    """The newest links, from rows that files hold."""
    places = control[PLACES]
    for number in range(begin, count):
        for place in range(places):
            if cells[number, ACCOUNTS + places + place] != UNLINKED:
                heads[cells[number, ACCOUNTS + place]] = number * places + place + 1
    control[COUNT] = count
    control[BEGIN] = begin
