"""All of undertow on one machine: a forked chain with labelled actors, detection, and the screen."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboard.demo import parts as demo_parts
from dashboard.demo.parts import Place
from dashboard.demo.progress import Progress, Watcher
from dashboard.demo.supervisor import Stopped, Supervisor
from dashboard.demo.terminal import Terminal
from detectors.runs.kernel_setup import compiling_kernels
from ingest.kafka.access import CONFIG, PLAIN_TEXT
from ingest.machine import setup, tools
from ingest.machine.processes import free_port, refuse_taken
from ingest.model.errors import BadInput, SetupFailed

FIRST_CHAIN_ID = 31_337
_REFRESH_S = 1.0
_STALL_S = 120.0
"""How long the parts behind a finished simulation may show no progress."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. `blocks` None: until Ctrl-C; `port` None: no dashboard."""

    blocks: int | None
    seed: int | None
    port: int | None
    keep: bool = False
    canary: bool = False
    budget_cpu: float | None = None
    rules: Path | None = None
    pending: bool = False


def run(options: Options, terminal: Terminal, stop: threading.Event) -> None:
    """Starts every part, shows how it goes, and ends them all; returns when stopped, or the blocks are done.

    Raises SetupFailed (naming a part that died), PortTaken (the dashboard's), BadInput (a second demo, a bad
    rule).
    """
    if options.rules is not None:
        from detectors.library.rules.files import rules_of

        rules_of(options.rules)
    if options.port is not None:
        refuse_taken(options.port, "--port")
    for name in (CONFIG, PLAIN_TEXT):
        os.environ.pop(name, None)  # this process asks the demo's own broker too: see `_own_settings`
    with compiling_kernels(terminal.say):
        setup.ensure(terminal.say)
    with _one_at_a_time(tools.home() / "demo") as folder:
        place = _place(folder, options)
        with Supervisor(folder / "logs", stop, terminal.say, _own_settings()) as supervisor:
            try:
                _start(supervisor, place, options)
                _show(supervisor, place, options, terminal, stop)
            except Stopped:
                pass  # the end was asked for while parts were coming up
            terminal.say("ending every part …")
    terminal.say("ended")


def _start(supervisor: Supervisor, place: Place, options: Options) -> None:
    supervisor.start(
        demo_parts.broker(place), demo_parts.chain(place, options.pending), demo_parts.second_chain(place)
    )
    played = demo_parts.simulation(place, options.blocks, options.seed, options.canary, options.pending)
    read = demo_parts.ingest(place, keeps_lake=options.port is not None, pending=options.pending)
    supervisor.start(played, read)
    limit = options.budget_cpu
    filed = demo_parts.sink(place, options.canary, limit)
    supposed = [demo_parts.pending(place, options.rules)] if options.pending else []
    supervisor.start(demo_parts.detect(place, options.rules), *supposed, filed)
    if options.port is None:
        supervisor.start(demo_parts.anchor(place))
        return
    screen = demo_parts.dashboard(place, options.port, options.rules, limit)
    supervisor.start(demo_parts.anchor(place), screen)


def _show(
    supervisor: Supervisor, place: Place, options: Options, terminal: Terminal, stop: threading.Event
) -> None:
    with Watcher(place.rpc, place.store, place.chain_id) as watcher:
        if not _watch(supervisor, watcher, terminal, stop):
            return
        from dashboard.demo.summary import anchored, seen_in_time, summary

        told = summary(place.kafka, place.chain_id, place.labels)
        if options.pending:
            told += seen_in_time(place.kafka, place.chain_id, place.labels)
        for line in (*told, *anchored(place.store, place.chain_id)):
            terminal.say(line)
    if options.port is not None:
        terminal.say(f"the dashboard stays at {demo_parts.url(options.port)} until Ctrl-C")
        while not stop.wait(_REFRESH_S):
            supervisor.check()


def _watch(supervisor: Supervisor, watcher: Watcher, terminal: Terminal, stop: threading.Event) -> bool:
    """Draws the status line until all simulated blocks are filed (True) or `stop` is set (False)."""
    latest: Progress | None = None
    moved = time.monotonic()
    while not stop.wait(_REFRESH_S):
        supervisor.check()
        finished = supervisor.has_ended("simulation")
        before, latest = latest, watcher.look()
        terminal.status(str(latest))
        if finished and latest.is_complete():
            return True
        if not finished or latest != before:
            moved = time.monotonic()
        if time.monotonic() - moved > _STALL_S:
            raise SetupFailed(
                f"nothing moved for {_STALL_S:g} s ({latest}): see the logs in {supervisor.logs}"
            )
    return False


def _place(folder: Path, options: Options) -> Place:
    """Where this run keeps its state: an empty folder, or the kept one with the next chain id."""
    memory = folder / "last.json"
    chain_id = FIRST_CHAIN_ID
    if options.keep and memory.exists():
        chain_id = 1 + int(json.loads(memory.read_text())["chain_id"])
    elif not options.keep:
        _empty(folder)
    memory.write_text(json.dumps({"chain_id": chain_id}))
    return Place(folder, chain_id, *(free_port() for _ in range(3)))


def _own_settings() -> dict[str, str]:
    """Somebody's settings are for their own Kafka and store: for the demo they count as not given."""
    given = (name for name in os.environ if name.startswith("UNDERTOW_") and name != "UNDERTOW_HOME")
    return dict.fromkeys(given, "")


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != ".lock":
            entry.unlink()


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(
                f"a demo runs already in {folder}: end it, or give this one another UNDERTOW_HOME"
            ) from None
        yield folder
