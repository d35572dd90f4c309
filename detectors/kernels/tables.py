"""Keys and cells of rows of tables, for kernels."""

import numpy as np

from detectors.memory.compiled import njit
from detectors.memory.layout import WORD


@njit(cache=True)
def pair_key(left, right):  # type: ignore[no-untyped-def]
    return (left << 32) | right


@njit(cache=True)
def word(row, column):  # type: ignore[no-untyped-def]
    """The 256-bit number that begins at a column of a row."""
    return row[column : column + WORD].view(np.uint64)


@njit(cache=True)
def value(row, which):  # type: ignore[no-untyped-def]
    """An integer column; 0 where there is no row."""
    return row[which] if row.size > 0 else 0
