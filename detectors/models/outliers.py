"""The one door to PyOD: models are fitted on what honest-looking wallets did earlier, then frozen, then
judge.

A model never sees what it judges: it is fitted on samples of earlier blocks (`schedule` says when). Samples
are the rows with the lowest keyed hash, so they do not depend on arrival. A checkpoint keeps a model as its
rows; it is refitted when read.

PyOD's KNN says which training rows are isolated. What a row scores is worked out by a kernel
(`detectors.kernels.neighbours`), to the same figure: a call of PyOD takes as long for one row as the kernel
for a block.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.kernels import neighbours
from ingest.model.errors import UnreadableCheckpoint

DECIMALS = 6
"""Scores are rounded to this before they are compared or written."""
LEAST_P_VALUE_ROWS = 1000
_KEY_BYTES = 24
"""An address, filled up to whole words."""
LEAF = 16
"""Points of a leaf of the tree: below it, a list is looked through faster."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """How a detector's model is made: which columns of which table (of a part, by "block, id"), how many
    sampled rows an epoch, over how many epochs, how many of all these, when it is enough.

    `rows_per_wallet`: rows of one wallet in an epoch's sample, so that a busy wallet, which may be an
    attacker, is not what the model learns. `per_10k`: the alerts per 10,000 honest rows that its threshold
    aims at. `trim`: share of the most distant rows, for training and for the threshold, that may be attacks
    and count for nothing.
    """

    columns: tuple[str, ...]
    part: str
    table: str
    rows_per_epoch: int = 1024
    epochs: int = 20
    rows: int = 8192
    least_rows: int = 400
    rows_per_wallet: int = 3
    neighbours: int = 10
    per_10k: float = 10.0
    trim: float = 0.01


@dataclass(frozen=True, slots=True)
class Tree:
    """Points in a k-d tree: `points` [n, columns] lie in the order of the leaves; node i spans `first[i]` to
    `end[i]` of them and the box from `low[i]` to `high[i]`.
    """

    points: Matrix
    first: NDArray[np.int64]
    end: NDArray[np.int64]
    leaf: NDArray[np.int64]
    low: Matrix
    high: Matrix

    @classmethod
    def of(cls, points: Matrix) -> Tree:
        from sklearn.neighbors import KDTree

        data, order, nodes, boxes = KDTree(points, leaf_size=LEAF).get_arrays()
        first, end, leaf = (nodes[name].astype(np.int64) for name in ("idx_start", "idx_end", "is_leaf"))
        low, high = (np.ascontiguousarray(boxes[side]) for side in (0, 1))
        return cls(np.ascontiguousarray(np.asarray(data)[np.asarray(order)]), first, end, leaf, low, high)

    def distances(self, rows: Matrix, neighbours_: int) -> Matrix:
        """Mean distance of each row to its nearest points."""
        places = (self.points, self.first, self.end, self.leaf, self.low, self.high)
        found: Matrix = neighbours.mean_distances(*places, np.ascontiguousarray(rows), neighbours_)
        return found


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted nearest-neighbour model: immutable, shared by all moments of the state."""

    spec: ModelSpec
    rows: Matrix
    centre: Matrix
    scale: Matrix
    calibration: Matrix
    threshold: float
    rows_digest: str
    """SHA-256 of the training rows, each number as text with 6 decimals: the same on every machine."""
    digest: str
    """SHA-256 of what it was made from and by: the rows' digest, the spec, what it judges with."""
    tree: Tree = field(repr=False, compare=False)

    def distances(self, rows: Matrix) -> Matrix:
        """Mean distance to the nearest training rows, one a row; each row independent of the others."""
        far = self.tree.distances((rows - self.centre) / self.scale, self.spec.neighbours)
        return np.round(far, DECIMALS)

    def scores(self, distances: Matrix) -> Matrix:
        """Distances as scores in [0, 1): 0.5 at the threshold."""
        return np.round(distances / (distances + self.threshold), DECIMALS)

    def p_value(self, distance: float) -> float | None:
        """Share of calibration rows at least this far out; null below 1,000 of them."""
        if self.calibration.size < LEAST_P_VALUE_ROWS:
            return None
        above = int((self.calibration >= distance).sum())
        return round((above + 1) / (self.calibration.size + 1), DECIMALS)

    def most_unusual(self, row: Matrix, count: int = 3) -> list[str]:
        """The columns in which `row` lies furthest from the middle of the training rows, furthest first."""
        order = np.argsort(-np.abs((row - self.centre) / self.scale), kind="stable")
        return [self.spec.columns[i] for i in order[:count]]


