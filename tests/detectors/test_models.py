"""Models are fitted on samples that do not depend on arrival, judge by a frozen threshold, and come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectors.models import outliers
from detectors.models.outliers import Matrix, ModelSpec, Samples
from ingest.model.errors import UnreadableCheckpoint
from tests.fixtures.frames import address

Wallets = tuple[Any, Any, Any, Matrix]
"""Blocks, numbers and addresses of wallets, and their rows."""

SPEC = ModelSpec(
    ("pays", "payees"), "habits", "wallets", rows_per_epoch=20, epochs=3, least_rows=40, neighbours=3
)


def wallets(first_block: int, blocks: int, seed: int = 0) -> Wallets:
    """Ten wallets in each block."""
    rng = np.random.default_rng(seed + first_block)
    numbers = np.repeat(np.arange(first_block, first_block + blocks), 10)
    addresses = b"".join(address(f"wallet {i}") for i in range(numbers.size))
    raw = np.frombuffer(addresses, np.uint8).reshape(-1, 20)
    return numbers, np.arange(numbers.size), raw, rng.normal(size=(numbers.size, 2))


def some(of: Wallets, which: slice) -> Wallets:
    blocks, numbers, addresses, values = of
    return blocks[which], numbers[which], addresses[which], values[which]


def rows(count: int, seed: int = 1) -> Matrix:
    return np.random.default_rng(seed).normal(size=(count, 2))


def test_samples_do_not_depend_on_where_batches_are_cut_or_in_which_order_rows_come() -> None:
    every = wallets(0, 10)
    whole = Samples().learn(SPEC, 0, *every)
    pieces = Samples()
    for start in range(0, 100, 7):
        pieces = pieces.learn(SPEC, 0, *some(every, slice(start, start + 7)))
    backwards = Samples().learn(SPEC, 0, *some(every, slice(None, None, -1)))
    assert np.array_equal(whole.matrix(SPEC), pieces.matrix(SPEC))
    assert np.array_equal(whole.matrix(SPEC), backwards.matrix(SPEC))


def test_an_epoch_keeps_so_many_rows_and_only_the_newest_epochs_are_kept() -> None:
    samples = Samples()
    for epoch in range(5):
        samples = samples.learn(SPEC, epoch, *wallets(10 * epoch, 10))
    assert [epoch for epoch, _ in samples.epochs] == [2, 3, 4]
    assert samples.matrix(SPEC).shape == (3 * 20, 2)


def test_one_wallet_is_no_more_than_three_rows_of_an_epoch() -> None:
    blocks, _, addresses, values = wallets(0, 10)
    busy = np.zeros(blocks.size, np.int64)
    assert Samples().learn(SPEC, 0, blocks, busy, addresses, values).matrix(SPEC).shape == (3, 2)


def test_learning_leaves_the_samples_it_began_with_alone() -> None:
    first = Samples().learn(SPEC, 0, *wallets(0, 1))
    before = first.matrix(SPEC)
    first.learn(SPEC, 0, *wallets(1, 9))
    assert np.array_equal(first.matrix(SPEC), before)


def test_no_samples_are_an_empty_matrix() -> None:
    assert Samples().matrix(SPEC).shape == (0, 2)


def test_two_fits_of_the_same_rows_score_alike_and_a_row_alone_as_among_others() -> None:
    one, other = outliers.fit(SPEC, rows(60)), outliers.fit(SPEC, rows(60))
    judged = rows(30, seed=2)
    assert np.array_equal(one.distances(judged), other.distances(judged))
    assert one.threshold == other.threshold
    alone = [float(one.distances(judged[i : i + 1])[0]) for i in range(30)]
    assert alone == one.distances(judged).tolist()
    assert one.distances(judged[:0]).tolist() == []


def test_the_threshold_goes_on_from_the_last_hundredth_as_far_as_the_tenth_before_it() -> None:
    # 10 of 10,000 is a tenth of the hundredth that is left out: one step further.
    model = outliers.fit(SPEC, rows(4_000))
    inner, outer = np.quantile(model.calibration, [0.9, 0.99])
    assert model.threshold == pytest.approx(2 * outer - inner, abs=1e-6)


@pytest.mark.parametrize("attacks", [0, 1, 16])
def test_attacks_among_the_calibration_rows_do_not_raise_the_threshold_above_themselves(attacks: int) -> None:
    """Fewer than one in a hundred of them: whoever did the same before must not hide who does it now."""
    sample = rows(4_000)
    sample[1 : 2 * attacks : 2] += 40.0
    model, clean = outliers.fit(SPEC, sample), outliers.fit(SPEC, rows(4_000))
    assert model.threshold < 2 * clean.threshold
    assert (model.distances(sample[1 : 2 * attacks : 2]) > model.threshold).all()


def test_rows_that_are_all_alike_leave_a_threshold_above_nothing() -> None:
    assert outliers.fit(SPEC, np.zeros((800, len(SPEC.columns)))).threshold > 0


def test_a_distance_at_the_threshold_scores_one_half_and_further_out_more() -> None:
    model = outliers.fit(SPEC, rows(60))
    near, at, far = model.scores(np.array([0.0, model.threshold, 3 * model.threshold]))
    assert (near, at, far) == (0.0, 0.5, 0.75)  # d / (d + t)


def test_a_p_value_is_null_below_a_thousand_calibration_rows() -> None:
    assert outliers.fit(SPEC, rows(1998)).p_value(99.0) is None


def test_a_p_value_counts_the_calibration_rows_at_least_as_far_out() -> None:
    model = outliers.fit(SPEC, rows(2000))  # 1,000 of them calibrate
    assert model.p_value(1e9) == round(1 / 1001, 6)
    assert model.p_value(float(model.calibration[-10])) == round(11 / 1001, 6)
    assert model.p_value(0.0) == 1.0


def test_what_is_most_unusual_is_furthest_from_the_middle_in_spreads() -> None:
    model = outliers.fit(SPEC, rows(60))
    assert model.most_unusual(np.array([0.0, 9.0]), count=1) == ["payees"]
    assert model.most_unusual(np.array([-9.0, 5.0])) == ["pays", "payees"]


def test_a_model_comes_back_from_its_arrays_and_scores_alike() -> None:
    model = outliers.fit(SPEC, rows(60))
    again = outliers.of_arrays(SPEC, outliers.arrays(model), "file")
    judged = rows(30, seed=2)
    assert np.array_equal(again.distances(judged), model.distances(judged))
    assert again.threshold == model.threshold


def test_a_model_that_no_longer_scores_its_probe_as_before_is_refused() -> None:
    kept = outliers.arrays(outliers.fit(SPEC, rows(60)))
    kept["probe"] = kept["probe"] + 1e-6
    with pytest.raises(UnreadableCheckpoint, match=r"^file: a model does not score as it did .* --rebuild$"):
        outliers.of_arrays(SPEC, kept, "file")
