"""Fits models beside the stream: begun when samples are frozen, waited for where the model is to judge.

A model is a function of its rows, so it does not matter when, or how often, it is fitted.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

from detectors.models import outliers
from detectors.models.outliers import Matrix, Model, ModelSpec

KEPT = 16
"""Models that are kept by what they were made of: a rollback asks for the same ones again."""

Key = tuple[ModelSpec, bytes]


class Fitting:
    """Fits one model after another in a thread of its own, which also imports what a fit needs; the thread
    ends with the process.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "fits")
        self._begun: OrderedDict[Key, Future[Model]] = OrderedDict()

    def begin(self, spec: ModelSpec, rows: Matrix) -> None:
        self._of(spec, rows)

    def fitted(self, spec: ModelSpec, rows: Matrix) -> Model:
        """The model of these rows, as soon as it is there."""
        return self._of(spec, rows).result()

    def _of(self, spec: ModelSpec, rows: Matrix) -> Future[Model]:
        key = spec, hashlib.sha256(rows.tobytes()).digest()
        if key not in self._begun:
            self._begun[key] = self._thread.submit(outliers.fit, spec, rows)
        self._begun.move_to_end(key)
        while len(self._begun) > KEPT:
            self._begun.popitem(last=False)
        return self._begun[key]
