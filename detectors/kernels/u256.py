"""Exact 256-bit unsigned arithmetic on rows of four `uint64` limbs, most significant first.

Rules decide on integers; numba has none of 256 bits. Each function takes 1-D arrays of four limbs.
"""

import numpy as np

from detectors.memory.compiled import njit

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@njit(cache=True)
def is_zero(a):  # type: ignore[no-untyped-def]
    return a[0] == 0 and a[1] == 0 and a[2] == 0 and a[3] == 0


@njit(cache=True)
def compare(a, b):  # type: ignore[no-untyped-def]
    """-1, 0 or 1 as a is less than, equal to or more than b."""
    for i in range(a.shape[0]):
        if a[i] < b[i]:
            return -1
        if a[i] > b[i]:
            return 1
    return 0


@njit(cache=True)
def add_to(a, b):  # type: ignore[no-untyped-def]
    """a += b; stays at the largest number where the sum does not fit (a hostile token emits any amount)."""
    carry = np.uint64(0)
    for i in range(3, -1, -1):
        partial = a[i] + b[i]
        first = np.uint64(1) if partial < a[i] else np.uint64(0)
        total = partial + carry
        second = np.uint64(1) if total < partial else np.uint64(0)
        a[i] = total
        carry = first + second
    if carry:
        for i in range(4):
            a[i] = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(cache=True)
def subtract_from(a, b):  # type: ignore[no-untyped-def]
    """a -= b where b <= a (the caller has compared)."""
    borrow = np.uint64(0)
    for i in range(3, -1, -1):
        taken = a[i] - b[i]
        first = np.uint64(1) if a[i] < b[i] else np.uint64(0)
        total = taken - borrow
        second = np.uint64(1) if taken < borrow else np.uint64(0)
        a[i] = total
        borrow = first + second


@njit(cache=True)
def clipped(a):  # type: ignore[no-untyped-def]
    """As a signed 64-bit number; the largest such number where it does not fit."""
    largest = np.uint64(0x7FFFFFFFFFFFFFFF)
    if a[0] != 0 or a[1] != 0 or a[2] != 0 or a[3] > largest:
        return np.int64(largest)
    return np.int64(a[3])


@njit(cache=True)
def divided(a, divisor):  # type: ignore[no-untyped-def]
    """a // divisor as a signed 64-bit number, clipped like `clipped`; divisor below 2**32."""
    k, rest, out = np.uint64(divisor), np.uint64(0), np.zeros(4, np.uint64)
    for i in range(4):
        high = (rest << _HALF) | (a[i] >> _HALF)
        low = ((high % k) << _HALF) | (a[i] & _LOW)
        out[i] = ((high // k) << _HALF) | (low // k)
        rest = low % k
    return clipped(out)


@njit(cache=True)
def times(a, factor):  # type: ignore[no-untyped-def]
    """a * factor as five limbs; factor below 2**32."""
    out = np.zeros(5, np.uint64)
    k = np.uint64(factor)
    carry = np.uint64(0)
    for i in range(3, -1, -1):
        low = (a[i] & _LOW) * k + carry
        high = (a[i] >> _HALF) * k + (low >> _HALF)
        out[i + 1] = (high << _HALF) | (low & _LOW)
        carry = high >> _HALF
    out[0] = carry
    return out


@njit(cache=True)
def at_least(a, numerator, b, denominator):  # type: ignore[no-untyped-def]
    """Whether a / b >= numerator / denominator, exactly: a * denominator >= b * numerator."""
    return compare(times(a, denominator), times(b, numerator)) >= 0
