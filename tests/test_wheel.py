"""The wheel runs every command where there is no checkout."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from detectors.engine import digest
from detectors.memory.compiled import whole_digest
from tests.fixtures.wheel import TOP, bare, built, installed
from tests.readme.documents import commands

PACKAGES = ("ingest", "detectors", "dashboard", "undertow.py")
ENDINGS_OF_DOCUMENTS = (".md",)
EVERY_HELP = """
import json
from typer.testing import CliRunner
import undertow
from undertow import app

def calls(group, words=()):
    for name, command in group.commands.items():
        yield (*words, name)
        if hasattr(command, "commands"):
            yield from calls(command, (*words, name))

from typer.main import get_command
status = lambda words: CliRunner().invoke(app, [*words, "--help"]).exit_code
asked = {" ".join(words): status(words) for words in calls(get_command(app))}
print(json.dumps({"file": undertow.__file__, "asked": asked}))
"""
WHAT_IT_CARRIES = """
import json
from dashboard.outside.api import openapi
from dashboard.screens import parts
from dashboard.store import versions
from detectors.alerts import record_schemas
from detectors.engine import digest
from detectors.memory.compiled import whole_digest
from ingest.machine import solidity, tools

count = lambda folder: len([each for each in folder.rglob("*") if each.suffix != ".pyc"])
folders = [parts.ASSETS, versions._STEPS, record_schemas.FOLDER, solidity.SOURCES, tools.DATA]
print(json.dumps({
    "code": digest._code(),
    "kernels": whole_digest(),
    "openapi": openapi.FILE.is_file(),
    "files": {folder.name: count(folder) for folder in folders},
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment in `environment`, an empty `home`, and nothing else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    installed(wheel, folder / "environment")
    (folder / "home").mkdir()
    return folder


def runs(elsewhere: Path, program: str, *arguments: str) -> str:
    command: list[str | Path] = [elsewhere / "environment/bin" / program, *arguments]
    done = subprocess.run(
        command,
        cwd=elsewhere,
        env=bare(elsewhere / "home"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def answers(elsewhere: Path, code: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(runs(elsewhere, "python", "-c", code).splitlines()[-1])
    return told


def test_it_carries_every_file_of_the_packages_but_their_documents(wheel: Path) -> None:
    listing = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=TOP, capture_output=True, text=True, timeout=60, check=False
    )
    if listing.returncode:
        pytest.skip("this is no checkout of git")
    wanted = {name for name in listing.stdout.split() if not name.endswith(ENDINGS_OF_DOCUMENTS)}
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert wanted - carried == set()
    assert carried - wanted == set()


def test_every_command_is_there_and_explains_itself(elsewhere: Path) -> None:
    told = answers(elsewhere, EVERY_HELP)
    assert Path(told["file"]).is_relative_to(elsewhere / "environment")
    assert set(commands()) <= set(told["asked"])
    assert {name: status for name, status in told["asked"].items() if status} == {}
    assert list((elsewhere / "home").iterdir()) == [], "asking for help makes nothing"


@pytest.mark.soak
def test_the_program_is_on_the_path_and_says_what_is_missing(elsewhere: Path) -> None:
    assert "Watch an EVM chain" in runs(elsewhere, "undertow", "--help")
    assert "[wallet-drain]" in runs(elsewhere, "undertow", "settings")


@pytest.mark.soak
def test_its_data_is_there_and_it_makes_the_same_book_as_the_checkout(elsewhere: Path) -> None:
    told = answers(elsewhere, WHAT_IT_CARRIES)
    assert told["openapi"]
    assert told["files"] and all(told["files"].values()), told["files"]
    # The run digest names the code by this: a book of one is a book of the other.
    assert (told["code"], told["kernels"]) == (digest._code(), whole_digest())
