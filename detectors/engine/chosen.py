"""Settings of detectors that an operator chose: a TOML file with a table for each detector. What it does not
name stays as it is. They are part of the run digest, so that they are in force from a rebuild on.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

from detectors import registry
from detectors.base import Detector
from detectors.engine.trained import trained_scorers
from ingest.model.errors import BadInput

Chosen = Mapping[str, Mapping[str, Any]]
"""Values by detector and setting."""
LONGEST_FILE = 1_000_000


def read(path: Path) -> Chosen:
    """The tables of a file, not yet held against any detector. Raises BadInput."""
    try:
        if path.stat().st_size > LONGEST_FILE:
            raise BadInput(f"{path} is longer than {LONGEST_FILE:,} bytes: settings of detectors take a few")
        told = tomllib.loads(path.read_text())
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; give the file of settings") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is no TOML: {error}") from error
    loose = [name for name, table in told.items() if not isinstance(table, dict)]
    if loose:
        raise BadInput(f"{path}: {loose[0]} stands in no table: write [name-of-a-detector] above it")
    return told


def applied(detectors: Sequence[Detector], path: Path | None) -> Sequence[Detector]:
    """The detectors with what a file chose for them; as they are without one. Raises BadInput."""
    if path is None:
        return detectors
    chosen = read(path)
    known = {each.name for each in detectors}
    if unknown := [name for name in chosen if name not in known]:
        raise BadInput(
            f"{path}: [{unknown[0]}] is no detector: see `undertow settings` for their names and settings"
        )
    return tuple(
        changed(each, chosen[each.name], str(path)) if each.name in chosen else each for each in detectors
    )


def judges(models: Path | None, chosen: Path | None, rules: Path | None = None) -> Sequence[Detector]:
    """Who judges: the library with what a file chose for it, the models of a folder, and the rules of one.
    Raises BadInput.
    """
    library = applied(registry.detectors(), chosen)
    scorers = () if models is None else trained_scorers(models)
    if rules is None:
        return (*library, *scorers)
    from detectors.library.rules.files import rules_of  # with its parser, which most runs never need

    return (*library, *scorers, *rules_of(rules))


def changed(detector: Detector, values: Mapping[str, Any], source: str) -> Detector:
    """A copy with other settings; `source` names where they came from. Raises BadInput."""
    settings: Any = detector.settings
    now = {name: getattr(settings, name) for name in changeable(detector)}
    for name, value in values.items():
        if name not in now:
            told = ", ".join(now) or "none"
            raise BadInput(
                f"{source}: [{detector.name}] has no setting {name} that can be chosen (has: {told})"
            )
        now[name] = _value(value, now[name], f"{source}: [{detector.name}] {name}")
    other: Any = copy.copy(detector)
    other.settings = replace(settings, **now)
    found: Detector = other
    return found


def changeable(detector: Detector) -> Iterator[str]:
    """The settings that are numbers, words, or yes and no."""
    settings: Any = detector.settings
    if is_dataclass(settings):
        for each in fields(settings):
            if isinstance(getattr(settings, each.name), bool | int | float | str):
                yield each.name


def _value(value: Any, was: bool | float | str, place: str) -> bool | float | str:
    """Of the type that it has, and, where that is a number, one that can be a threshold."""
    if isinstance(was, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(was):
        raise BadInput(f"{place} = {value!r} is no {_called(was)}, as {was!r} is: write one")
    if isinstance(value, int | float) and not (isfinite(value) and 0 <= value <= 2**62):
        raise BadInput(f"{place} = {value!r} is no threshold: write a number from 0 to 2^62")
    return value


def _called(was: object) -> str:
    return {bool: "true or false", int: "whole number", float: "number", str: "text"}[type(was)]


def as_toml(detectors: Sequence[Detector]) -> Iterator[str]:
    """Lines of a file that chooses just what is so: to be cut down to what one wants other."""
    for detector in detectors:
        names = list(changeable(detector))
        if names:
            yield f"[{detector.name}]"
            yield from (f"{name} = {_written(getattr(detector.settings, name))}" for name in names)
            yield ""


def _written(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool | str) else repr(value)


@dataclass(frozen=True, slots=True)
class Variant:
    """A detector with one number among its settings changed; its name tells it from the one that it is of."""

    of: str
    setting: str
    was: float
    now: float
    detector: Detector


FACTORS = (0.5, 2.0)


def variants(detector: Detector) -> Iterator[Variant]:
    """Each number at half and at double; shares stay at most one, counts at least one."""
    for name in changeable(detector):
        was = getattr(detector.settings, name)
        if isinstance(was, bool | str):
            continue
        for factor in FACTORS:
            now = max(1, int(was * factor)) if isinstance(was, int) else was * factor
            now = min(1.0, now) if isinstance(was, float) and was <= 1 else now
            if now != was:
                other: Any = changed(detector, {name: now}, "a variant")
                other.name = f"{detector.name} {name} {now:g}"
                yield Variant(detector.name, name, was, now, other)
