"""`python -m tests.bench.soak`: days of mainnet-like blocks through the engine, as the daemon runs it.

A line a day: what was judged, what it cost, what it takes in memory and on disk. At the end: whether memory
is flat, what grows and until when. Fails only where a promise does not hold: a table past its horizon or cap,
files that are never dropped, memory that grows and no table explains, a restart that stands elsewhere.
With fewer `--blocks-a-day` each block stands for more time, so that horizons of months come in a short run.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path

import psutil

from detectors.memory.memory import SNAPSHOT_BLOCKS
from ingest.model.errors import UndertowError
from tests.bench.soak import live
from tests.bench.soak.engine_run import EngineRun
from tests.bench.soak.frames import Frames
from tests.bench.soak.needs import GB, lake_of_a_day, needs
from tests.bench.soak.report import day_line, fullest, head_lines, summary, table_lines


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 where all promises hold, 1 where one does not, 2 where it cannot begin."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blocks-a-day", type=int, default=7_200)
    parser.add_argument("--folder", type=Path, help="keeps state there, and goes on from it")
    parser.add_argument("--save-blocks", type=int, default=SNAPSHOT_BLOCKS, help="final blocks a snapshot")
    parser.add_argument("--spare-memory", type=float, default=2.0, help="GB that stay free, else it ends")
    parser.add_argument("--live", type=float, metavar="MINUTES", help="through Kafka and all roles instead")
    parser.add_argument(
        "--block-seconds", type=float, default=12.0, help="of --live: real pace of the blocks"
    )
    wanted = parser.parse_args(arguments)
    try:
        with ExitStack() as running:
            folder = wanted.folder or Path(running.enter_context(tempfile.TemporaryDirectory()))
            folder.mkdir(parents=True, exist_ok=True)
            if wanted.live:
                return live.run(folder, wanted.live, wanted.block_seconds, wanted.seed)
            frames = Frames(wanted.seed, wanted.blocks_a_day)
            return soak(frames, wanted.days, folder, wanted.save_blocks, wanted.spare_memory)
    except UndertowError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 2


def soak(frames: Frames, days: int, folder: Path, save_blocks: int, spare: float) -> int:
    """Prints as it goes; what was measured is also said of a run that is ended early."""
    with ProcessPoolExecutor(1, get_context("spawn")) as beside:  # what it leaves in memory is not measured
        need = beside.submit(needs, frames, days, folder).result()
        print("\n".join(need.lines(days)), flush=True)
        need.check(folder)
        if not (folder / "state").exists():
            lake = beside.submit(lake_of_a_day, frames, folder).result()
            print(f"lake of day 1, as written: {lake / GB:,.2f} GB; {days} days: {lake * days / GB:,.1f} GB")
    run = EngineRun(frames, folder, save_blocks)
    with _told_to_stop(run.stop):
        last = _days(run, days, spare)
    print("\n".join(table_lines(run)), "\n")
    lines, faults = summary(run, last)
    print("\n".join(lines), flush=True)
    run.engine.close()
    return 1 if faults else 0


def _days(run: EngineRun, days: int, spare: float) -> int:
    """Prints a line a day; the last block that was given to the engine."""
    print("\n".join(head_lines()), flush=True)
    last = run.first - 1
    for day in run.days(days):
        last += day.blocks
        print(day_line(day, run), "\n", " " * 6, fullest(run), flush=True)
        if psutil.virtual_memory().available < spare * GB:
            print(f"ended early: less than {spare:,.1f} GB of memory are free")
            break
    if run.stop.is_set():
        print("ended early: it was told to")
    return last


@contextmanager
def _told_to_stop(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM end a run behind the blocks that it is at, and what was measured is said."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for each in before:
        signal.signal(each, lambda *_: stop.set())
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


if __name__ == "__main__":
    sys.exit(main())
