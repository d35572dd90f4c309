"""Machine code is kept for one state of the sources: a kernel that calls a changed one is compiled anew."""

from __future__ import annotations

from pathlib import Path

import numba
import pytest

import detectors
from detectors.kernels import compiled

PACKAGE = Path(detectors.__file__).parent


def test_every_file_that_holds_a_kernel_or_its_constants_counts() -> None:
    kernels = {path for path in PACKAGE.rglob("*.py") if "@njit" in path.read_text()}
    assert len(kernels) > 4
    assert set(compiled._sources()) >= kernels | set((PACKAGE / "kernels").glob("*.py"))


def test_one_changed_file_is_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called, caller = tmp_path / "called.py", tmp_path / "caller.py"
    called.write_text("1")
    caller.write_text("2")
    monkeypatch.setattr(compiled, "_sources", lambda: [called, caller])
    before = compiled._digest()
    assert compiled._digest() == before

    called.write_text("3")

    assert compiled._digest() != before


def test_numba_keeps_its_code_there() -> None:
    assert getattr(numba.config, "CACHE_DIR") == str(compiled.CACHE)  # noqa: B009 - it has no types
