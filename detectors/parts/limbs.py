"""256-bit words as floats."""

from __future__ import annotations

import numpy as np

from detectors.memory.layout import Array

_PLACES = np.array([2.0**192, 2.0**128, 2.0**64, 1.0])


def floats(limbs: Array) -> Array:
    """Of [n, 4] limbs, most significant first, [n]. Added in this order on every machine: a product of
    matrices is added in the order of its library and its threads, and books are the same byte for byte.
    """
    parts = limbs.astype(np.float64) * _PLACES
    total: Array = ((parts[:, 0] + parts[:, 1]) + parts[:, 2]) + parts[:, 3]
    return total