def fit(spec: ModelSpec, rows: Matrix) -> Model:
    """A model of `rows` ([n, columns]), half of them for training and half for the threshold. Needs
    `spec.least_rows` rows.
    """
    training, calibration = rows[0::2], rows[1::2]
    centre = np.median(training, axis=0)
    low, high = np.percentile(training, [10, 90], axis=0)
    scale = np.maximum((high - low) / 2.0, 0.25)
    tree = Tree.of(_trimmed(spec, (training - centre) / scale))
    far = tree.distances((calibration - centre) / scale, spec.neighbours)
    distances = np.sort(np.round(far, DECIMALS))
    threshold, of_rows = _threshold(spec, distances), _digest_of(rows)
    whole = json.dumps([asdict(spec), of_rows, *map(_digest_of, (centre, scale, distances)), threshold])
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return Model(spec, rows, centre, scale, distances, threshold, of_rows, digest, tree)


def _digest_of(numbers: Matrix) -> str:
    """Rows of one or more numbers, a row a line."""
    lines = np.round(np.atleast_2d(numbers), DECIMALS) + 0.0
    text = "\n".join(",".join(f"{number:.{DECIMALS}f}" for number in line) for line in lines.tolist())
    return hashlib.sha256(text.encode()).hexdigest()


def _estimator(spec: ModelSpec, rows: Matrix) -> Any:
    # Imported late: PyOD pulls in scikit-learn, a second of start-up that most commands do not need.
    from pyod.models.knn import KNN

    return KNN(n_neighbors=spec.neighbours, method="mean", n_jobs=1).fit(rows)


def _trimmed(spec: ModelSpec, rows: Matrix) -> Matrix:
    """Training rows without the most isolated few, which may be the very attacks that should stand out."""
    drop = int(len(rows) * spec.trim)
    if not drop:
        return rows
    isolation = np.round(_estimator(spec, rows).decision_scores_, DECIMALS)
    return rows[np.sort(np.argsort(isolation, kind="stable")[: len(rows) - drop])]


def _threshold(spec: ModelSpec, distances: Matrix) -> float:
    """The distance that `per_10k` of 10,000 honest rows exceed. The furthest share (`trim`) of calibration
    rows may be attacks, so it says nothing: a tail is drawn through the rest, in which each tenth part of the
    rows lies as much further out as the one before.
    """
    inner, outer = np.quantile(distances, [max(0.0, 1 - 10 * spec.trim), 1 - spec.trim])
    tenths = max(0.0, np.log10(spec.trim * 10_000 / spec.per_10k))
    return round(max(float(outer + tenths * (outer - inner)), 10.0**-DECIMALS), DECIMALS)


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of an epoch by rising `key` (uint64), with the number of the wallet each is of."""

    key: NDArray[np.uint64]
    wallet: NDArray[np.int64]
    rows: Matrix

    def with_others(self, other: Sample) -> Sample:
        return Sample(
            np.concatenate([self.key, other.key]),
            np.concatenate([self.wallet, other.wallet]),
            np.concatenate([self.rows, other.rows]),
        )

    def first(self, spec: ModelSpec) -> Sample:
        """In order, with as many rows of a wallet, and as many of all, as an epoch keeps."""
        order = np.argsort(self.key, kind="stable")
        wallet = self.wallet[order]
        kept = order[_places(wallet) < spec.rows_per_wallet][: spec.rows_per_epoch]
        return Sample(self.key[kept], self.wallet[kept], self.rows[kept])


def _places(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each value how many equal ones are before it."""
    order = np.argsort(values, kind="stable")
    begins = np.flatnonzero(np.diff(values[order], prepend=-1) != 0)
    sizes = np.diff(begins, append=values.size)
    places = np.empty(values.size, np.int64)
    places[order] = np.arange(values.size) - np.repeat(begins, sizes)
    return places


