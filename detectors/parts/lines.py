"""Lines of parts' tables by block, and where a finding about one stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

import numpy as np

from detectors.memory.layout import Array, Held
from detectors.parts.contract import Columns, Row, Seen

BLOCK = "block"
NO_LOG = -1


class Place(TypedDict):
    """Fields of a finding."""

    block_number: int
    timestamp: int
    transaction: bytes


def key_of(table: Columns) -> str:
    """The column that says what each line is about. A row beside a transaction may be older evidence."""
    return next(name for name in ("transaction", "row", "block") if name in table)


def blocks_of(seen: Seen, rows: Iterable[Array]) -> list[int]:
    """Blocks of the piece in which these rows stand, rising."""
    first, found = int(seen.rows["number"][0]), set[int]()
    for column in rows:
        found.update(seen.rows["block"][column - first].tolist())
    return sorted(found)


def of_block(tables: Mapping[str, Columns], seen: Seen, block: int) -> dict[str, Columns]:
    """The lines, by row or transaction, that are about one block."""
    numbered, found = {"row": seen.rows, "transaction": seen.transactions}, dict[str, Columns]()
    for name, table in tables.items():
        key = key_of(table)
        inside = numbered[key]["block"][table[key] - int(numbered[key]["number"][0])] == block
        found[name] = {each: column[inside] for each, column in table.items()}
    return found


def some(columns: Columns, which: Array | slice) -> Columns:
    """Some lines of a table, by place or by whether they are wanted. Of rows that were read from memory
    columns are made as they are asked for, as those of `AsOf.rows` are.
    """
    if not isinstance(columns, Held):
        return {name: column[which] for name, column in columns.items()}
    own = {} if "row" in columns.places else {"row": columns["row"][which]}
    return Held(columns.cells[which], columns.places, own)


def last_of(table: Columns, who: str) -> list[tuple[int, int]]:
    """Each of a column with the last of its rows."""
    return list(dict(zip(table[who].tolist(), table["row"].tolist(), strict=True)).items())


def place_of(seen: Seen, row: int) -> Place:
    """Where a finding about a row of the piece stands."""
    at = row - int(seen.rows["number"][0])
    sent = int(seen.rows["transaction"][at]) - int(seen.transactions["number"][0])
    return {
        "block_number": int(seen.rows["block"][at]),
        "timestamp": int(seen.rows["time"][at]),
        "transaction": seen.transactions["hash"][sent].tobytes(),
    }


def block_row(seen: Seen, block: int) -> Row:
    """A block of the piece itself as evidence: of what was told with it, or not told by its time. It carries
    the block's hash where other rows carry a transaction's.
    """
    at = int(np.searchsorted(seen.blocks["number"], block))
    return Row(seen.blocks["hash"][at].tobytes(), NO_LOG, block, kind=BLOCK)


def time_of(seen: Seen, block: int) -> int:
    """Seconds, of a block of the piece."""
    return int(seen.blocks["time"][np.searchsorted(seen.blocks["number"], block)])
