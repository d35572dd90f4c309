"""The bytecode that is deployed: what its authors published on npm, and what was compiled here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from ingest.localchain.chain.wallet import Address, constructor_data
from ingest.machine import solidity, tools
from ingest.model.errors import SetupFailed


class Deployable(Protocol):
    """A contract that can be deployed with constructor arguments."""

    def deployment(self, *arguments: object) -> str:
        """Transaction data that deploys it. Raises SetupFailed where its bytecode is not there."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A published contract: its npm package, its file there, and the types of its constructor."""

    package: str
    path: str
    takes: tuple[str, ...] = ()

    def deployment(self, *arguments: object) -> str:
        return constructor_data(_published(self.package, self.path)["bytecode"], self.takes, arguments)

    def linked(self, libraries: Mapping[str, Address]) -> Linked:
        """The same with the addresses of the libraries it calls, by name."""
        return Linked(self, tuple(libraries.items()))


@dataclass(frozen=True, slots=True)
class Linked:
    """A published contract that calls libraries, each at an address that is written into its code."""

    artifact: Artifact
    libraries: tuple[tuple[str, Address], ...]

    def deployment(self, *arguments: object) -> str:
        published = _published(self.artifact.package, self.artifact.path)
        code, at = published["bytecode"], dict(self.libraries)
        for used in published["linkReferences"].values():
            for name, places in used.items():
                for place in places:
                    start = 2 + 2 * place["start"]
                    code = code[:start] + at[name][2:] + code[start + 40 :]
        return constructor_data(code, self.artifact.takes, arguments)


@dataclass(frozen=True, slots=True)
class Own:
    """A contract of our own: source file (without .sol), its name there, the types of its constructor."""

    source: str
    name: str
    takes: tuple[str, ...] = ()

    def deployment(self, *arguments: object) -> str:
        return constructor_data(solidity.compiled(self.source)[self.name], self.takes, arguments)


def published_code(package: str, path: str) -> str:
    """Runtime code (0x-hex) that an npm package keeps in a JSON file's field `bytecode`."""
    code: str = _published(package, path)["bytecode"]
    return code


def published_constant(package: str, path: str, name: str) -> str:
    """A string of bytecode (0x-hex) that a JavaScript file of an npm package exports as `name`.

    Raises SetupFailed where the file or the name is not there.
    """
    file = tools.npm_package(package) / path
    try:
        found = re.search(rf"exports\.{name} = '(0x[0-9a-f]+)'", file.read_text())
    except OSError:
        found = None
    if found is None:
        raise SetupFailed(
            f"{file.name} of an npm package has no {name}: remove the tools folder and run again"
        )
    return found[1]


@cache
def _published(package: str, path: str) -> Mapping[str, Any]:
    """The artifact's JSON, its bytecode beginning with 0x."""
    file = tools.npm_package(package) / path
    try:
        artifact: dict[str, Any] = json.loads(file.read_bytes())
        code = artifact["bytecode"]
    except (OSError, ValueError, KeyError) as error:
        raise SetupFailed(
            f"{file.name} of an npm package cannot be read: remove the tools folder and run again"
        ) from error
    return artifact | {"bytecode": code if code.startswith("0x") else f"0x{code}"}


WETH9 = Artifact("canonical-weth", "build/contracts/WETH9.json")
FACTORY = Artifact("@uniswap/v2-core", "build/UniswapV2Factory.json", ("address",))
ROUTER = Artifact("@uniswap/v2-periphery", "build/UniswapV2Router02.json", ("address", "address"))
TOKEN = Artifact(
    "@openzeppelin/contracts", "build/contracts/ERC20PresetMinterPauser.json", ("string", "string")
)
PERMIT_TOKEN = Own("token", "Token", ("string", "string", "uint8"))
GALLERY = Artifact(
    "@openzeppelin/contracts",
    "build/contracts/ERC721PresetMinterPauserAutoId.json",
    ("string", "string", "string"),
)