@dataclass(frozen=True, slots=True)
class Samples:
    """Bottom-k samples of feature rows, one an epoch, oldest first. A value: `learn` gives another."""

    epochs: tuple[tuple[int, Sample], ...] = ()

    def learn(
        self,
        spec: ModelSpec,
        epoch: int,
        blocks: NDArray[np.int64],
        wallets: NDArray[np.int64],
        addresses: NDArray[np.uint8],
        rows: Matrix,
    ) -> Samples:
        """With the rows ([n, columns]) of wallets (by number, and uint8 [n, 20]) at the ends of blocks that
        all lie in one epoch.
        """
        fresh, kept = Sample(_keys(blocks, addresses), wallets, rows), list(self.epochs)
        if kept and kept[-1][0] == epoch:
            before = kept.pop()[1]
            fresh = before.with_others(fresh)
        kept.append((epoch, fresh.first(spec)))
        return Samples(tuple(kept[-spec.epochs :]))

    def matrix(self, spec: ModelSpec) -> Matrix:
        """Sampled rows in the order of their keys (which is no order of time), `spec.rows` at most."""
        if not self.epochs:
            return np.zeros((0, len(spec.columns)))
        keys, rows = (
            np.concatenate([getattr(sample, name) for _, sample in self.epochs]) for name in ("key", "rows")
        )
        found: Matrix = np.ascontiguousarray(rows[np.argsort(keys, kind="stable")[: spec.rows]])
        return found


def _keys(blocks: NDArray[np.int64], addresses: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """A hash of each row's block and wallet, the same wherever and whenever the row is met (SplitMix64)."""
    raw = np.zeros((len(addresses), _KEY_BYTES), np.uint8)
    raw[:, : addresses.shape[1]] = addresses
    keys = blocks.astype(np.uint64)
    for word in raw.view(np.uint64).T:
        keys = _mixed(keys ^ word)
    return keys


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


def arrays(model: Model) -> dict[str, NDArray[Any]]:
    """What a checkpoint keeps of a model: its rows, and calibration distances as a probe."""
    return {"rows": model.rows, "probe": model.calibration}


def of_arrays(spec: ModelSpec, kept: dict[str, NDArray[Any]], where: str) -> Model:
    """The inverse: refits, and refuses where the refitted model does not score the probe as before."""
    model = fit(spec, kept["rows"])
    if not np.array_equal(model.calibration, kept["probe"]):
        raise UnreadableCheckpoint(
            f"{where}: a model does not score as it did when it was saved; start with --rebuild"
        )
    return model


def isolation_forest(rows: Matrix, seed: int = 1) -> tuple[Matrix, NDArray[np.bool_]]:
    """PyOD's Isolation Forest with its defaults, for the baseline of evaluation; no detector uses it.

    Gives the isolation of each row of `rows` ([n, columns]) in [0, 1], and whether it is in the tenth that is
    isolated first. Fewer than two rows isolate nothing: 0 and false.
    """
    if len(rows) < 2:
        return np.zeros(len(rows)), np.zeros(len(rows), np.bool_)
    # Imported late, like KNN.
    from pyod.models.iforest import IForest

    fitted = IForest(random_state=seed, n_jobs=1).fit(rows)
    scores: Matrix = np.round(np.clip(0.5 + fitted.decision_scores_, 0.0, 1.0), DECIMALS)
    return scores, fitted.labels_.astype(np.bool_)


def novelty(rows: Matrix, asked: Matrix, seed: int = 1) -> tuple[Matrix, Matrix]:
    """What PyOD's Isolation Forest and KNN, with their defaults, fitted on `rows` alone, make of other rows:
    the naive answers that a trained model is held against. Columns are scaled as `fit` scales them.
    """
    from pyod.models.iforest import IForest
    from pyod.models.knn import KNN

    centre = np.median(rows, axis=0)
    low, high = np.percentile(rows, [10, 90], axis=0)
    scale = np.maximum((high - low) / 2.0, 0.25)
    rows, asked = (rows - centre) / scale, (asked - centre) / scale
    forest = IForest(random_state=seed, n_jobs=1).fit(rows)
    near = KNN(n_neighbors=min(5, len(rows) - 1), n_jobs=1).fit(rows)
    return forest.decision_function(asked), near.decision_function(asked)
