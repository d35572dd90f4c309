"""Words of 32 bytes: exact at every size, with a sign and without, and null where there is none."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode.words import amount_float, split_signed
from tests.fixtures.frames import word


@given(
    st.lists(
        st.one_of(st.integers(-(2**255), 2**255 - 1), st.sampled_from([0, -1, 2**64, -(2**64), -(2**128)]))
    )
)
def test_a_signed_word_is_what_it_is_above_zero_and_what_it_is_below(numbers: list[int]) -> None:
    above, below = split_signed(pl.Series([word(number % 2**256) for number in numbers], dtype=pl.Binary))

    assert above.to_list() == [word(max(0, number)) for number in numbers]
    assert below.to_list() == [word(max(0, -number)) for number in numbers]


@given(st.lists(st.one_of(st.none(), st.integers(0, 2**256 - 1))))
def test_a_float_is_the_amount_as_near_as_floats_come_and_null_stays_null(numbers: list[int | None]) -> None:
    words = [None if number is None else word(number) for number in numbers]

    floats = amount_float(pl.Series(words, dtype=pl.Binary)).to_list()

    assert [value is None for value in floats] == [number is None for number in numbers]
    for value, number in zip(floats, numbers, strict=True):
        assert number is None or abs(value - float(number)) <= float(number) * 2**-50
