"""The run digest: one name for settings, code and anchor. Two books with the same digest were made in the
same way.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from detectors import registry
from detectors.base import Detector, Explanation, Learns
from detectors.engine.order import in_order, readers_of
from detectors.engine.settings import EngineSettings
from detectors.parts.contract import Part

TOP = Path(__file__).parents[2]
LIBRARIES = ("numba", "numpy", "polars", "pyod", "scikit-learn")
"""What numbers depend on beside our own code."""


def digest(
    settings: EngineSettings,
    detectors: Sequence[Detector],
    anchor: tuple[int, bytes],
    explanations: Sequence[Explanation] | None = None,
    read: Sequence[Part] | None = None,
) -> str:
    """16 hex digits over `ingredients`."""
    return digest_of(ingredients(settings, detectors, anchor, explanations, read))


def ingredients(
    settings: EngineSettings,
    detectors: Sequence[Detector],
    anchor: tuple[int, bytes],
    explanations: Sequence[Explanation] | None = None,
    read: Sequence[Part] | None = None,
) -> dict[str, Any]:
    """What names a run: the settings of the engine, of detectors and explanations and of the parts that they
    read, the code that detects, the libraries it computes with, and the first block read. Plain JSON.
    """
    explanations = registry.explanations() if explanations is None else explanations
    if read is None:
        read = in_order(registry.parts(), readers_of(detectors, explanations))
    return {
        "version": importlib.metadata.version("undertow"),
        "code": _code(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "engine": asdict(settings),
        "detectors": {detector.name: _settings(detector) for detector in detectors},
        "explanations": {each.kind: _plain(each.settings) for each in explanations},
        "parts": {part.name: _plain(part.settings) for part in read},
        "anchor": [anchor[0], anchor[1].hex()],
    }


def digest_of(parts: Mapping[str, Any]) -> str:
    """The first 16 hex digits of the SHA-256 of its JSON with sorted keys, as Python writes it."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _settings(detector: Detector) -> dict[str, Any]:
    model = {"model": asdict(detector.model)} if isinstance(detector, Learns) else {}
    return _plain(detector.settings) | model


def _plain(settings: object) -> dict[str, Any]:
    return asdict(settings) if is_dataclass(settings) else {}  # type: ignore[arg-type]


@cache
def _code() -> str:
    """Over the sources that decide what an alert says: detection, and the decoding below it."""
    whole = hashlib.sha256()
    for source in sources():
        whole.update(source.relative_to(TOP).as_posix().encode() + source.read_bytes())
    return whole.hexdigest()


def sources() -> list[Path]:
    """The files that decide what an alert says. Reports, commands and ways to run are not among them."""
    detection, decoding = TOP / "detectors", TOP / "ingest"
    aside = {detection / name for name in ("commands", "evaluate", "runs")}
    return [
        *sorted(path for path in detection.rglob("*.py") if not aside & set(path.parents)),
        *sorted((decoding / "decode").rglob("*.py")),
        *sorted((decoding / "schema").rglob("*.py")),
        decoding / "model" / "batch.py",
    ]
