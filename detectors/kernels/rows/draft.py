"""Rows of a piece before they have names: arrays for the kernels, with a little room too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.decoding import Rows
from detectors.kernels.decoding.columns import binary
from detectors.kernels.rows.inner import Moves
from detectors.kernels.rows.laying import PLACES, lay, selectors
from ingest.model.batch import Batch

Array = NDArray[Any]

IDS = ("signer", "source", "target", "third", "emitter", "asset")
"""Columns of `ids`, in the order of `laying`'s places."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`rows` rows are there, in arrays with room for `room`; a word has four limbs one after the other.
    `ids` [place, row] wait for the numbers of `wanted` addresses, in whose order these are numbered.
    `tx_first` says at which row each transaction begins, and where the last one ends.
    """

    rows: int
    room: int
    block: Array
    time: Array
    transaction: Array
    kind: Array
    log_index: Array
    index_in_log: Array
    trace_index: Array
    flag: Array
    small: Array
    small2: Array
    more: Array
    amount: Array
    amount2: Array
    item: Array
    ids: Array
    wanted: Array
    slots: Array
    blocks: Array
    times: Array
    tx_first: Array

    def column(self, name: str) -> Array:
        """[rows] or [rows, 4]: what is used of a column."""
        if name in IDS:
            begin = IDS.index(name) * self.room
            return self.ids[begin : begin + self.rows]
        whole: Array = getattr(self, name)
        return (
            whole.reshape(-1, 4)[: self.rows] if name in ("amount", "amount2", "item") else whole[: self.rows]
        )


def drafted(batch: Batch, read: list[Array], calls: Moves, decoded: Rows, counts: Array, first: int) -> Draft:
    """Lays out a batch: `read` are its columns (`decoding.columns.arrays`), `counts` says which of the
    `decoded` rows are rows, `first` is the number that its first transaction gets.
    """
    sent, inside, logs = read[2].size, calls.transaction.size, len(decoded)
    room, wanted = sent + inside + logs, 3 * sent + 2 * inside + 5 * logs
    selector = np.empty(sent, np.int64)
    selectors(*binary(batch.transactions["input"]), selector)
    integers = [np.empty(room, np.int64) for _ in range(9)]
    block, time, transaction, log_index, index_in_log, trace_index, small, small2, more = integers
    kind, flag = np.empty(room, np.uint8), np.empty(room, np.bool_)
    amount, amount2, item = (np.zeros(4 * room, np.uint64) for _ in range(3))
    ids, tx_first = np.empty(PLACES * room, np.int64), np.zeros(sent + 1, np.int64)
    words = np.empty((wanted, 5), np.uint32)
    slots, blocks, times = (np.empty(wanted, np.int64) for _ in range(3))
    given = [
        *read[:3], *read[4:15], selector, *calls[:6], counts,
        decoded.transaction, decoded.kind, decoded.log_index, decoded.index_in_log, decoded.flag,
        decoded.addresses.reshape(-1), decoded.words.reshape(-1), decoded.small.reshape(-1),
        decoded.more_row, block, time, transaction, kind, log_index, index_in_log, trace_index, flag,
        small, small2, more, amount, amount2, item, ids, words, slots, blocks, times, tx_first,
        np.empty(5, np.uint32),
    ]  # fmt: skip
    rows, count = lay(first, *given)
    return Draft(
        rows, room, block, time, transaction, kind, log_index, index_in_log, trace_index, flag, small,
        small2, more, amount, amount2, item, ids, words[:count], slots[:count], blocks[:count],
        times[:count], tx_first,
    )  # fmt: skip
