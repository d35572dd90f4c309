"""Amounts as logs hold them: words of 32 big-endian bytes, told as floats or split by their sign."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

WORD = 32
ZERO, ONE = bytes(WORD), (1).to_bytes(WORD, "big")
_LIMBS = 4


def amount_float(amounts: pl.Series) -> pl.Series:
    """Amounts of 32 big-endian bytes as `Float64`: a feature, never money. Null stays null."""
    limbs = _limbs(amounts).astype(np.float64)
    total = limbs[:, 0] * 2.0**192 + limbs[:, 1] * 2.0**128 + limbs[:, 2] * 2.0**64 + limbs[:, 3]
    floats = pl.Series("amount_float", total, dtype=pl.Float64)
    return floats if not amounts.null_count() else floats.zip_with(amounts.is_not_null(), _nulls(amounts))


def split_signed(amounts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Two's complement words as what is above zero, and how far below zero: one of the two is zero."""
    limbs = _limbs(amounts)
    negative = limbs[:, 0] >= np.uint64(1) << np.uint64(63)
    above, below = limbs.copy(), _negated(limbs)
    above[negative], below[~negative] = 0, 0
    return _words(above), _words(below)


def _negated(limbs: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit turned, and one added: the carry goes on as long as a limb comes out as zero."""
    turned = ~limbs
    carry = np.ones(len(limbs), dtype=np.uint64)
    for at in reversed(range(_LIMBS)):
        turned[:, at] += carry
        carry = carry & (turned[:, at] == 0)
    return turned


def _limbs(amounts: pl.Series) -> NDArray[np.uint64]:
    whole = amounts.fill_null(ZERO) if amounts.null_count() else amounts
    return np.frombuffer(b"".join(whole.to_list()), dtype=">u8").reshape(-1, _LIMBS).astype(np.uint64)


def _words(limbs: NDArray[np.uint64]) -> pl.Series:
    data = limbs.astype(">u8").tobytes()
    return pl.Series([data[at : at + WORD] for at in range(0, len(data), WORD)], dtype=pl.Binary)


def _nulls(like: pl.Series) -> pl.Series:
    return pl.Series([None] * len(like), dtype=pl.Float64)
