"""One digest of a part's contents: equal contents have equal ones, whatever they took to come about, how much
room there is for them, and which files hold them.
"""

from __future__ import annotations

import json
from typing import Protocol

import numpy as np

from detectors.memory import numbers
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.numbering import Numbering
from detectors.memory.parts import Log, Part, described
from detectors.memory.table import Table


class Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...


def add_part(whole: Hash, part: Part, time: int) -> None:
    """`time` is when horizons were last looked at: what was too old then may be gone or not."""
    whole.update(json.dumps(described(part), sort_keys=True).encode())
    if isinstance(part, Table):
        _add_table(whole, part)
    elif isinstance(part, Numbering):
        _add_array(whole, np.array([part.count, part.control[numbers.SUM]]))
    else:
        assert isinstance(part, Log)
        begin = max(part.too_old_at(time), part.segments.first)
        _add_array(whole, np.array([begin, part.count]))
        _add_array(whole, part.segments.cells[begin : part.count])
        if isinstance(part, History):
            _add_table(whole, part.heads)


def _add_table(whole: Hash, table: Table) -> None:
    for each in (table.previous, table.current):
        numbers_ = [each.count, each.forgotten, *(each.began or (-1, -1)), table.early_ageings]
        _add_array(whole, np.array(numbers_, np.int64))
        _add_array(whole, each.cells(0, each.count))


def _add_array(whole: Hash, array: Array) -> None:
    if array.size:
        whole.update(array.data.cast("B"))
