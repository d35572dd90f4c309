"""A model is fitted beside the stream, once for the same rows, and is the one that a fit at once gives."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.models import outliers
from detectors.models.fitting import KEPT, Fitting
from detectors.models.outliers import Matrix, Model, ModelSpec

SPEC = ModelSpec(("pays", "payees"), "habits", "wallets", least_rows=40, neighbours=3)


def rows(seed: int) -> Matrix:
    return np.random.default_rng(seed).normal(size=(60, 2))


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Matrix]:
    """The rows that were really fitted, in order."""
    fitted: list[Matrix] = []
    fit = outliers.fit

    def counted(spec: ModelSpec, some: Matrix) -> Model:
        fitted.append(some)
        return fit(spec, some)

    monkeypatch.setattr(outliers, "fit", counted)
    return fitted


def test_what_was_begun_is_there_when_it_is_asked_for(fits: list[Matrix]) -> None:
    made = Fitting()
    made.begin(SPEC, rows(1))
    model = made.fitted(SPEC, rows(1))
    assert len(fits) == 1
    judged = rows(2)
    assert np.array_equal(model.distances(judged), outliers.fit(SPEC, rows(1)).distances(judged))


def test_what_was_never_begun_is_fitted_when_it_is_asked_for(fits: list[Matrix]) -> None:
    assert np.array_equal(Fitting().fitted(SPEC, rows(3)).rows, rows(3))
    assert len(fits) == 1


def test_after_a_rollback_the_same_rows_are_not_fitted_again(fits: list[Matrix]) -> None:
    made = Fitting()
    assert made.fitted(SPEC, rows(1)) is made.fitted(SPEC, rows(1).copy())
    assert len(fits) == 1


def test_only_so_many_models_are_kept(fits: list[Matrix]) -> None:
    made = Fitting()
    for seed in range(KEPT + 1):
        made.fitted(SPEC, rows(seed))
    made.fitted(SPEC, rows(0))
    assert len(fits) == KEPT + 2


def test_a_fit_that_raises_raises_where_the_model_is_asked_for() -> None:
    made = Fitting()
    made.begin(SPEC, np.full((60, 2), np.nan))
    with pytest.raises(ValueError, match="NaN"):
        made.fitted(SPEC, np.full((60, 2), np.nan))
