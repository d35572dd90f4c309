"""One JSON text for one value: keys sorted, ASCII, no spaces, one line that ends with a line feed."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from detectors.alerts import alert

DEEPEST = 64
"""Lists and objects inside of each other: a bundle has ten; some thousand are too many for a parser."""

_STRING, _BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"'), re.compile(rb"[\[\]{}]")


def parsed(content: bytes) -> Any:
    """The value of a JSON text. Raises ValueError where it is none, or too deep."""
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", content)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise ValueError(f"it has more than {DEEPEST} lists and objects inside of each other")
    return json.loads(content)


def canonical(value: Any) -> bytes:
    """The value's only text, without the line feed that ends a file. Raises ValueError for NaN."""
    return alert.canonical(value).encode()


def digest(value: Any) -> str:
    """SHA-256 of the value's text, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def first_difference(one: bytes, other: bytes) -> int:
    """The first byte at which two texts differ; where one is the beginning of the other, its end."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))
