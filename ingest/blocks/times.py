"""Block times in whole seconds, whatever unit a chain counts them in: a header does not say which."""

from __future__ import annotations

_EARLIEST, _LATEST = 1_420_070_400, 7_258_118_400
"""2015 and 2200, in seconds. A time past 2200 cannot be seconds; in another unit it has to fall in between.
What lies between the units (a moment of 1970 in nanoseconds, the year 3000 in seconds) is not guessed at.
"""

_UNITS = {"milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}


def unit_of(timestamp: str) -> str:
    """The unit of a header's time. Raises ValueError for a time that is in none that is known."""
    time = int(timestamp, 16)
    if 0 <= time <= _LATEST:
        return "seconds"
    for unit, parts in _UNITS.items():
        if _EARLIEST <= time // parts <= _LATEST:
            return unit
    raise ValueError(
        f"its time {timestamp[:40]} is no moment before 2200, in seconds or in parts of a thousand of one"
    )


def told(timestamp: str) -> str | None:
    """What a person is told of the unit: None where it is seconds, or none that is known."""
    try:
        unit = unit_of(timestamp)
    except ValueError:
        return None
    return None if unit == "seconds" else f"this chain tells its time in {unit}: read as whole seconds"


def seconds(timestamp: str) -> int:
    """A header's time in whole seconds UTC, rounded down. Raises ValueError as `unit_of` does."""
    return int(timestamp, 16) // _UNITS.get(unit_of(timestamp), 1)
