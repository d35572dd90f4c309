"""Plays a labelled world on a local chain and copies it into a lake, traces and all, as it grows."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.localchain.chain.wallet import Wallet
from ingest.machine.processes import LOOPBACK, Child, answers, free_port, wait_until
from ingest.model.errors import SetupFailed
from tests.bench.world_store import Plan

CHAIN_DEADLINE_S = 180
STATES = 200
"""Blocks whose state the node remembers: 40 MB each towards the end of a large world."""

STRETCH = 80
"""Blocks copied at once while the world is played: well before their state is forgotten."""

_POLL_S = 0.5


def play(plan: Plan, folder: Path) -> None:
    """Fills `folder` with `lake`, `facts` and `labels.jsonl`. Raises SetupFailed where the chain or the play
    ended early, and CalledProcessError where a command failed, which has said why.
    """
    with _chain(folder) as rpc, _simulation(plan, folder, rpc) as simulation:
        wallet, copied = Wallet.connect(rpc), 0
        while simulation.poll() is None or copied < _head(wallet):
            ended, head = simulation.poll(), _head(wallet)
            if ended:
                raise SetupFailed(f"the world was not played to its end: {simulation.last_lines(1)}")
            if head - copied >= STRETCH or (ended is not None and head > copied):
                say(
                    "backfill", "--rpc", rpc, "--from-block", copied + 1, "--to-block", head,
                    "--lake", folder / "lake", "--facts", folder / "facts", "--traces",
                )  # fmt: skip
                copied = head
            time.sleep(_POLL_S)
        if simulation.poll():
            raise SetupFailed(f"the world was not played to its end: {simulation.last_lines(1)}")
        _tell(simulation)


def say(*arguments: object) -> None:
    """Shows a command of undertow's, runs it, and says how long it took. Raises CalledProcessError."""
    words = _shown(*arguments)
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "undertow", *words], check=True)
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


@contextmanager
def _chain(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "undertow", "chain", "--port", str(port), "--states", str(STATES)]
    with Child.start("chain", command, log=folder / "chain.log") as child:
        wait_until(lambda: answers(port), CHAIN_DEADLINE_S, f"the local chain on port {port}", child)
        yield f"http://{LOOPBACK}:{port}"


def _simulation(plan: Plan, folder: Path, rpc: str) -> Child:
    only = [] if plan.categories is None else ["--categories", ",".join(plan.categories)]
    words = _shown(
        "simulate", "--rpc", rpc, "--labels", folder / "labels.jsonl", "--facts", folder / "facts",
        "--seed", plan.seed, "--blocks", plan.blocks, "--attacks-per-category", plan.per_category,
        "--transactions-per-block", plan.transactions, *only,
    )  # fmt: skip
    command = [sys.executable, "-m", "undertow", *words]
    return Child.start("simulation", command, log=folder / "simulation.log")


def _tell(simulation: Child) -> None:
    """What the play said, without each story that was played."""
    assert simulation.log is not None
    for line in simulation.log.read_text().splitlines():
        if not line.startswith("played "):
            print(line, flush=True)


def _head(wallet: Wallet) -> int:
    return int(wallet.ask("eth_blockNumber"), 16)


def _shown(*arguments: object) -> list[str]:
    words = [str(argument) for argument in arguments]
    print(f"$ undertow {shlex.join(words)}", flush=True)
    return words
