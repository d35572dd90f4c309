"""What may be read of memory from `score`: histories as of a block of the piece, and old rows by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.engine.answers import Answers
from detectors.kernels.decoding import Kind
from detectors.kernels.rows import Chronicle
from detectors.memory.history import History
from detectors.memory.layout import Array, Columns
from detectors.memory.names import Names
from detectors.memory.rowlog import RowLog
from detectors.parts.contract import Row

STANDARDS: Mapping[int, str] = {
    Kind.NATIVE: "native", Kind.TRANSACTION: "native", Kind.INNER_VALUE: "native", Kind.CREATION: "native",
    Kind.ERC20: "erc20", Kind.ERC721: "erc721", Kind.ERC1155: "erc1155",
    Kind.WETH_DEPOSIT: "weth", Kind.WETH_WITHDRAWAL: "weth",
}  # fmt: skip
"""What moves value, by the names of `schema.TRANSFERS`."""

_TOLD = (
    "kind", "flag", "block", "log_index", "index_in_log", "trace_index", "source", "target", "asset",
)  # fmt: skip
"""Columns of a row that evidence tells, beside its amount."""

MOST = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """`AsOf`: a history or the row log, for readers. `_times` are the blocks of the piece; what is
    read is kept in `_answers`, as most who ask for a key ask again, and so do others.
    """

    _held: History | RowLog
    _times: Mapping[int, int]
    _answers: Answers
    _name: str

    def rows(self, key: int, as_of: int, most: int = MOST) -> Columns:
        """Raises ValueError for a block that is not of the piece: what was said as of others is not known."""
        numbers = self._held.numbers(key, as_of, self._time_of(as_of), most)
        # a key's rows are a chain: from the newest on so many are always the same; and none are always none
        place = (self._name, key, int(numbers[0]), numbers.size) if numbers.size else (self._name, -1, -1, 0)
        return self._answers.once(place, lambda: self._held.at_held(numbers), numbers.size)

    def has(self, keys: Array, as_of: Array) -> Array:
        """As `rows`, raises ValueError for blocks that are not of the piece."""
        if not keys.size:
            return np.zeros(0, np.bool_)
        now = np.fromiter((self._time_of(block) for block in as_of.tolist()), np.int64, as_of.size)
        return self._held.has(keys, as_of, now)

    def _time_of(self, block: int) -> int:
        now = self._times.get(block)
        if now is None:
            raise ValueError(f"history is read as of block {block}, which is not of this piece")
        return now


def evidence(chronicle: Chronicle, numbers: Sequence[int]) -> tuple[Row, ...]:
    """Rows by number, as they were told, but for those that were too old when horizons were last looked at:
    which of these still lie there depends on when the state was saved.
    """
    which = np.asarray(numbers, np.int64)
    which = which[which >= chronicle.log.too_old_at(chronicle.memory.aged_time)]
    if not which.size:
        return ()
    rows = chronicle.log.at(which)
    hashes = np.ascontiguousarray(chronicle.sent.at(rows["transaction"])["hash"])
    amounts = rows["amount"].astype(">u8")
    told = zip(*(rows[name].tolist() for name in _TOLD), strict=True)
    return tuple(
        _row(chronicle.names, sent.tobytes(), amount.tobytes(), line)
        for sent, amount, line in zip(hashes, amounts, told, strict=True)
    )


def _row(names: Names, sent: bytes, amount: bytes, told: tuple[int, ...]) -> Row:
    """A row with the hash of its transaction; `told` are its columns `_TOLD`."""
    kind, flag, block, log, index, trace, source, target, asset = told
    moves = kind in STANDARDS and not (kind == Kind.TRANSACTION and not (flag and any(amount)))
    return Row(
        transaction_hash=sent,
        log_index=log,
        block_number=block,
        from_address=names.address(max(0, source)) if moves else None,
        to_address=names.address(max(0, target)) if moves else None,
        token=names.address(asset) if moves and asset else None,
        amount=amount if moves else None,
        index_in_log=index,
        kind=STANDARDS[kind] if moves else Kind(kind).name.lower(),
        trace_index=trace if trace >= 0 else None,
    )
