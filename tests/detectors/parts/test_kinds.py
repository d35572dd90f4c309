"""What columns are asked first: of which kinds rows are, which values are among a few, what is not zero."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.parts.contract import Kind
from detectors.parts.kinds import FEW, among, is_some, of_kinds


def test_rows_of_some_kinds_are_those_that_numpy_finds() -> None:
    column = np.array([kind.value for kind in Kind] * 2)
    kinds = (Kind.ERC20, Kind.SYNC, max(Kind))
    assert of_kinds(column, kinds).tolist() == np.isin(column, kinds).tolist()
    assert of_kinds(column[:0], kinds).tolist() == []


@pytest.mark.parametrize("count", [0, 1, FEW, FEW + 1])
def test_values_among_a_few_or_many_are_those_that_numpy_finds(count: int) -> None:
    values, few = np.arange(-3, 40), [3 * i for i in range(count)]
    wanted = np.isin(values, few).tolist()
    assert among(values, few).tolist() == wanted
    assert among(values, set(few)).tolist() == wanted
    assert among(values, np.array(few, np.int64)).tolist() == wanted


def test_a_word_is_some_where_any_of_its_limbs_is() -> None:
    words = np.array([[0, 0, 0, 0], [1 << 63, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], np.uint64)
    assert is_some(words).tolist() == [False, True, True, True, True]
    assert is_some(words[:0]).tolist() == []
