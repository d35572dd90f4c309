"""`make evaluate`: plays a world with every category, reads it into a lake, judges it, and says how well.

Each step is the command a user would give; the files stay in one folder.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.localchain.chain.wallet import Wallet
from ingest.machine import tools
from ingest.machine.processes import LOOPBACK, Child, answers, free_port, wait_until

CHAIN_DEADLINE_S = 180
STATES = 200
"""Blocks whose state the node remembers: 40 MB each towards the end of a large world."""

STRETCH = 80
"""Blocks copied at once while the world is played: well before their state is forgotten."""

ENOUGH = 40
"""Attacks of each category, at the least: below 30 a figure is called not enough."""


@dataclass(frozen=True, slots=True)
class World:
    """What is played, and the folder in which it and everything said about it lies."""

    folder: Path
    blocks: int
    transactions: int
    per_category: int
    seed: int

    def file(self, name: str) -> Path:
        return self.folder / name


def main() -> int:
    """The exit status of the first command that failed, else 0."""
    world = _wanted()
    for leftover in (world.file("lake"), world.file("facts")):
        shutil.rmtree(leftover, ignore_errors=True)
    world.folder.mkdir(parents=True, exist_ok=True)
    try:
        with _chain(world) as rpc:
            _play(world, rpc)
        book, labels = world.file("book.jsonl"), world.file("labels.jsonl")
        scores, page = world.file("scores.parquet"), world.file("evaluation.html")
        _say("detect", "--lake", world.file("lake"), "--alerts", book, "--scores", scores)
        _say(
            "evaluate", "--alerts", book, "--labels", labels, "--lake", world.file("lake"),
            "--scores", scores, "--json", world.file("evaluation.json"), "--html", page,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        return error.returncode
    _count(labels)
    print(f"\nas a page: {page}")
    return 0


def _wanted() -> World:
    parser = argparse.ArgumentParser(prog="make evaluate", description=__doc__)
    parser.add_argument("--blocks", type=int, default=3_000)
    parser.add_argument("--transactions", type=int, default=40, help="about how many honest ones a block")
    parser.add_argument("--per-category", type=int, default=ENOUGH, help="attacks, and hard negatives")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--folder", type=Path, default=tools.home() / "evaluate")
    given = parser.parse_args()
    return World(given.folder, given.blocks, given.transactions, given.per_category, given.seed)


@contextmanager
def _chain(world: World) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "undertow", "chain", "--port", str(port), "--states", str(STATES)]
    with Child.start("chain", command, log=world.file("chain.log")) as child:
        wait_until(lambda: answers(port), CHAIN_DEADLINE_S, f"the local chain on port {port}", child)
        yield f"http://{LOOPBACK}:{port}"


def _play(world: World, rpc: str) -> None:
    """Plays the world, and copies it into the lake as it grows: the node forgets old states, and with them
    what a new token said of itself."""
    wallet, copied = Wallet.connect(rpc), 0
    with ThreadPoolExecutor(1) as pool:
        playing = pool.submit(_simulate, world, rpc)
        while not playing.done() or copied < _head(wallet):
            head = _head(wallet)
            if head - copied >= STRETCH or playing.done():
                _say(
                    "backfill", "--rpc", rpc, "--from-block", copied + 1, "--to-block", head,
                    "--lake", world.file("lake"), "--facts", world.file("facts"),
                )  # fmt: skip
                copied = head
            wait([playing], timeout=1)
    playing.result()


def _simulate(world: World, rpc: str) -> None:
    _say(
        "simulate", "--rpc", rpc, "--labels", world.file("labels.jsonl"), "--facts", world.file("facts"),
        "--seed", world.seed, "--blocks", world.blocks, "--attacks-per-category", world.per_category,
        "--transactions-per-block", world.transactions,
    )  # fmt: skip


def _head(wallet: Wallet) -> int:
    return int(wallet.ask("eth_blockNumber"), 16)


def _say(*arguments: object) -> None:
    """Shows a command and runs it; what it says of each story that was played is left out."""
    words = [str(argument) for argument in arguments]
    print(f"$ undertow {shlex.join(words)}", flush=True)
    started = time.monotonic()
    running = subprocess.Popen([sys.executable, "-m", "undertow", *words], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if not line.startswith("played "):
            print(line, end="", flush=True)
    if status := running.wait():
        raise subprocess.CalledProcessError(status, words)
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


def _count(labels: Path) -> None:
    """How many labels of each category there are, the fewest first to be seen."""
    told = [json.loads(line) for line in labels.read_text().splitlines()[1:]]
    attacks = [label["category"] for label in told if label["kind"] == "attack"]
    fewest = min(attacks.count(category) for category in set(attacks))
    print(f"{len(set(attacks))} categories, {len(attacks)} attacks, {fewest} of the rarest category")


if __name__ == "__main__":
    sys.exit(main())
