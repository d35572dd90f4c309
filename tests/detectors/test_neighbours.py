"""The kernel finds the nearest rows that PyOD finds, and scores to the same figure."""

from __future__ import annotations

import numpy as np
import pytest
from pyod.models.knn import KNN

from detectors.models.outliers import Matrix, Tree


def crowd(count: int, columns: int, seed: int) -> Matrix:
    """Rows in a few heaps, many of them the same to the last bit, as wallets of one habit are."""
    rng = np.random.default_rng(seed)
    heaps = rng.normal(scale=5.0, size=(4, columns))
    rows = heaps[rng.integers(4, size=count)] + rng.normal(size=(count, columns)).round(1)
    return np.ascontiguousarray(np.concatenate([rows[: count // 2], rows[: count - count // 2]]))


@pytest.mark.parametrize(("count", "columns", "neighbours"), [(40, 2, 3), (500, 10, 10), (4096, 10, 10)])
def test_rows_score_as_pyod_scores_them(count: int, columns: int, neighbours: int) -> None:
    points, judged = crowd(count, columns, seed=count), crowd(200, columns, seed=1) * 1.5
    theirs = KNN(n_neighbors=neighbours, method="mean").fit(points).decision_function(judged)
    assert np.abs(Tree.of(points).distances(judged, neighbours) - theirs).max() <= 1e-12


def test_a_row_that_was_learnt_is_its_own_nearest() -> None:
    points = crowd(100, 3, seed=5)
    assert Tree.of(points).distances(points, 1).tolist() == [0.0] * 100


def test_of_fewer_points_than_neighbours_all_count() -> None:
    far = Tree.of(np.array([[0.0], [3.0]])).distances(np.array([[1.0], [5.0]]), 10)
    assert far.tolist() == [1.5, 3.5]


def test_nothing_is_asked_of_no_rows() -> None:
    assert Tree.of(crowd(50, 4, seed=2)).distances(np.zeros((0, 4)), 3).tolist() == []
