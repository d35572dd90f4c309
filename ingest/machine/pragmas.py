"""Which compiler a `pragma solidity` asks for: ranges as npm writes them, without pre-releases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from ingest.model.errors import BadInput

_Version = tuple[int, int, int]
_Test = Callable[[_Version], bool]
_PART = r"(\d{1,6}|[xX*])"
_ONE = re.compile(rf"\s*(\^|~|>=|<=|>|<|=)?\s*v?{_PART}(?:\.{_PART})?(?:\.{_PART})?")
_SPAN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")


def newest(pragmas: Iterable[str], versions: Sequence[str]) -> str:
    """The newest of `versions` that all `pragmas` allow; without any, the newest. Raises BadInput, naming
    what is there, where none is allowed or a pragma cannot be read.
    """
    ranges = [(text, _range(text)) for text in pragmas]
    allowed = [v for v in versions if all(test(_numbers(v)) for _, test in ranges)]
    if allowed:
        return max(allowed, key=_numbers)
    asked = " and ".join(" ".join(text.split()) for text, _ in ranges)
    raise BadInput(f"no Solidity compiler here satisfies {asked[:200]!r}: there are {', '.join(versions)}")


def _range(text: str) -> _Test:
    choices = [_all_of(part) for part in text.replace('"', " ").replace("'", " ").split("||")]
    return lambda version: any(choice(version) for choice in choices)


def _all_of(text: str) -> _Test:
    if span := _SPAN.fullmatch(text):
        text = f">={span[1]} <={span[2]}"
    tests, at = [], 0
    text = text.strip()
    while at < len(text):
        found = _ONE.match(text, at)
        if not found:
            raise BadInput(f"pragma solidity {' '.join(text.split())[:100]!r} cannot be read as a range")
        tests.append(_test(found[1] or "", [found[2], found[3], found[4]]))
        at = found.end()
    return lambda version: all(test(version) for test in tests)


def _test(sign: str, parts: list[str | None]) -> _Test:
    """What of a version is left open counts as any: `0.8` is 0.8.0 up to 0.9, and so is `^0.8`."""
    given = [int(part) for part in parts if part is not None and part.isdecimal()]
    low: _Version = (*given, 0, 0, 0)[:3]  # type: ignore[assignment]
    if not given:
        return lambda version: True
    if sign in (">=", "<"):
        return (lambda version: version >= low) if sign == ">=" else (lambda version: version < low)
    past = _after(given, len(given) - 1)
    if sign in (">", "<="):
        return (lambda version: version >= past) if sign == ">" else (lambda version: version < past)
    if sign == "~":
        past = _after(given, min(1, len(given) - 1))
    if sign == "^":
        past = _after(given, next((i for i, n in enumerate(given) if n), len(given) - 1))
    return lambda version: low <= version < past


def _after(given: list[int], at: int) -> _Version:
    """The first version in which the part `at` is one more."""
    more = [*given[:at], given[at] + 1, 0, 0, 0]
    return more[0], more[1], more[2]


def _numbers(version: str) -> _Version:
    first, second, third = (int(part) for part in version.split("."))
    return first, second, third
