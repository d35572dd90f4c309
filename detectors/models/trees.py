"""Boosted trees as plain arrays: how a trained model scores, and which feature made a score.

scikit-learn grows them (`detectors.models.growing`); nothing of it is needed to score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.models.outliers import Matrix
from ingest.model.errors import BadInput

Numbers = NDArray[np.int64]
MOST_DEPTH = 64
"""Steps from a root to a leaf: a tree with a longer way was not grown here."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees one behind the other. Node i asks whether column `feature[i]` of a row is at most `threshold[i]`:
    then `left[i]` follows, else `right[i]`; -1 for `feature` is a leaf. `value[i]`, in log odds: of a leaf
    what it adds; of a node what its leaves add on average over the training rows. `roots`: where each tree
    begins. `base`: log odds before any tree.
    """

    feature: Numbers
    threshold: Matrix
    left: Numbers
    right: Numbers
    value: Matrix
    roots: Numbers
    base: float

    def check(self, columns: int) -> None:
        """Raises BadInput for arrays that no scoring can walk: it checks nothing."""
        size = self.feature.size
        same = all(each.shape == (size,) for each in (self.threshold, self.left, self.right, self.value))
        at = np.arange(size)
        inner = self.feature >= 0
        ahead = all(
            ((side[inner] > at[inner]) & (side[inner] < size)).all()
            for side in ((self.left, self.right) if same else ())
        )
        numbers = all(np.isfinite(each).all() for each in (self.threshold, self.value, self.base))
        begins = self.roots.size > 0 and ((self.roots >= 0) & (self.roots < size)).all()
        if not (same and ahead and numbers and begins and (self.feature < columns).all()):
            raise BadInput("its trees are no trees")

    def probabilities(self, rows: Matrix) -> Matrix:
        """Of each row [n, columns] the probability in [0, 1]; each row independent of the others."""
        at = self._leaves(rows)
        raw = np.full(len(rows), self.base)
        for tree in range(self.roots.size):
            raw += self.value[at[:, tree]]
        found: Matrix = 1.0 / (1.0 + np.exp(-raw))
        return found

    def shares(self, row: Matrix) -> Matrix:
        """What each column adds to the log odds of one row, against a row of which nothing is known: from
        node to node, the change of `value` is that of the column asked (Saabas 2014). They sum up to the
        row's log odds less `base` and the roots' values.
        """
        found = np.zeros(row.size)
        for root in self.roots.tolist():
            at = root
            while self.feature[at] >= 0:
                column = int(self.feature[at])
                below = int(self.left[at] if row[column] <= self.threshold[at] else self.right[at])
                found[column] += self.value[below] - self.value[at]
                at = below
        return found

    def _leaves(self, rows: Matrix) -> Numbers:
        """[n, trees]: the node where each row ends in each tree."""
        at = np.broadcast_to(self.roots, (len(rows), self.roots.size)).copy()
        line = np.arange(len(rows))[:, None]
        for _ in range(MOST_DEPTH):
            asked = self.feature[at]
            if (asked < 0).all():
                break
            lower = rows[line, asked] <= self.threshold[at]
            at = np.where(asked < 0, at, np.where(lower, self.left[at], self.right[at]))
        return at
