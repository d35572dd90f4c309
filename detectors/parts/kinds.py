"""Kinds of rows as a column asks for them: many detectors first ask which rows are of some kinds."""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding import Kind
from detectors.memory.layout import Array


def marks(*kinds: Kind) -> Array:
    """bool, to be asked by a column of kinds: which of them are among these."""
    found = np.zeros(max(Kind) + 1, np.bool_)
    found[list(kinds)] = True
    found.flags.writeable = False
    return found
