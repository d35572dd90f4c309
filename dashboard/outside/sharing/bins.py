"""The bins of each feature: fixed by this version, never by data: where a bin ends would tell of wallets.

A wallet is in one bin of each feature, by the highest it ever stood at: its whole contribution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.habits import WALLET_FEATURES
from detectors.models.outliers import Matrix

Counts = NDArray[np.int64]

_SPANS: dict[str, tuple[float, float, int]] = {
    "unusual_amount": (0.0, 16.0, 32),
    "out_over_in": (-8.0, 8.0, 64),
    "share_new_payees": (0.0, 1.0, 20),
}
_OF_LOGS = (0.0, 8.0, 32)
"""Lowest edge, highest, and bins between; of features that are logs of counts. `out_over_in` has their steps:
it is a difference of two such logs.
"""


def edges(feature: str) -> Matrix:
    """Ascending; a first bin lies below all of them, and a last one above."""
    low, high, count = _SPANS.get(feature, _OF_LOGS)
    return np.linspace(low, high, count + 1)


def place(feature: str, values: Matrix) -> Counts:
    """The bin of each value, 0 to `len(edges)`: in bin i are those above edge i - 1, up to edge i."""
    return np.searchsorted(edges(feature), values, side="left").astype(np.int64)


def counts(feature: str, values: Matrix) -> Counts:
    """How many values lie in each bin."""
    return np.bincount(place(feature, values), minlength=edges(feature).size + 1).astype(np.int64)


def column(feature: str) -> int:
    """Where the feature lies among those of a wallet."""
    return WALLET_FEATURES.index(feature)
