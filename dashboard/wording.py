"""How values are written for people: amounts, addresses, times. Pure, and safe for text from the chain."""

from __future__ import annotations

from datetime import UTC, datetime

from detectors.text import visible

SYMBOL_LENGTH = 24
"""Longer symbols are cut on screens: no honest one comes near it."""
_SHORT = 12


def short(hexadecimal: str) -> str:
    """`0xa1b2c3…d4e5f6` of an address or a hash; other text as it is, cut when it is long."""
    if hexadecimal.startswith("0x") and len(hexadecimal) > 2 * _SHORT:
        return f"{hexadecimal[:8]}…{hexadecimal[-6:]}"
    return cut(hexadecimal, 2 * _SHORT)


def cut(text: str, length: int) -> str:
    """At most `length` characters, nothing hidden in them."""
    shown = visible(text)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def symbol(name: str | None, token: str | None) -> str:
    """What to call a token: its symbol, else its short address; a native coin that nobody named has
    neither.
    """
    if name:
        return cut(name, SYMBOL_LENGTH)
    return short(token) if token else "native coin"


def amount(units: str | None, decimals: int | None) -> str:
    """Token units (a decimal string) as a number of tokens, exact, grouped by thousands; empty where unknown.

    Where the token's decimals are unknown the units themselves are written, and say so. Native value has 18.
    """
    if units is None:
        return ""
    if decimals is None:
        return f"{int(units):,} units"
    whole, part = divmod(int(units), 10**decimals)
    digits = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole:,}.{digits}" if digits else f"{whole:,}"


def utc(timestamp: int) -> str:
    """Seconds as `2023-11-14 22:13:20`, UTC."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S")


def ago(seconds: float) -> str:
    """`now`, `42 s ago`, `5 min ago`, `3 h ago`, `2 d ago`."""
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit} ago"
    return f"{whole} s ago" if whole else "now"


def title(identifier: str) -> str:
    """`wallet-drain` as `Wallet drain`."""
    return cut(identifier.replace("-", " ").replace("_", " ").capitalize(), 60)


def stands(measured: object, threshold: object) -> str:
    """How a measured value stands to its threshold: at or above, below, equal, differs; empty without one."""
    if threshold is None:
        return ""
    if isinstance(measured, int | float) and isinstance(threshold, int | float):
        return "at or above" if measured >= threshold else "below"
    return "equal" if measured == threshold else "differs"
