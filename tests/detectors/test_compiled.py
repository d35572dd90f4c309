"""Machine code is kept for one state of what a kernel is made of: what calls a changed kernel is compiled
anew, and nothing else.
"""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import CodeType

import pytest

from detectors.memory import compiled
from detectors.memory.compiled import TOP, digest_of, holds_kernels, imported, reached

KERNEL_FILES = [path for path in compiled.sources() if b"@njit" in path.read_bytes()]

CONSTANT = "STEP = 1\n"
CALLED = """
from detectors.memory.compiled import njit
from detectors.kernels.constant import STEP

@njit(cache=True)
def step(x):
    return x + STEP
"""
CALLER = """
from detectors.memory.compiled import njit
from detectors.kernels.called import step

@njit(cache=True)
def twice(x):
    return step(step(x))
"""
OTHER = """
from detectors.memory.compiled import njit

@njit(cache=True)
def other(x):
    return x * 3
"""
SAY = """
from detectors.kernels import caller, other
said = caller.twice(5), other.other(5)
compiled = sum(sum(f.stats.cache_misses.values()) for f in (caller.twice, other.other))
print(*said, "compiled", compiled)
"""


def test_every_file_that_holds_a_kernel_or_its_constants_counts() -> None:
    assert len(KERNEL_FILES) > 8
    assert {TOP / "detectors/kernels/holdings.py", TOP / "detectors/memory/rows.py"} <= set(
        compiled.sources()
    )


def test_a_kernel_is_made_of_what_its_file_reaches() -> None:
    known = TOP / "detectors/kernels/known_before.py"

    assert {path.name for path in reached(known)} >= {"known_before.py", "bites.py", "holdings.py", "rows.py"}
    assert not [path for path in reached(known) if "library" in path.parts or "decoding" in path.parts]


def names_in(code: CodeType) -> set[str]:
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*(names_in(each) for each in inner))


@pytest.mark.parametrize("file", KERNEL_FILES, ids=lambda path: path.relative_to(TOP).as_posix())
def test_no_kernel_is_made_of_what_is_not_counted(file: Path) -> None:
    """Constants that a kernel takes from elsewhere lie in files that count."""
    module = importlib.import_module(".".join(file.relative_to(TOP).with_suffix("").parts))
    kernels = [each.py_func for each in vars(module).values() if hasattr(each, "py_func")]
    used = set[str]().union(*(names_in(kernel.__code__) for kernel in kernels))
    uncounted = {path for path in imported(file) if not holds_kernels(path)}
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            home = TOP / f"{node.module.replace('.', '/')}.py"
            here = {alias.asname or alias.name for alias in node.names if home in uncounted}
            assert not here & used, f"{file}: {here & used} of {node.module}"


def test_what_lines_import_is_what_the_syntax_tree_says() -> None:
    for file in (TOP / "detectors").rglob("*.py"):
        names: set[str] = set()
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
        paths = {TOP / f"{name.replace('.', '/')}.py" for name in names if name.startswith("detectors.")}
        assert imported(file) == {path for path in paths if path.is_file()}, file


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with four small files of kernels."""
    return copied(tmp_path / "checkout")


def copied(top: Path) -> Path:
    for package in ("ingest/machine", "ingest/model", "detectors/kernels", "detectors/memory"):
        (top / package).mkdir(parents=True)
    for package in ("detectors", "detectors/kernels", "detectors/memory"):
        (top / package / "__init__.py").touch()
    for file in (TOP / "ingest/machine/tools.py", TOP / "detectors/memory/compiled.py"):
        shutil.copy(file, top / file.relative_to(TOP))
    shutil.copytree(
        TOP / "ingest", top / "ingest", dirs_exist_ok=True, ignore=shutil.ignore_patterns("localchain")
    )
    files = {"constant": CONSTANT, "called": CALLED, "caller": CALLER, "other": OTHER}
    for name, text in files.items():
        (top / f"detectors/kernels/{name}.py").write_text(text)
    return top


def runs(checkout: Path, home: Path) -> str:
    environment = {**os.environ, "UNDERTOW_HOME": str(home), "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, "-c", SAY], cwd=checkout, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_changed_constant_compiles_anew_what_is_made_of_it_and_nothing_else(
    checkout: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    assert runs(checkout, home) == "7 15 compiled 2"
    assert runs(checkout, home) == "7 15 compiled 0"

    (checkout / "detectors/kernels/constant.py").write_text("STEP = 10\n")

    assert runs(checkout, home) == "25 15 compiled 1"


def test_another_checkout_of_the_same_sources_compiles_nothing(checkout: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    runs(checkout, home)

    assert runs(copied(tmp_path / "another"), home) == "7 15 compiled 0"


TYPED = """
import sys, time
from detectors.kernels import other
kind, start = sys.argv[1], float(sys.argv[2])
values = {"int": 5, "float": 5.0, "complex": 5j, "bool": True}
time.sleep(max(0.0, start - time.time()))
said = other.other(values[kind])
print(said, "compiled", sum(other.other.stats.cache_misses.values()))
"""


def test_processes_that_compile_for_other_types_at_once_keep_their_code_apart(
    checkout: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, "UNDERTOW_HOME": str(tmp_path / "home"), "PYTHONPATH": str(checkout)}

    def started(kind: str, start: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", TYPED, kind, str(start)]
        return subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, text=True)

    kinds, expected = ("int", "float", "complex", "bool"), ("15", "15.0", "15j", "3")
    for compiled_again in (1, 0):
        running = [started(kind, time.time() + 3) for kind in kinds]
        told = [process.communicate(timeout=120)[0].split() for process in running]
        assert [line[0] for line in told] == list(expected)
        if not compiled_again:
            assert [line[2] for line in told] == ["0"] * len(kinds)


def test_the_digest_of_a_file_does_not_depend_on_where_it_lies() -> None:
    digest_of.cache_clear()
    assert len({digest_of(path) for path in KERNEL_FILES}) == len(KERNEL_FILES)
