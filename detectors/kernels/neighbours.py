"""Mean distance to the nearest of many points, for one row after another: what PyOD's KNN scores by.

The points lie in a k-d tree (Bentley 1975) as scikit-learn builds it: node i has the children 2i + 1 and
2i + 2, each node the smallest box around its points. A box further away than the worst of the nearest found
so far holds nothing nearer.
"""

import numpy as np

from detectors.memory.compiled import njit

DEEPEST = 64
"""Nodes that can wait to be looked at: a tree of 2**32 points is half as deep."""


@njit(cache=True)
def box_distance(low, high, node, row):  # type: ignore[no-untyped-def]
    """Squared distance of a row from the nearest corner, edge or inside of a node's box."""
    total = 0.0
    for column in range(row.size):
        outside = max(low[node, column] - row[column], row[column] - high[node, column], 0.0)
        total += outside * outside
    return total


@njit(cache=True)
def look_into_leaf(points, first, end, row, nearest):  # type: ignore[no-untyped-def]
    """Puts the points of a leaf among the nearest (squared distances, ascending) where they belong."""
    for point in range(first, end):
        total = 0.0
        for column in range(row.size):
            apart = row[column] - points[point, column]
            total += apart * apart
        place = nearest.size - 1
        if total >= nearest[place]:
            continue
        while place > 0 and nearest[place - 1] > total:
            nearest[place] = nearest[place - 1]
            place -= 1
        nearest[place] = total


@njit(cache=True)
def look_near(points, first, end, leaf, low, high, row, nearest):  # type: ignore[no-untyped-def]
    """Fills `nearest` with the squared distances of the nearest points of the whole tree, ascending."""
    waiting, far = np.empty(DEEPEST, np.int64), np.empty(DEEPEST, np.float64)
    nearest[:] = np.inf
    waiting[0], far[0], count = 0, 0.0, 1
    while count:
        count -= 1
        node = waiting[count]
        if far[count] >= nearest[-1]:
            continue
        if leaf[node]:
            look_into_leaf(points, first[node], end[node], row, nearest)
            continue
        near, other = 2 * node + 1, 2 * node + 2
        near_d, other_d = box_distance(low, high, near, row), box_distance(low, high, other, row)
        if other_d < near_d:
            near, other, near_d, other_d = other, near, other_d, near_d
        waiting[count], far[count] = other, other_d
        waiting[count + 1], far[count + 1] = near, near_d
        count += 2


@njit(cache=True, nogil=True)
def mean_distances(points, first, end, leaf, low, high, rows, count):  # type: ignore[no-untyped-def]
    """For each of `rows` [n, columns] the mean distance to its `count` nearest of `points` [m, columns]."""
    out, nearest = np.empty(rows.shape[0]), np.empty(min(count, points.shape[0]))
    for i in range(rows.shape[0]):
        look_near(points, first, end, leaf, low, high, rows[i], nearest)
        total = 0.0
        for k in range(nearest.size):
            total += np.sqrt(nearest[k])
        out[i] = total / nearest.size
    return out
