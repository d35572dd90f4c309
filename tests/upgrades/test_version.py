"""One number says which undertow this is, and the changes say what each wrote."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from typer.testing import CliRunner

from dashboard.store.tables import SCHEMA_VERSION
from detectors.engine import checkpoint
from ingest.log import records
from ingest.model.version import VERSION
from undertow import app

TOP = Path(__file__).parents[2]
NOW = {"log": records.VERSION, "store": SCHEMA_VERSION, "state": checkpoint.VERSION}


def test_the_command_says_version_and_formats() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert done.exit_code == 0
    first, *told = done.output.splitlines()
    assert first == f"undertow {VERSION}"
    said = dict(line.split(": ", 1) for line in told)
    for name, number in NOW.items():
        assert re.match(rf"{number}\b", said[name]), name


def test_the_package_has_that_version() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_the_changes_name_each_version_once_newest_first_with_the_formats_of_today() -> None:
    text = (TOP / "CHANGELOG.md").read_text()
    heads = re.findall(r"^## (\d+)\.(\d+)\.(\d+) \(\d{4}-\d\d-\d\d\)$", text, re.MULTILINE)
    versions = [tuple(map(int, each)) for each in heads]
    assert versions == sorted(set(versions), reverse=True)
    assert versions[0] == tuple(map(int, VERSION.split(".")))
    for name, number in NOW.items():
        told = rf"\b{name}(?: is of version|'s format is)? (\d+)\b"
        raised = max(int(each) for each in re.findall(told, text))
        assert raised == number, f"say under Unreleased that there is {name} {number}"
