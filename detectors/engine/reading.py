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
        if as_of not in self._times:
            raise ValueError(f"history is read as of block {as_of}, which is not of this piece")
        numbers = self._held.numbers(key, as_of, self._times[as_of], most)
        # a key's rows are a chain: from the newest on so many are always the same; and none are always none
        place = (self._name, key, int(numbers[0]), numbers.size) if numbers.size else (self._name, -1, -1, 0)
        return self._answers.once(place, lambda: self._held.at(numbers), numbers.size)


def evidence(chronicle: Chronicle, numbers: Sequence[int]) -> tuple[Row, ...]:
    """Rows by number, as they were told, but for those that were too old when horizons were last looked at:
    which of these still lie there depends on when the state was saved.
    """
    which = np.asarray(numbers, np.int64)
    which = which[which >= chronicle.log.too_old_at(chronicle.memory.aged_time)]
    if not which.size:
        return ()
    rows = chronicle.log.at(which)
    hashes = chronicle.sent.at(rows["transaction"])["hash"]
    return tuple(_row(chronicle.names, rows, hashes, i) for i in range(which.size))


def _row(names: Names, rows: Columns, hashes: Array, i: int) -> Row:
    kind, trace = int(rows["kind"][i]), int(rows["trace_index"][i])
    amount = rows["amount"][i].astype(">u8").tobytes()
    moves = kind in STANDARDS and not (kind == Kind.TRANSACTION and not (rows["flag"][i] and any(amount)))
    asset = int(rows["asset"][i])
    return Row(
        transaction_hash=np.ascontiguousarray(hashes[i]).tobytes(),
        log_index=int(rows["log_index"][i]),
        block_number=int(rows["block"][i]),
        from_address=names.address(max(0, int(rows["source"][i]))) if moves else None,
        to_address=names.address(max(0, int(rows["target"][i]))) if moves else None,
        token=names.address(asset) if moves and asset else None,
        amount=amount if moves else None,
        index_in_log=int(rows["index_in_log"][i]),
        kind=STANDARDS[kind] if moves else Kind(kind).name.lower(),
        trace_index=trace if trace >= 0 else None,
    )
