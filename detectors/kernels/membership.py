"""Kernel: which of many keys a table has rows of, without touching them."""

from __future__ import annotations

from detectors.kernels.lockstep import known
from detectors.memory.compiled import njit


@njit(cache=True)
def held(current, previous, keys, times, out):  # type: ignore[no-untyped-def]
    """`out` [n] says of each key, as of its time, whether there is a row of it."""
    for i in range(keys.size):
        out[i] = known(current, previous, keys[i], times[i])
