"""Grows boosted trees with scikit-learn, and judges how they would do on what they were not grown on.

Rows are put in one order before anything is done with them, and nothing is drawn but by the seed: the same
rows give the same trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.models.outliers import Matrix
from detectors.models.trees import Trees


@dataclass(frozen=True, slots=True)
class Growth:
    """Settings of the trees: few and flat, since a labelled world holds few kinds of attack. `least_leaf`:
    training rows that a leaf stands on at least.
    """

    trees: int = 60
    depth: int = 4
    rate: float = 0.1
    least_leaf: int = 20
    smoothing: float = 1.0


def grow(rows: Matrix, truth: NDArray[np.bool_], growth: Growth, seed: int) -> Trees:
    """Trees that tell the rows [n, columns] of which `truth` holds from the others; both weigh the same
    together, however few the true ones are.
    """
    return of_fitted(fit(rows, truth, growth, seed))


def fit(rows: Matrix, truth: NDArray[np.bool_], growth: Growth, seed: int) -> Any:
    """scikit-learn's classifier of these rows, in whatever order they come."""
    # Imported late, like PyOD: a second that most commands do not need.
    from sklearn.ensemble import HistGradientBoostingClassifier

    order = np.lexsort((truth, *rows.T[::-1]))
    rows, truth = rows[order], truth[order]
    grower = HistGradientBoostingClassifier(
        max_iter=growth.trees,
        max_depth=growth.depth,
        learning_rate=growth.rate,
        min_samples_leaf=growth.least_leaf,
        l2_regularization=growth.smoothing,
        early_stopping=False,
        class_weight="balanced",
        random_state=seed,
    )
    with one_thread():
        return grower.fit(rows, truth)


def one_thread() -> Any:
    """Threads would wait for each other longer than such small fits take."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def of_fitted(fitted: Any) -> Trees:
    """The trees of a fitted HistGradientBoostingClassifier of two classes, as arrays."""
    grown = [steps[0].nodes for steps in fitted._predictors]
    starts = np.cumsum([0, *(nodes.size for nodes in grown)])
    nodes = np.concatenate(grown)
    offset = np.repeat(starts[:-1], [each.size for each in grown])
    leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(leaf, -1, nodes[side].astype(np.int64) + offset) for side in ("left", "right"))
    value = nodes["value"].astype(np.float64)
    count = nodes["count"].astype(np.float64)
    # Inner nodes are filled from below: a child lies behind its parent.
    for at in np.flatnonzero(~leaf)[::-1]:
        sides = [left[at], right[at]]
        value[at] = float((value[sides] * count[sides]).sum() / count[sides].sum())
    return Trees(
        np.where(leaf, -1, nodes["feature_idx"].astype(np.int64)),
        np.where(leaf, 0.0, nodes["num_threshold"]),
        left,
        right,
        value,
        starts[:-1].astype(np.int64),
        float(np.ravel(fitted._baseline_prediction)[0]),
    )


def auc(scores: Matrix, truth: NDArray[np.bool_]) -> float:
    """The probability that a true row is scored above another, ties half (Mann and Whitney 1947)."""
    values, place = np.unique(scores, return_inverse=True)
    among = np.bincount(place, minlength=values.size)
    rank = np.cumsum(among) - (among - 1) / 2.0
    true, others = int(truth.sum()), int((~truth).sum())
    if not true or not others:
        return float("nan")
    return float((rank[place][truth].sum() - true * (true + 1) / 2.0) / (true * others))
