"""`python -m tests.bench.distributed`: what a second worker brings, and a plan for a hundred machines.

The first table is of `undertow backfill` with one worker, with two processes, and with two workers of a Ray
that is started here (where it is installed), one after the other in each round, from one server that only
sends recorded answers. "start" is the same command again, with nothing left to do; it is in no other column.
"busiest" is the processor time of the process that has most of it: on a machine with a free core for each,
nobody waits longer. Where others work too, as on a shared machine, only the ratio of that counts. The second
table is what tasks took in processor time, the third what schedules make of it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from ingest.lake.reading import Lake
from ingest.machine.processes import Child, answers, free_port, wait_until
from tests.bench.__main__ import show
from tests.bench.distributed import recorded
from tests.bench.distributed.plan import plan_table, times_table
from tests.bench.distributed.task_times import of_piece, of_range
from tests.bench.distributed.watching import Took, watched
from tests.bench.engine.mainnet import Mainnet

Lines = list[list[str]]
EDGE = 2_000_000
"""Half of the blocks are below it: two ranges."""
TIMED = 100
"""Blocks of the range whose times are taken."""
WAYS: dict[str, tuple[str, ...]] = {"one worker": ("--workers", "1"), "--workers 2": ("--workers", "2")}
BY_RAY: dict[str, tuple[str, ...]] = {"--ray local --workers 2": ("--workers", "2", "--ray", "local")}


def main() -> None:
    """Prints the tables, each as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.distributed", description=__doc__)
    parser.add_argument("--blocks", type=int, default=400, help="to backfill: 200 at least")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--judged", type=int, default=400, help="blocks whose pieces are timed")
    wanted = parser.parse_args()
    if not recorded.is_recorded():
        sys.exit("needs the recorded mainnet blocks beside the checkout: ../shared/data/mainnet")
    ways = WAYS | (BY_RAY if find_spec("ray") else {})
    with tempfile.TemporaryDirectory() as temporary:
        folder, first = Path(temporary), EDGE - wanted.blocks // 2
        logs = recorded.write(folder, first, wanted.blocks)
        with _server(folder) as url:
            show(_compared(ways, url, folder, (first, wanted.blocks, logs), wanted.rounds))
            ranges = of_range(url, EDGE, TIMED, folder)
        pieces = of_piece(list(Mainnet().batches(wanted.judged, 100)))
        show(times_table(ranges, pieces))
        show(plan_table(ranges[0], pieces[0]))


class _server:  # noqa: N801 - used as a function
    """The URL of a process that sends what a folder holds."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        command = [sys.executable, "-m", "tests.bench.distributed.recorded", str(folder), str(self._port)]
        self._child = Child.start("server", command)

    def __enter__(self) -> str:
        wait_until(lambda: answers(self._port), 60, "the server", self._child)
        return f"http://127.0.0.1:{self._port}"

    def __exit__(self, *_error: object) -> None:
        self._child.stop()


def _compared(
    ways: dict[str, tuple[str, ...]], url: str, folder: Path, of: tuple[int, int, int], rounds: int
) -> Lines:
    first, blocks, logs = of
    took: dict[str, list[tuple[Took, Took]]] = {name: [] for name in ways}
    for round_ in range(rounds):
        for at, (name, options) in enumerate(ways.items()):
            lake = folder / f"lake-{round_}-{at}"
            command = [sys.executable, "-m", "undertow", "backfill", "--rpc", url, "--lake", str(lake)]
            command += ["--from-block", str(first), "--to-block", str(first + blocks - 1), *options]
            took[name].append((watched(command, folder / "log"), watched(command, folder / "log")))
            assert Lake.open(lake).manifests == Lake.open(folder / f"lake-{round_}-0").manifests
    lines = [[f"{blocks} blocks, {logs:,} logs", "seconds", "/ one", "CPU s", "busiest", "/ one", "start"]]
    alone = _medians(took["one worker"])
    return lines + [_line(name, _medians(each), alone) for name, each in took.items()]


def _medians(runs: list[tuple[Took, Took]]) -> tuple[float, float, float, float]:
    """Seconds, processor seconds, those of the busiest process, all without the start; seconds of that."""
    wall = statistics.median(done.seconds - start.seconds for done, start in runs)
    cpu = statistics.median(done.cpu_s - start.cpu_s for done, start in runs)
    busiest = statistics.median(done.busiest_s - start.busiest_s for done, start in runs)
    return wall, cpu, busiest, statistics.median(start.seconds for _, start in runs)


def _line(name: str, mine: tuple[float, ...], alone: tuple[float, ...]) -> list[str]:
    wall, cpu, busiest, start = mine
    ratios = f"{alone[0] / wall:.2f}", f"{alone[2] / busiest:.2f}"
    return [name, f"{wall:.1f}", ratios[0], f"{cpu:.1f}", f"{busiest:.1f}", ratios[1], f"{start:.1f}"]


if __name__ == "__main__":
    main()
