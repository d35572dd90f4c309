"""The run digest: one name for settings, code and anchor. Two books with the same digest were made in the
same way.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from detectors.base import Detector, Learns
from detectors.settings import EngineSettings


def digest(settings: EngineSettings, detectors: Sequence[Detector], anchor: tuple[int, bytes]) -> str:
    """16 hex digits over the engine's and detectors' settings, the code that detects, and the first block
    read.
    """
    parts = {
        "version": importlib.metadata.version("undertow"),
        "code": _code(),
        "engine": asdict(settings),
        "detectors": {detector.name: _settings(detector) for detector in detectors},
        "anchor": [anchor[0], anchor[1].hex()],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _settings(detector: Detector) -> dict[str, Any]:
    own = asdict(detector.settings) if is_dataclass(detector.settings) else {}  # type: ignore[arg-type]
    return own | ({"model": asdict(detector.model)} if isinstance(detector, Learns) else {})


@cache
def _code() -> str:
    """Over the sources that decide what an alert says: detection, and the decoding below it."""
    root = Path(__file__).parent
    decoding = root.parent / "ingest"
    sources = [
        *sorted(root.rglob("*.py")),
        *sorted((decoding / "decode").glob("*.py")),
        *sorted((decoding / "schema").glob("*.py")),
        decoding / "model" / "batch.py",
    ]
    whole = hashlib.sha256()
    for source in sources:
        whole.update(source.name.encode() + source.read_bytes())
    return whole.hexdigest()
