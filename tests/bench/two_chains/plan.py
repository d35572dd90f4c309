"""What is played, and under which digest it is kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

_TOP = Path(__file__).parents[3]


def made_of() -> str:
    """A digest of what plays and of how it is followed, which the store's own leaves out."""
    ingest, fixtures = Path(str(files("ingest"))), _TOP / "tests" / "fixtures"
    own = [
        *Path(__file__).parent.glob("*.py"),
        *(ingest / "live").glob("*.py"),
        *(ingest / "log").glob("*.py"),
    ]
    own += [fixtures / name for name in ("bridges.py", "contracts/bridge.sol", "http_server.py", "log.py")]
    digest = hashlib.sha256()
    for path in sorted(own):
        digest.update(os.path.relpath(path, _TOP).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class TwoChains:
    """What is played: each kind of story so often; `only` (None: all) names variants."""

    seed: int
    rounds: int = 3
    only: tuple[str, ...] | None = None
    made_of: str = field(default_factory=made_of)

    def __str__(self) -> str:
        of = "every kind of story" if self.only is None else ", ".join(self.only)
        return f"seed {self.seed}: two chains, a bridge and odd nodes, {self.rounds} of {of}"

    def wants(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if self.only is None or name in self.only]
