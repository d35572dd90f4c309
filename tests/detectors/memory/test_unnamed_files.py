"""Many rows that nobody keeps lie in files without a name: more of them than there is memory can be held."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.memory import segments
from detectors.memory.segments import Segments


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files are as small as they may be, and lie in a folder of the test."""
    monkeypatch.setattr(segments, "SPILLED", 1 << 21)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def mapped(folder: Path) -> list[str]:
    """What of a folder this process has mapped."""
    return [line for line in Path("/proc/self/maps").read_text().splitlines() if str(folder) in line]


def filled() -> Segments:
    """8 MiB of rows."""
    rows = Segments(None, "rows", np.int64, 4)
    rows.reserve(1 << 18)
    rows.cells[: 1 << 18] = np.arange(1 << 18).reshape(-1, 1)
    return rows


def test_rows_are_what_was_written_and_no_file_is_left_to_be_seen(tmp_path: Path) -> None:
    rows = filled()
    assert (rows.cells[: 1 << 18] == np.arange(1 << 18).reshape(-1, 1)).all()
    assert list(tmp_path.iterdir()) == []
    if Path("/proc/self/maps").exists():
        assert mapped(tmp_path)


def test_rows_that_are_dropped_give_their_files_back(tmp_path: Path) -> None:
    rows = filled()
    assert rows.drop((1 << 18) - 1)
    assert len(rows.segments) == 1
    assert rows.cells[(1 << 18) - 1].tolist() == [(1 << 18) - 1] * 4
    if Path("/proc/self/maps").exists():
        assert len(mapped(tmp_path)) <= 1


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="nothing asks the disk for room here")
def test_where_the_disk_has_no_room_they_lie_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    rows = filled()
    assert rows.cells[(1 << 18) - 1, 0] == (1 << 18) - 1
    assert mapped(tmp_path) == []
