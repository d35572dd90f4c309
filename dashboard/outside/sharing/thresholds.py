"""Thresholds from histograms of several instances: the edge that a given share of all wallets stays below."""

from __future__ import annotations

import numpy as np

from dashboard.outside.sharing import bins
from dashboard.outside.sharing.release import Release
from detectors.models.outliers import Matrix
from ingest.model.errors import BadInput


def pooled(releases: list[Release]) -> dict[str, bins.Counts]:
    """By feature, the sums of all counts. Raises BadInput where features are not the same in all."""
    names = [each.feature for each in releases[0].histograms]
    found = {name: np.zeros(bins.edges(name).size + 1, np.int64) for name in names}
    for release in releases:
        if [each.feature for each in release.histograms] != names:
            raise BadInput("these releases are of other features than each other: pool those that are alike")
        for each in release.histograms:
            found[each.feature] += np.array(each.counts, np.int64)
    return found


def threshold(feature: str, counts: bins.Counts, rate: float) -> float:
    """The lowest edge above which at most `rate` of all wallets lie; infinite where no edge is that high.

    Noise makes counts negative: the wallets above an edge are made to fall from edge to edge first, by least
    squares (pool adjacent violators), which costs no privacy.
    """
    above = _falling(np.cumsum(counts[::-1].astype(np.float64))[::-1])
    whole = max(above[0], 1.0)
    fits = np.flatnonzero(above[1:] <= rate * whole)
    return float(bins.edges(feature)[fits[0]]) if fits.size else float("inf")


def _falling(values: Matrix) -> Matrix:
    """The nearest sequence that never rises, and is never below nought."""
    blocks: list[tuple[float, int]] = []
    for value in values.tolist():
        mean, size = value, 1
        while blocks and blocks[-1][0] < mean:
            before, count = blocks.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        blocks.append((mean, size))
    found: Matrix = np.maximum(np.concatenate([np.full(size, mean) for mean, size in blocks]), 0.0)
    return found
