"""Compiles the contracts that undertow brings itself (`localchain/contracts/*.sol`), each file once.

What came out lies in `~/.undertow/tools/contracts`, under a digest of the file, of what it imports from
beside it, and of the compiler: a changed source is compiled again, alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ingest.machine import installers, tools
from ingest.machine.tools import DATA, Progress
from ingest.model.errors import SetupFailed

SOURCES = Path(str(files("ingest"))) / "localchain" / "contracts"
_COMPILER = DATA / "compile.js"
_DEADLINE_S = 300
_IMPORT = re.compile(r'^\s*import\s[^;]*?"\./([^"]+)"\s*;', re.MULTILINE)


def ensure(progress: Progress) -> None:
    """Compiles every source that is not compiled yet. Raises SetupFailed with the compiler's first error."""
    sources = sorted(SOURCES.glob("*.sol"))
    missing = [source for source in sources if not _output(source).exists()]
    if missing:
        progress(f"contracts: compiling {len(missing)} Solidity files …")
    for source in missing:
        _compile(source)
    progress(f"contracts: {len(sources)} compiled Solidity files are ready")


def lacking() -> int:
    """How many sources are not compiled; nothing is."""
    return sum(not _output(source).exists() for source in SOURCES.glob("*.sol"))


@cache
def compiled(name: str) -> Mapping[str, str]:
    """Bytecode (0x-hex) of each contract in the source `name`, such as "vault" for `vault.sol`."""
    source = SOURCES / f"{name}.sol"
    if not source.is_file():
        raise SetupFailed(f"there is no contract source {source.name} in this installation: install it again")
    output = _output(source)
    if not output.exists():
        _compile(source)
    contracts: dict[str, str] = json.loads(output.read_bytes())
    return contracts


def _output(source: Path) -> Path:
    digest = hashlib.sha256()
    for part in (_COMPILER, DATA / "package-lock.json", *_with_imports(source)):
        digest.update(part.read_bytes())
    return tools.home() / "tools" / "contracts" / f"{source.stem}-{digest.hexdigest()[:12]}.json"


def _with_imports(source: Path) -> Iterator[Path]:
    """`source` and what it imports from beside it, each once, in order of names."""
    found, waiting = {source}, [source]
    while waiting:
        names = _IMPORT.findall(waiting.pop().read_text())
        new = {SOURCES / name for name in names} - found
        found |= new
        waiting += sorted(new)
    yield from sorted(found)


def _compile(source: Path) -> None:
    modules = tools.npm_package("solc").parent
    with tools.one_at_a_time():
        output = _output(source)
        if output.exists():  # another process was faster
            return
        contracts = _bytecodes(source, _run_compiler(modules, source))
        output.parent.mkdir(parents=True, exist_ok=True)
        partial = output.with_suffix(".partial")
        partial.write_text(json.dumps(contracts))
        partial.replace(output)


def _run_compiler(modules: Path, source: Path) -> subprocess.CompletedProcess[str]:
    command, limit = [installers.node(), _COMPILER, modules, source], _DEADLINE_S
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise SetupFailed(
            f"{source.name} was not compiled within {limit} seconds: the machine is too busy; run "
            "`undertow setup` again, which goes on from there"
        ) from None


def _bytecodes(source: Path, done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    try:
        answer: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    except ValueError as error:
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise SetupFailed(f"the Solidity compiler failed on {source.name}: {reason[0]}") from error
    errors = [e["formattedMessage"] for e in answer.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise SetupFailed(f"{source.name} does not compile: {' '.join(errors[0].split())[:300]}")
    made = answer["contracts"][source.name].items()
    code = {name: str(contract["evm"]["bytecode"]["object"]) for name, contract in made}
    return {name: f"0x{bytecode}" for name, bytecode in code.items() if bytecode}
