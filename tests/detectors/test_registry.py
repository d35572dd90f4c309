"""A detector is one file, and so is a part: dropped in it is found, and nothing else is touched."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import detectors.library as library
import detectors.parts as shared
from detectors.base import Detector
from detectors.parts.contract import Part
from detectors.registry import detectors, parts

DROPPED_IN = '''
"""A detector dropped in."""
from detectors.library.layering import Layering  # imported, not its own: not found twice

class Settings:
    pass

class Dropped:
    """Catches nothing."""
    name = "a-dropped-in"
    catches = ("layering",)
    needs = "transfers"
    settings = None
    reads = ()

    def score(self, seen):
        return []
'''


@pytest.fixture
def extended_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that counts as part of the library for one test."""
    monkeypatch.setattr(library, "__path__", [*library.__path__, str(tmp_path)])
    detectors.cache_clear()
    yield tmp_path
    sys.modules.pop("detectors.library.dropped", None)
    monkeypatch.undo()
    detectors.cache_clear()


def test_those_of_the_library_are_found_by_name() -> None:
    names = [detector.name for detector in detectors()]
    assert names == sorted(names)
    assert {"address-poisoning", "anomalous-wallet", "layering", "wallet-drain"} <= set(names)
    assert {"approval-phishing", "pig-butchering"} <= set(names)
    assert all(isinstance(detector, Detector) for detector in detectors())


def test_a_detector_dropped_in_as_one_file_is_found(extended_library: Path) -> None:
    before = [detector.name for detector in detectors()]
    (extended_library / "dropped.py").write_text(DROPPED_IN)
    detectors.cache_clear()
    assert [detector.name for detector in detectors()] == ["a-dropped-in", *before]


PART = '''
"""A part dropped in."""

class Dropped:
    """Says nothing."""
    name = "a-part"
    reads = ()
    kinds = ()
    settings = None

    def memory(self):
        return {}

    def take(self, memory, seen):
        return {}
'''


@pytest.mark.parametrize("room", [shared, library], ids=["shared", "private, beside a detector"])
def test_a_part_dropped_in_as_one_file_is_found(
    room: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [part.name for part in parts()]
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    (tmp_path / "dropped_part.py").write_text(PART)
    parts.cache_clear()
    try:
        assert [part.name for part in parts()] == ["a-part", *before]
    finally:
        sys.modules.pop(f"{room.__name__}.dropped_part", None)
        monkeypatch.undo()
        parts.cache_clear()


def test_parts_are_found_by_name_and_files_without_one_are_none() -> None:
    names = [part.name for part in parts()]
    assert names == sorted(names)
    assert {"clusters", "grants", "habits", "holdings", "net", "pools", "pulls", "sides", "trails"} <= set(
        names
    )
    assert not {"contract", "horizons", "ledger", "worth"} & set(names)
    assert all(isinstance(part, Part) for part in parts())
