"""The one door to PyOD: models are fitted on what honest-looking wallets did earlier, then frozen, then
judge.

A model never sees what it judges: it is fitted at a fixed block on samples of earlier epochs. Samples are the
rows with the lowest keyed hash, so they do not depend on arrival. A checkpoint keeps a model as its rows and
seed; it is refitted when read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.model.errors import UnreadableCheckpoint

DECIMALS = 6
"""Scores are rounded to this before they are compared or written."""
LEAST_P_VALUE_ROWS = 1000

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """How a detector's model is made: which columns, how many sampled rows an epoch, over how many epochs,
    when it is enough.

    `rows_per_wallet`: rows of one wallet in an epoch's sample, so that a busy wallet, which may be an
    attacker, is not what the model learns. `per_10k`: the alerts per 10,000 honest rows that its threshold
    aims at. `margin`: how far above the highest calibration score the threshold lies where the rows are too
    few to resolve that rate. `trim`: share of the most distant training rows left out, once, at the fit.
    """

    columns: tuple[str, ...]
    rows_per_epoch: int = 1024
    epochs: int = 8
    least_rows: int = 400
    rows_per_wallet: int = 3
    neighbours: int = 10
    per_10k: float = 5.0
    margin: float = 1.25
    trim: float = 0.01


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted nearest-neighbour model: immutable, shared by all copies of the state."""

    spec: ModelSpec
    rows: Matrix
    effective: int
    centre: Matrix
    scale: Matrix
    calibration: Matrix
    threshold: float
    estimator: Any = field(repr=False, compare=False)

    def distances(self, rows: Matrix) -> Matrix:
        """Mean distance to the nearest training rows, one a row; each row independent of the others."""
        if not len(rows):
            return np.zeros(0)
        far: Matrix = self.estimator.decision_function((rows - self.centre) / self.scale)
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


def fit(spec: ModelSpec, rows: Matrix, effective: int) -> Model:
    """A model of `rows` ([n, columns]), half of them for training and half for the threshold. Needs
    `spec.least_rows` rows.
    """
    training, calibration = rows[0::2], rows[1::2]
    centre = np.median(training, axis=0)
    low, high = np.percentile(training, [10, 90], axis=0)
    scale = np.maximum((high - low) / 2.0, 0.25)
    estimator = _estimator(spec, _trimmed(spec, (training - centre) / scale))
    distances = np.sort(np.round(estimator.decision_function((calibration - centre) / scale), DECIMALS))
    return Model(spec, rows, effective, centre, scale, distances, _threshold(spec, distances), estimator)


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
    """The distance that `per_10k` of 10,000 calibration rows exceed. Where so few rows cannot tell, some way
    (`margin`) above all of them but the trimmed share, which may be attacks.
    """
    above = int(distances.size * spec.per_10k / 10_000)
    if above >= 1:
        return float(distances[-above])
    kept = distances[: distances.size - int(distances.size * spec.trim)]
    return round(float(kept[-1]) * spec.margin, DECIMALS)


@dataclass(frozen=True, slots=True)
class Samples:
    """Bottom-k samples of feature rows, one frame an epoch, oldest first. A value: `learn` gives another."""

    epochs: tuple[tuple[int, pl.DataFrame], ...] = ()

    def learn(self, spec: ModelSpec, epoch: int, wallets: pl.DataFrame) -> Samples:
        """With the rows of a batch that lies in one epoch."""
        fresh = wallets.select(
            pl.struct("block_number", "wallet").map_batches(_keyed_hash, return_dtype=pl.UInt64).alias("key"),
            "wallet",
            *(pl.col(name) for name in spec.columns),
        )
        kept = list(self.epochs)
        if kept and kept[-1][0] == epoch:
            fresh = pl.concat([kept.pop()[1], fresh])
        few = pl.int_range(pl.len()).over("wallet") < spec.rows_per_wallet
        kept.append((epoch, fresh.sort("key").filter(few).head(spec.rows_per_epoch)))
        return Samples(tuple(kept[-spec.epochs :]))

    def matrix(self, spec: ModelSpec) -> Matrix:
        """All sampled rows, in the order of their keys (which is no order of time)."""
        if not self.epochs:
            return np.zeros((0, len(spec.columns)))
        rows = pl.concat([frame for _, frame in self.epochs]).sort("key")
        return np.ascontiguousarray(rows.select(spec.columns).to_numpy())


def _keyed_hash(rows: pl.Series) -> pl.Series:
    numbers = rows.struct.field("block_number").to_list()
    wallets = rows.struct.field("wallet").to_list()
    keys = [_key(number, wallet) for number, wallet in zip(numbers, wallets, strict=True)]
    return pl.Series(keys, dtype=pl.UInt64)


def _key(number: int, wallet: bytes) -> int:
    digest = hashlib.blake2b(number.to_bytes(8, "big") + wallet, digest_size=8, key=b"undertow samples")
    return int.from_bytes(digest.digest(), "big")


def arrays(model: Model) -> dict[str, NDArray[Any]]:
    """What a checkpoint keeps of a model: its rows, when it takes effect, and calibration distances as a
    probe.
    """
    return {"rows": model.rows, "effective": np.array([model.effective]), "probe": model.calibration}


def of_arrays(spec: ModelSpec, kept: dict[str, NDArray[Any]], where: str) -> Model:
    """The inverse: refits, and refuses where the refitted model does not score the probe as before."""
    model = fit(spec, kept["rows"], int(kept["effective"][0]))
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
