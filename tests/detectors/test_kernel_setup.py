"""Kernels are compiled once; a kernel that changed is compiled again; one that cannot be says so."""

from pathlib import Path

import pytest

from detectors.runs import kernel_setup
from ingest.model.errors import SetupFailed


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.memory.compiled.CACHE", tmp_path / "kernels")


def test_the_second_time_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_setup, "_WARM_UP", "pass")  # the real one takes most of a minute, at set-up
    first: list[str] = []
    kernel_setup.ensure_kernels(first.append)
    assert first == ["detection: compiling kernels …", "detection: kernels are compiled"]
    second: list[str] = []
    kernel_setup.ensure_kernels(second.append)
    assert second == ["detection: kernels are compiled"]


def test_kernels_are_compiled_beside_what_else_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    _compiles_when(monkeypatch, there)
    with kernel_setup.compiling_kernels(print):
        there.touch()
    said: list[str] = []
    kernel_setup.ensure_kernels(said.append)
    assert said == ["detection: kernels are compiled"]


def test_where_something_else_fails_kernels_are_given_up_and_compiled_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    _compiles_when(monkeypatch, there)
    with pytest.raises(SetupFailed, match="no network"), kernel_setup.compiling_kernels(print):
        raise SetupFailed("no network")
    there.touch()
    said: list[str] = []
    kernel_setup.ensure_kernels(said.append)
    assert said == ["detection: compiling kernels …", "detection: kernels are compiled"]


def _compiles_when(monkeypatch: pytest.MonkeyPatch, there: Path) -> None:
    """A compiler that is done as soon as a file is there."""
    waits = f"import pathlib, time\nwhile not pathlib.Path({str(there)!r}).exists(): time.sleep(0.01)"
    monkeypatch.setattr(kernel_setup, "_WARM_UP", waits)


def test_what_does_not_compile_is_told_in_one_line_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_setup, "_WARM_UP", "raise OSError('no room for the cache')")
    for _ in range(2):
        with pytest.raises(
            SetupFailed, match="do not compile on this machine: OSError: no room for the cache"
        ):
            kernel_setup.ensure_kernels(print)
