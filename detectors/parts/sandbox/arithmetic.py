"""What the EVM's operations on words give. Every result is to be taken modulo 2**256."""

from __future__ import annotations

from collections.abc import Callable

WORD = 2**256
MASK = WORD - 1
_SIGN = 2**255


def _signed(value: int) -> int:
    return value - WORD if value & _SIGN else value


def _sdiv(a: int, b: int) -> int:
    x, y = _signed(a), _signed(b)
    found = abs(x) // abs(y) if y else 0
    return -found if (x < 0) != (y < 0) else found


def _smod(a: int, b: int) -> int:
    x, y = _signed(a), _signed(b)
    found = abs(x) % abs(y) if y else 0
    return -found if x < 0 else found


def _signextend(size: int, value: int) -> int:
    if size > 30:
        return value
    bits = 8 * (size + 1)
    low = value & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def _sar(by: int, value: int) -> int:
    return _signed(value) >> min(by, 256)


BINARY: dict[int, Callable[[int, int], int]] = {
    0x01: lambda a, b: a + b,
    0x02: lambda a, b: a * b,
    0x03: lambda a, b: a - b,
    0x04: lambda a, b: a // b if b else 0,
    0x05: _sdiv,
    0x06: lambda a, b: a % b if b else 0,
    0x07: _smod,
    0x0A: lambda a, b: pow(a, b, WORD),
    0x0B: _signextend,
    0x10: lambda a, b: int(a < b),
    0x11: lambda a, b: int(a > b),
    0x12: lambda a, b: int(_signed(a) < _signed(b)),
    0x13: lambda a, b: int(_signed(a) > _signed(b)),
    0x14: lambda a, b: int(a == b),
    0x16: lambda a, b: a & b,
    0x17: lambda a, b: a | b,
    0x18: lambda a, b: a ^ b,
    0x1A: lambda a, b: (b >> 8 * (31 - a)) & 0xFF if a < 32 else 0,
    0x1B: lambda a, b: b << a if a < 256 else 0,
    0x1C: lambda a, b: b >> a if a < 256 else 0,
    0x1D: _sar,
}
"""Of the topmost word and the one below it."""

UNARY: dict[int, Callable[[int], int]] = {0x15: lambda a: int(not a), 0x19: lambda a: ~a}

TERNARY: dict[int, Callable[[int, int, int], int]] = {
    0x08: lambda a, b, n: (a + b) % n if n else 0,
    0x09: lambda a, b, n: (a * b) % n if n else 0,
}
