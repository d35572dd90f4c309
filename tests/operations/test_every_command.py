"""The wheel where there is no checkout: each command does a little of what it is for."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.machine import tools
from ingest.machine.processes import Child, answers, free_port, wait_until
from tests.fixtures.wheel import bare, built, installed
from tests.readme.documents import commands

pytestmark = [pytest.mark.soak, pytest.mark.chain, pytest.mark.timeout(3_600)]
ADDRESS = "0x" + "11" * 20
SOLIDITY = (
    "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\ncontract Box { uint256 public held = 1; }\n"
)
RULE = 'rule large\nsays "Much."\neach transfer names payee severity low score 0.4\nwhen value >= 5 coins\n'
ROUTES = """
[channels.soc]
kind = "webhook"
url = "http://127.0.0.1:9/"
secret = "env:SOC"
[[routes]]
channels = ["soc"]
"""
NEXT_YEAR = date.today() + timedelta(days=365)
PACK = f"--kind list --name ours --source us --licence CC0-1.0 --expires {NEXT_YEAR} --chain-id 1"
DONE = """
setup
settings
backfill --rpc NODE --from-block 0 --to-block 14 --lake lake
detect --lake lake --alerts book.jsonl
doctor --lake lake
fees --lake lake
anchor --dry-run --lake lake --finality 1
rules fields
rules check rules
rules test rules/large.rule --lake lake
kafka-acls --role sink
users add ann --role admin < password
users passwd ann < password
users role ann analyst
users list
users add bob < password
users remove bob
tokens add soc --days 1
tokens list
tokens remove soc
audit verify
advise - --lake lake < address
status --store STORE
notify --routes routes.toml --once
packs make phishing.csv PACK --out ours.pack
packs trust us KEY --may list
packs keys
packs check ours.pack
packs import ours.pack
packs show
packs withdraw ours --reason wrong
packs revoke KEY --reason gone
share release --lake lake --epsilon 0.5 --out release.json
share spent --chain-id 31337
share thresholds release.json
inspect box.sol --rpc NODE --tries 1 --seconds 60
move-store --to sqlite:///HERE/moved.db
"""
ELSEWHERE = {
    "broker, ingest, sink, simulate, export": "test_day.py",
    "api, dashboard": "below",
    "demo": "tests/browser, as a user starts it",
    "chain": "what the demo starts",
    "canary, evaluate, train, tune, evidence, verify": "want a played world: tests of their own",
    "share measure": "wants a world with wallets: tests/dashboard/outside/sharing",
    "anchor prove, anchor model, anchor check": "want a contract: tests/dashboard/outside/anchoring",
    "guard, guard confirm, guard score, guard deploy, guard drill": "likewise, in guarding",
    "packs fetch": "wants another instance: tests/dashboard/outside/packs",
}
"""What is not done here -> where it is."""


class Place:
    """A folder with nothing of undertow but the wheel; `home` is shared only as far as tools and kernels."""

    def __init__(self, folder: Path, node: str) -> None:
        self.folder = folder
        self.program = installed(built(folder), folder / "environment") / "undertow"
        home = folder / "home/.undertow"
        home.mkdir(parents=True)
        for shared in ("tools", "kernels"):
            (home / shared).symlink_to(tools.home() / shared)
        self.store = f"sqlite:///{home}/store.db"
        self.words = {
            "PACK": PACK,
            "NODE": node,
            "STORE": self.store,
            "HERE": str(folder),
        }
        self._writes()

    def _writes(self) -> None:
        (self.folder / "rules").mkdir()
        texts = {
            "rules/large.rule": RULE,
            "box.sol": SOLIDITY,
            "routes.toml": ROUTES,
            "address": ADDRESS,
            "password": "a long password of ann's\n" * 2,
            "phishing.csv": f"address,tag\n{ADDRESS},phishing\n",
        }
        for name, text in texts.items():
            (self.folder / name).write_text(text)

    @property
    def environment(self) -> dict[str, str]:
        return {**bare(self.folder / "home"), "SOC": "a secret"}

    def runs(self, line: str) -> str:
        line, _, stdin = line.partition(" < ")
        for word, here in self.words.items():
            line = line.replace(word, here)
        given = (self.folder / stdin).read_text() if stdin else ""
        done = subprocess.run(
            [self.program, *line.split()], cwd=self.folder, env=self.environment, text=True,
            capture_output=True, input=given, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}: {done.stdout[-500:]}{done.stderr[-500:]}"
        return done.stdout + done.stderr

    @contextmanager
    def serving(self, command: str) -> Iterator[str]:
        port = free_port()
        argv: list[str | Path] = [self.program, command, "--store", self.store, "--port", str(port)]
        with Child.start(command, argv, self.environment, self.folder / f"{command}.log") as child:
            wait_until(lambda: answers(port), 120, command, child)
            yield f"http://127.0.0.1:{port}"


def called(line: str) -> str:
    """The words of a line that name its command."""
    words = line.split()
    return next(name for name in (" ".join(words[:2]), words[0]) if name in commands())


def test_every_command_is_done_here_or_said_to_be_done_elsewhere() -> None:
    here = {called(line) for line in DONE.strip().splitlines()}
    there = {name for names in ELSEWHERE for name in names.split(", ")}
    assert here & there == set()
    assert here | there == set(commands())


def test_each_command_does_what_it_is_for(origin_rpc: str, tmp_path: Path) -> None:
    place = Place(tmp_path, origin_rpc)
    for line in DONE.strip().splitlines():
        said = place.runs(line)
        if line.startswith("packs make"):
            place.words["KEY"] = next(word for word in said.replace(",", " ").split() if len(word) == 64)
    assert (tmp_path / "lake").is_dir() and (tmp_path / "book.jsonl").is_file()
    with place.serving("api") as url, urllib.request.urlopen(f"{url}/v1/alerts", timeout=60) as answer:
        assert answer.status == 200
    with place.serving("dashboard") as url, urllib.request.urlopen(url, timeout=60) as answer:
        assert b"<html" in answer.read()
