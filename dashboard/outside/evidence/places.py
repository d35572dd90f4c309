"""The places of a bundle that have a digest of their own, so that a changed byte is named with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dashboard.outside.evidence.canonical import digest

_DIVIDED = {
    "/evidence", "/evidence/alert", "/evidence/alert/evidence", "/evidence/blocks", "/evidence/facts",
    "/evidence/steps", "/evidence/models", "/filed", "/filed/revisions", "/anchored", "/anchored/later",
}  # fmt: skip
"""Values whose parts have digests; all others have one as a whole. So has one of these where it is null."""


def digests(bundle: Mapping[str, Any]) -> dict[str, str]:
    """By JSON pointer (RFC 6901), SHA-256 of the canonical JSON of each part, the signature left out. An
    empty list or object has no part, and none: lists are as long as their places say.
    """
    unsigned = {name: value for name, value in bundle.items() if name != "signature"}
    return {place: digest(value) for place, value in _parts("", unsigned)}


def _parts(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if place and place not in _DIVIDED:
        yield place, value
    elif isinstance(value, Mapping):
        for name in sorted(value):
            yield from _parts(f"{place}/{_escaped(str(name))}", value[name])
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for at, each in enumerate(value):
            yield from _parts(f"{place}/{at}", each)
    else:
        yield place, value


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
