"""Compiles a Solidity file that nobody vouches for: by the compiler that its pragmas allow, in a process that
may use so much time and memory, read the compiler and nothing else, and write its answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.machine import installers, pragmas, tools
from ingest.machine.processes import Capped, Caps, run_capped
from ingest.machine.source_files import Sources, gathered
from ingest.model.errors import BadInput, SetupFailed

_COMPILER = tools.DATA / "compile_untrusted.js"
_WANTED = ["abi", "evm.bytecode.object", "evm.bytecode.linkReferences", "evm.deployedBytecode.object"]
_HEAP_MB = 1_024
_LIBRARY = "73" + 20 * "00" + "3014"
"""How the code of a library begins (since 0.4.20): it compares where it lies with where it was put."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract as it was compiled. `code`: hex without 0x, with gaps at `links`: (where in bytes, the
    file and the name of the library whose address belongs there).
    """

    file: str
    name: str
    abi: tuple[Mapping[str, Any], ...]
    code: str
    links: tuple[tuple[int, tuple[str, str]], ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a file came to. `own`: contracts of the file itself that can be deployed, without libraries;
    `all`: everything that can be, by file and name.
    """

    version: str
    own: tuple[Contract, ...]
    all: Mapping[tuple[str, str], Contract]


def compile_file(file: Path, folder: Path, caps: Caps | None = None) -> Compiled:
    """Raises BadInput, in one line, for a file that is none, imports from elsewhere, asks for a compiler that
    is not there, does not compile, or passes a cap.
    """
    sources = gathered(file, folder)
    compilers = tools.compilers()
    version = pragmas.newest(sources.pragmas, list(compilers))
    done = run_capped("the Solidity compiler", _command(compilers[version]), _input(sources), caps or Caps())
    return _compiled(version, _answer(file, done), sources.main)


def _command(soljson: Path) -> list[str | Path]:
    # Node's permissions go by where a file really is: a home may lie behind a symbolic link.
    package, soljson = tools.npm_package("solc").resolve(), soljson.resolve()
    readable = (f"{package.parent}/*", soljson, f"{tools.DATA.resolve()}/*")
    return [
        installers.node(), "--permission", *(f"--allow-fs-read={each}" for each in readable),
        "--disable-wasm-trap-handler", f"--max-old-space-size={_HEAP_MB}", "--stack-size=3000",
        _COMPILER, package, soljson,
    ]  # fmt: skip


def _input(sources: Sources) -> bytes:
    asked = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.texts.items()},
        "settings": {
            "optimizer": {"enabled": True, "runs": 200},
            "outputSelection": {"*": {"*": _WANTED}},
        },
    }
    return json.dumps(asked).encode()


def _answer(file: Path, done: Capped) -> Mapping[str, Any]:
    if done.over:
        raise BadInput(f"{file} was not compiled within {done.over}: nothing of it was deployed")
    try:
        answer: dict[str, Any] = json.loads(done.output[done.output.index(b"{") :])
    except (ValueError, RecursionError) as error:
        reason = (done.error.strip().splitlines() or ["no reason given"])[-1][:200]
        raise SetupFailed(f"the Solidity compiler failed on {file}: {reason}") from error
    wrong = [each for each in answer.get("errors", []) if each.get("severity") == "error"]
    if wrong:
        said = " ".join(str(wrong[0].get("formattedMessage") or wrong[0].get("message")).split())
        raise BadInput(f"{file} does not compile: {said[:300]}")
    return answer


def _compiled(version: str, answer: Mapping[str, Any], main: str) -> Compiled:
    every: dict[tuple[str, str], Contract] = {}
    own = []
    for file, found in answer.get("contracts", {}).items():
        for name, made in found.items():
            if not made["evm"]["bytecode"]["object"]:
                continue
            every[file, name] = contract = _contract(file, name, made)
            if file == main and not made["evm"]["deployedBytecode"]["object"].startswith(_LIBRARY):
                own.append(contract)
    return Compiled(version, tuple(own), every)


def _contract(file: str, name: str, made: Mapping[str, Any]) -> Contract:
    code = made["evm"]["bytecode"]
    links = tuple(
        (place["start"], (source, library))
        for source, used in sorted(code.get("linkReferences", {}).items())
        for library, places in sorted(used.items())
        for place in places
    )
    return Contract(file, name, tuple(made["abi"]), code["object"], links)
