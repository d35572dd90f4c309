"""In which order parts are asked: each after those that it reads, and only those that somebody needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from detectors.base import Detector, Excused, Explanation
from detectors.parts.contract import Part
from ingest.model.errors import BadInput


def explanation_key(kind: str) -> str:
    """The name under which an explanation reads, and is switched off."""
    return f"explanation {kind}"


def readers_of(
    detectors: Sequence[Detector], explanations: Sequence[Explanation]
) -> dict[str, tuple[str, ...]]:
    """What each detector reads, and each explanation that one of them can be excused by, by name. A model
    reads what its detector does.
    """
    excuses = {kind for each in detectors if isinstance(each, Excused) for kind in each.excused_by}
    asked = {f"detector {each.name}": each.reads for each in detectors}
    return asked | {explanation_key(each.kind): each.reads for each in explanations if each.kind in excuses}


def in_order(parts: Sequence[Part], readers: Mapping[str, Sequence[str]]) -> tuple[Part, ...]:
    """The parts that `readers` (what each reads) need, whether directly or not; ties by name.

    Raises BadInput, in one line, where a part is missing, two have one name, or they read in a circle.
    """
    by_name = _by_name(parts)
    ordered: dict[str, Part] = {}
    for reader, reads in sorted(readers.items()):
        for name in sorted(reads):
            _add(by_name, reader, name, (), ordered)
    return _sorted(ordered)


def _by_name(parts: Sequence[Part]) -> dict[str, Part]:
    for name, same in groupby(sorted(parts, key=lambda part: part.name), key=lambda part: part.name):
        if len(list(same)) > 1:
            raise BadInput(f"two parts are called {name!r}: give one of them another name")
    return {part.name: part for part in parts}


def _add(
    parts: Mapping[str, Part], reader: str, name: str, path: tuple[str, ...], found: dict[str, Part]
) -> None:
    if name in path:
        circle = " > ".join((*path[path.index(name) :], name))
        raise BadInput(f"parts read each other in a circle ({circle}): take one of these out of `reads`")
    if name not in parts:
        raise BadInput(
            f"{reader} reads the part {name!r}, but no file in detectors/parts/ or detectors/library/ has it"
        )
    for other in sorted(parts[name].reads):
        _add(parts, name, other, (*path, name), found)
    found[name] = parts[name]


def _sorted(parts: Mapping[str, Part]) -> tuple[Part, ...]:
    """At each turn the first by name of those whose reads are there."""
    ordered: dict[str, Part] = {}
    while len(ordered) < len(parts):
        ready = (name for name, part in parts.items() if set(part.reads) <= ordered.keys())
        name = min(name for name in ready if name not in ordered)
        ordered[name] = parts[name]
    return tuple(ordered.values())


def sleeping(part: Part, kinds: Iterable[int]) -> bool:
    """Whether none of these kinds of rows wakes the part."""
    return set(part.kinds).isdisjoint(kinds)
