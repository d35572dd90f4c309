"""Carol, who makes packs, and alice, who takes them in: by the commands that both would use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import typer
from typer.testing import CliRunner

from dashboard.outside.evidence.signing import Signer
from dashboard.outside.packs import cli as packs_cli
from dashboard.outside.packs.pack import Head, Signature, as_bytes, message
from detectors.models.growing import Growth, grow
from detectors.models.model_file import Source, Trained, rows_digest, to_text
from detectors.parts.model_tables import CONTRACT_CODE
from tests.fixtures.frames import address

app = typer.Typer()
packs_cli.mount(app)
MALLORY, OSCAR, TRUDY = ("0x" + address(name).hex() for name in ("mallory", "oscar", "trudy"))
TODAY = "2026-06-01"


class Exchange:
    """A folder in which each has their own: carol a key, alice her packs and her store."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.packs, self.lists = folder, folder / "packs", folder / "facts"
        self.store = f"sqlite:///{folder / 'store.db'}"
        self.key = folder / "carol.key"
        self.carol = Signer(self.key)

    def run(self, *words: object) -> tuple[int, str]:
        """`undertow packs …`: exit status, and what was said, or the one line of the error."""
        done = CliRunner().invoke(app, ["packs", *map(str, words)])
        return done.exit_code, str(done.exception) if done.exit_code == 1 else done.output

    def did(self, *words: object) -> str:
        status, said = self.run(*words)
        assert status == 0, said
        return said

    def trusts(self, may: str = "list,labels,model", *more: object) -> str:
        told = (self.carol.public, "--may", may, *more, "--packs", self.packs, "--store", self.store)
        return self.did("trust", "carol", *told)

    def makes(self, kind: str, file: Path, name: str = "carols", version: int = 1, *more: object) -> Path:
        out = self.folder / f"{name}-{version}.pack"
        told = (
            "--source",
            "carol",
            "--licence",
            "CC0-1.0",
            "--made",
            "2026-01-01",
            "--expires",
            "2027-01-01",
        )
        given = ("--kind", kind, "--name", name, "--version", version, "--key-file", self.key, "--out", out)
        self.did("make", file, *given, *told, *more)
        return out

    def list(self, *lines: str, version: int = 1, name: str = "carols", kind: str = "phishing") -> Path:
        """A pack of addresses of chain 1, each line an address and, maybe, a comment."""
        file = self.folder / f"{kind}.txt"
        file.write_text("".join(f"{line}\n" for line in lines))
        return self.makes("list", file, name, version, "--chain-id", 1)

    def taking(self, pack: Path, *more: object) -> tuple[int, str]:
        where = ("--packs", self.packs, "--facts", self.lists, "--store", self.store)
        return self.run("import", pack, *where, "--on", TODAY, *more)

    def takes(self, pack: Path, *more: object) -> str:
        status, said = self.taking(pack, *more)
        assert status == 0, said
        return said

    def withdraws(self, name: str, why: str, *more: object) -> str:
        where = ("--packs", self.packs, "--store", self.store)
        return self.did("withdraw", name, "--reason", why, *where, *more)

    def files(self) -> dict[str, bytes]:
        """All that alice has, but for her lock and her store."""
        found = [path for each in (self.packs, self.lists) for path in each.rglob("*") if path.is_file()]
        return {str(path): path.read_bytes() for path in sorted(found) if path.name != "lock"}


def resigned(
    pack: bytes, signer: Signer, change: Callable[[dict[str, Any]], None], content: str | None = None
) -> bytes:
    """The pack as somebody would sign it who has a key: another head, another content."""
    plain = json.loads(pack)
    text = plain["content"] if content is None else content
    encoded = text.encode(errors="surrogatepass")
    plain["head"]["content"] = {"bytes": len(encoded), "sha256": hashlib.sha256(encoded).hexdigest()}
    change(plain["head"])
    head = msgspec.convert(plain["head"], Head)
    return as_bytes(head, text, Signature(signer.public, signer.sign_as(message(head))))


def model(folder: Path, labels: str = "ab" * 32, seed: int = 1, name: str = "code") -> Path:
    """A small model of contract code, as `undertow train` writes it; `labels`: what it says it is of."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(200, len(CONTRACT_CODE.columns)))
    truth = rows[:, 0] > 0
    trees, growth = grow(rows, truth, Growth(trees=3), seed), Growth(trees=3)
    settings = {name: getattr(growth, name) for name in growth.__slots__}
    found = Trained(
        CONTRACT_CODE.name, CONTRACT_CODE.columns, settings, seed, 200, int(truth.sum()),
        rows_digest(rows, truth), (Source(1, labels, None, 26, "carols-labels", "cd" * 32),), trees,
    )  # fmt: skip
    path = folder / f"{name}.model.json"
    path.write_text(to_text(found))
    return path
