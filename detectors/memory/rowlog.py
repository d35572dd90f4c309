"""The row log: every row that names an address, by number and by account, on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from detectors.memory import accounts
from detectors.memory.append_only import BLOCK, TIME, AppendOnly
from detectors.memory.errors import MemoryFull
from detectors.memory.layout import Array, Columns, Layout, Place
from detectors.memory.region import LARGE_FROM, Region
from detectors.memory.segments import Segments

DAYS_90 = 90 * 86_400
PLACES = ("signer", "source", "target", "third")
ROW = Layout(
    ints=("transaction", "kind", "log_index", "index_in_log", "trace_index", "asset", "item"),
    words=("amount", "amount2"),
)
"""What a row carries besides its accounts: 200 bytes in all."""

MOST_ACCOUNTS = 1 << 32
ROOM = 1 << 42
"""Bytes of addresses, 4 TiB: decades of mainnet."""


class RowLog(AppendOnly):
    """Evidence and old trails come from here, so that memory elsewhere holds row numbers. An account's newest
    row is found by its number, without a search: 8 bytes an account.
    """

    def __init__(
        self,
        layout: Layout = ROW,
        places: Sequence[str] = PLACES,
        *,
        horizon_s: int | None = DAYS_90,
        folder: Path | None = None,
        name: str = "rows",
    ) -> None:
        first = accounts.ACCOUNTS + 2 * len(places)
        segments = Segments(folder, name, np.int64, first + layout.cells, ROOM)
        super().__init__(layout, horizon_s, segments, first, (len(places),))
        self.places = tuple(places)
        self._laid |= {name: Place(accounts.ACCOUNTS + i, np.int64) for i, name in enumerate(self.places)}
        heads = Region(8 * MOST_ACCOUNTS)
        heads.in_large_pages(LARGE_FROM, heads.size)
        self.heads: Array = heads.array(np.int64)

    def arrays(self) -> tuple[Array, Array, Array]:
        """`cells, control, heads` for kernels; they stay the same for ever."""
        return self.segments.cells, self.control, self.heads

    def arrays_as_of(self, block: int) -> tuple[Array, Array, Array]:
        """`arrays` for kernels that read as of `block` or later. Raises ValueError where that is too late."""
        self.check_readable(block)
        return self.arrays()

    def reserve(self, more: int, names: int = 0) -> None:
        """Room for so many rows, whose accounts are below `names`; to be called before each kernel."""
        if names > MOST_ACCOUNTS:
            raise MemoryFull(f"the row log has no room for account {names - 1:,}")
        self.segments.reserve(self.count + more)

    def append(self, blocks: Array, times: Array, accounts_: Array, columns: Array) -> None:
        """Rows given as int64 arrays: accounts [n, places], -1 for none, and columns [n, cells]."""
        begin, end = self.count, self.count + len(blocks)
        if begin < end:
            self.reserve(len(blocks), int(accounts_.max()) + 1)
            cells = self.segments.cells[begin:end]
            cells[:, BLOCK], cells[:, TIME], cells[:, self.first :] = blocks, times, columns
            accounts.link_all(*self.arrays(), accounts_)

    def numbers(self, account: int, as_of: int, now: int, most: int = 200) -> Array:
        """Numbers of an account's rows at or below block `as_of`, whose block time is `now`, newest first.
        Raises ValueError for a block below `readable_from`.
        """
        out = np.empty(most, np.int64)
        return out[: accounts.gather(*self.arrays_as_of(as_of), account, as_of, now, out)]

    def has(self, keys: Array, as_of: Array, now: Array) -> Array:
        """Of which accounts there is a row at or below the block beside each, whose time is `now`. Raises
        ValueError for a block below `readable_from`.
        """
        asked = zip(keys.tolist(), as_of.tolist(), now.tolist(), strict=True)
        return np.array([self.numbers(*each, most=1).size > 0 for each in asked], np.bool_)

    def rows(self, account: int, as_of: int, now: int, most: int = 200) -> Columns:
        """An account's newest rows as `numbers` finds them."""
        return self.at(self.numbers(account, as_of, now, most))

    def load(self, begin: int, count: int) -> None:
        """Takes the rows that files hold."""
        accounts.load(*self.arrays(), begin, count)

    def keep_journal(self, on: bool) -> None:
        """Rows name the ones before them: nothing else is needed to cut the log back."""

    def age(self, block: int, time: int) -> None:
        """Rows are dropped by file, see `drop`."""

    def undo(self, block: int) -> None:
        accounts.undo(*self.arrays(), self.rows_until(block))

    def forget(self, block: int) -> None:
        """A rollback needs nothing that is kept for it."""
