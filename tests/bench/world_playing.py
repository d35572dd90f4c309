"""Plays a labelled world on a local chain and copies it into a lake, traces and all, as it grows."""

from __future__ import annotations

import shlex
import signal
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

UNDERTOW = (sys.executable, "-m", "undertow")
PREFIX = "undertow: error: "
_POLL_S = 0.5


def play(plan: Plan, folder: Path) -> None:
    """Fills `folder` with `lake`, `facts` and `labels.jsonl`. Raises SetupFailed where the chain or the play
    ended early, or what was played could not be copied.
    """
    with _chain(folder) as rpc, _simulation(plan, folder, rpc) as simulation:
        wallet, copied = Wallet.connect(rpc), 0
        while simulation.poll() is None or copied < _head(wallet):
            ended, head = simulation.poll(), _head(wallet)
            if ended:
                raise SetupFailed(_why(simulation, ended))
            if head - copied >= STRETCH or (ended is not None and head > copied):
                with _waits(simulation):
                    head = _head(wallet)
                    _copy(
                        "backfill", "--rpc", rpc, "--from-block", copied + 1, "--to-block", head,
                        "--lake", folder / "lake", "--facts", folder / "facts", "--traces",
                    )  # fmt: skip
                copied = head
                print(f"  played and copied to block {head}, of about {plan.blocks}", flush=True)
            time.sleep(_POLL_S)
        if ended := simulation.poll():
            raise SetupFailed(_why(simulation, ended))
        refuse_half(plan.blocks, copied)
        _tell(simulation)


@contextmanager
def _waits(simulation: Child) -> Iterator[None]:
    """The play stands still meanwhile: on a busy machine it would go further than the node remembers states,
    and names and code that were not asked for in time are nowhere.
    """
    simulation.process.send_signal(signal.SIGSTOP)  # nothing where it has ended
    try:
        yield
    finally:
        simulation.process.send_signal(signal.SIGCONT)


def refuse_half(planned: int, copied: int) -> None:
    """Raises SetupFailed for a world that ends early: who is told to end does so, with status 0."""
    if copied < planned:
        raise SetupFailed(
            f"the world was played to block {copied} of {planned} only, and is not kept: play again"
        )


def show_and_run(*arguments: object) -> None:
    """Shows a command of undertow's, so that it can be given again, runs it, and says how long it took.

    Raises CalledProcessError where it failed; it has said why.
    """
    words = [str(argument) for argument in arguments]
    print(f"$ undertow {shlex.join(words)}", flush=True)
    started = time.monotonic()
    subprocess.run([*UNDERTOW, *words], check=True)
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


def _copy(*arguments: object) -> None:
    """Runs a command without its progress, which is of a stretch only."""
    ended = subprocess.run([*UNDERTOW, *map(str, arguments)], capture_output=True, text=True)
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or [f"it ended with status {ended.returncode}"]
        raise SetupFailed(f"the world was not copied into a lake: {said[-1].removeprefix(PREFIX)}")


def _why(simulation: Child, status: int) -> str:
    said = simulation.last_lines(1) or f"it ended with status {status}"
    return f"the world was not played to its end: {said.removeprefix(PREFIX)}"


@contextmanager
def _chain(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [*UNDERTOW, "chain", "--port", str(port), "--states", str(STATES)]
    with Child.start("chain", command, log=folder / "chain.log") as child:
        wait_until(lambda: answers(port), CHAIN_DEADLINE_S, f"the local chain on port {port}", child)
        yield f"http://{LOOPBACK}:{port}"


def _simulation(plan: Plan, folder: Path, rpc: str) -> Child:
    only = [] if plan.categories is None else ["--categories", ",".join(plan.categories)]
    words = [
        "simulate", "--rpc", rpc, "--labels", folder / "labels.jsonl", "--facts", folder / "facts",
        "--seed", plan.seed, "--blocks", plan.blocks, "--attacks-per-category", plan.per_category,
        "--transactions-per-block", plan.transactions, *only,
    ]  # fmt: skip
    command = [*UNDERTOW, *map(str, words)]
    return Child.start("simulation", command, log=folder / "simulation.log")


def _tell(simulation: Child) -> None:
    """What the play said, without each story that was played, and where it was."""
    assert simulation.log is not None
    for line in simulation.log.read_text().splitlines():
        if not line.startswith(("played ", "simulation  seed ")):
            print(line, flush=True)


def _head(wallet: Wallet) -> int:
    return int(wallet.ask("eth_blockNumber"), 16)
