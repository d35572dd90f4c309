"""`requires-python` promises no Python but those that the wheel was installed and run with, from nothing."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from ingest.lake.writing import LakeWriter
from ingest.machine import tools
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.wheel import TOP, bare, built
from tests.operations.test_every_command import RULE

PROMISED = SpecifierSet(tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["requires-python"])
TESTED = ("3.11",)
"""A version is added here once the test below passed with it."""
MINORS = [f"3.{minor}" for minor in range(8, 20)]
ETHER = 10**18


def test_every_python_that_is_promised_is_one_that_was_tested() -> None:
    assert tuple(minor for minor in MINORS if PROMISED.contains(f"{minor}.9")) == TESTED


def interpreter(minor: str) -> Path:
    """One of this machine, on the path or of pyenv; skips the test where there is none."""
    if minor not in TESTED:
        pytest.skip(f"undertow does not say that it runs with {minor}: {PROMISED}")
    pyenv = sorted((Path.home() / ".pyenv/versions").glob(f"{minor}.*/bin/python{minor}"))
    on_path = shutil.which(f"python{minor}")
    found = pyenv[-1] if pyenv else Path(on_path) if on_path else None
    if found is None:
        pytest.skip(f"this machine has no Python {minor}")
    return found


def lake(folder: Path) -> Path:
    """Alice pays bob ten coins in one of three blocks."""
    chain = ChainBuilder(31_337, first_block=1)
    chain.block()
    chain.block().native(address("alice"), address("bob"), 10 * ETHER)
    chain.block()
    LakeWriter(folder).write(chain.batch())
    return folder


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("minor", ["3.11", "3.12", "3.13"])
def test_a_wheel_is_installed_with_its_packages_and_judges(minor: str, tmp_path: Path) -> None:
    python, home = interpreter(minor), tmp_path / "home"
    subprocess.run([python, "-m", "venv", tmp_path / "environment"], check=True, timeout=600)
    programs = tmp_path / "environment/bin"
    options: list[str | Path] = ["--quiet", "--disable-pip-version-check", "-c", TOP / "constraints.txt"]
    install: list[str | Path] = [programs / "pip", "install", *options, built(tmp_path)]
    subprocess.run(install, check=True, timeout=5_000)
    (home / ".undertow").mkdir(parents=True)
    (home / ".undertow/tools").symlink_to(tools.home() / "tools")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/large.rule").write_text(RULE)

    judging = ["detect", "--lake", lake(tmp_path / "lake"), "--rules", "rules", "--alerts", "book.jsonl"]
    for words in (["setup"], ["doctor"], judging):
        command: list[str | Path] = [programs / "undertow", *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=bare(home), capture_output=True, text=True, timeout=3_000, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "book.jsonl").read_bytes().count(b'"value_wei"') == 1
