"""The units of systemd are held to the code: every command, flag, setting and port in them is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

import undertow
from tests.fixtures.units import COMMON, FOLDER, PREFIX, Unit, settings_in, unit, units, variables

TOP = Path(__file__).parent.parent
UNITS = units()
TOLD = variables((FOLDER / "undertow.env").read_text())
PLACES = {"d": "/run/credentials/unit", "t": "/run", "N": "unit", "%": "%"}
OTHERS = {"chain", "demo", "canary"}
"""A test chain, all at once, and what needs a lake of somebody's own: nobody runs them for months."""
WORST_EXPOSURE = 2.5
"""By `systemd-analyze security`, from 0 to 10; a service that says nothing has 9.6."""


@cache
def front_door() -> TyperGroup:
    found = get_command(undertow.app)
    assert isinstance(found, TyperGroup)
    return found


def command_line(each: Unit) -> list[str]:
    (line,) = each.command(
        "ExecStart", {"ANCHOR_RPC": "http://127.0.0.1:1", "GUARD_RPC": "http://127.0.0.1:1"}, PLACES
    )
    return line


def understood(each: Unit, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command understands of its line and of what it is told."""
    for name, value in {**TOLD, **each.environment()}.items():
        monkeypatch.setenv(name, value)
    name, *arguments = command_line(each)[1:]
    return dict(front_door().commands[name].make_context(name, arguments).params)


def test_every_command_that_runs_for_months_has_a_unit() -> None:
    running = {
        name
        for name, command in front_door().commands.items()
        if {"metrics", "port", "log_format"} & {option.name for option in command.params}
    }
    assert set(UNITS) == running - OTHERS


@pytest.mark.parametrize("role", UNITS)
def test_a_unit_runs_its_role_with_flags_and_settings_that_exist(
    role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command_line(UNITS[role])[1] == role
    understood(UNITS[role], monkeypatch)  # ends the test where a flag is unknown or of the wrong type
    read = {str(option.envvar) for option in front_door().commands[role].params}
    assert set(UNITS[role].environment()) <= read | {"PGPASSFILE"}


def test_every_setting_of_the_file_for_all_is_one_that_some_role_reads() -> None:
    read = {str(option.envvar) for name in UNITS for option in front_door().commands[name].params}
    assert set(TOLD) <= read | {"UNDERTOW_HOME"}
    assert TOLD["UNDERTOW_HOME"] == UNITS["detect"].one("Service.WorkingDirectory")


def test_prometheus_asks_each_unit_where_it_answers() -> None:
    asked = yaml.safe_load((TOP / "docker/prometheus.yaml").read_text())["scrape_configs"][0][
        "static_configs"
    ]
    ports = {each["labels"]["part"]: each["targets"][0].rpartition(":")[2] for each in asked}
    assert {
        role: told["UNDERTOW_METRICS"]
        for role, each in UNITS.items()
        if "UNDERTOW_METRICS" in (told := each.environment())
    } == ports


@pytest.mark.parametrize("role", UNITS)
def test_what_a_unit_waits_for_is_there(role: str) -> None:
    named = [*UNITS[role].words("Unit.After"), *UNITS[role].words("Unit.PartOf")]
    ours = [name for name in named if name.startswith(PREFIX[:-1])]
    assert [name for name in ours if not (FOLDER / name).is_file()] == []


def test_the_target_wants_units_that_are_there() -> None:
    wanted = unit("undertow.target").words("Unit.Wants")
    assert {name for name in wanted if not (FOLDER / name).is_file()} == set()
    assert {f"undertow-{role}.service" for role in ("ingest", "detect", "sink")} <= set(wanted)


@pytest.mark.parametrize("role", UNITS)
def test_a_secret_is_a_credential_that_is_used_and_stands_in_no_unit(role: str) -> None:
    each = UNITS[role]
    loaded = [value.partition(":")[::2] for value in each.all("Service.LoadCredential")]
    lines = "\n".join(value for key, value in each.settings if key.startswith("Service.Exec"))
    assert {name for name, _ in loaded} == set(re.findall(r"%d/([\w.]+)", lines))
    assert all(path.startswith("/etc/undertow/") for _, path in loaded)
    assert all(name.partition("=")[0] not in lines for name in ("PGPASSWORD", "password"))


def test_who_opens_the_store_may_have_its_password_from_a_credential() -> None:
    openers = {
        role for role in UNITS if "store" in {option.name for option in front_door().commands[role].params}
    }
    assert {role for role, each in UNITS.items() if "PGPASSFILE" in each.environment()} == openers


def test_a_line_that_is_no_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="no setting of systemd: 'Restart always'"):
        settings_in("[Service]\nRestart always\n")


def installed(folder: Path) -> Path:
    """A root of a file system as `docker/OPERATIONS.md` leaves one, beside systemd's own units."""
    place = folder / "etc/systemd/system"
    shutil.copytree(FOLDER, place)
    for target in Path("/usr/lib/systemd/system").glob("*.target"):
        shutil.copy(target, place)
    for program in ("opt/undertow/bin/undertow", "usr/bin/install"):
        (folder / program).parent.mkdir(parents=True, exist_ok=True)
        (folder / program).write_text("#!/bin/sh\n")
        (folder / program).chmod(0o755)
    return folder


def analysed(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", f"--root={root}", "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze"
)


@needs_systemd
def test_systemd_itself_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    root = installed(tmp_path)
    names = [*(each.name for each in UNITS.values()), "undertow.target"]
    done = analysed(root, "verify", *names)
    assert (done.returncode, done.stderr) == (0, "")
    (root / "etc/systemd/system" / COMMON).write_text("[Service]\nRestartSecs=5\nUser=undertow\n")
    assert "RestartSecs" in analysed(root, "verify", *names).stderr, "it would find something"


@needs_systemd
@pytest.mark.parametrize("role", UNITS)
def test_a_unit_may_do_little_on_its_machine(role: str, tmp_path: Path) -> None:
    done = analysed(installed(tmp_path), "--offline=true", "security", UNITS[role].name)
    told = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert told is not None, done.stderr
    assert float(told[1]) <= WORST_EXPOSURE
