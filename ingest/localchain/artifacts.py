"""The bytecode that is deployed: what its authors published on npm, nothing compiled here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ingest import tools
from ingest.errors import SetupFailed
from ingest.localchain.wallet import constructor_data


@dataclass(frozen=True, slots=True)
class Artifact:
    """A contract that can be deployed: where it is published, and the types of its constructor."""

    package: str
    path: str
    takes: tuple[str, ...] = ()

    def deployment(self, *arguments: object) -> str:
        """Transaction data that deploys it. Raises SetupFailed where the package lacks the file."""
        return constructor_data(_bytecode(tools.npm_package(self.package) / self.path), self.takes, arguments)


def _bytecode(file: Path) -> str:
    try:
        published = json.loads(file.read_bytes())["bytecode"]
    except (OSError, ValueError, KeyError) as error:
        raise SetupFailed(
            f"{file.name} of an npm package cannot be read: remove the tools folder and run again"
        ) from error
    return published if published.startswith("0x") else f"0x{published}"


WETH9 = Artifact("canonical-weth", "build/contracts/WETH9.json")
FACTORY = Artifact("@uniswap/v2-core", "build/UniswapV2Factory.json", ("address",))
ROUTER = Artifact("@uniswap/v2-periphery", "build/UniswapV2Router02.json", ("address", "address"))
TOKEN = Artifact(
    "@openzeppelin/contracts", "build/contracts/ERC20PresetMinterPauser.json", ("string", "string")
)
GALLERY = Artifact(
    "@openzeppelin/contracts",
    "build/contracts/ERC721PresetMinterPauserAutoId.json",
    ("string", "string", "string"),
)
