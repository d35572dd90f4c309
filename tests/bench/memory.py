"""`python -m tests.bench.memory`: what it takes to remember, beside what was aimed at.

Medians of five runs, in seconds of the processor, as machines are shared. Keys are drawn at random, so that
most touches miss its caches.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np

from detectors.kernels.compiled import njit
from detectors.memory.layout import Array, Layout
from detectors.memory.memory import Memory
from detectors.memory.names import Names
from detectors.memory.rowlog import PLACES, ROW, RowLog
from detectors.memory.rows import touch
from detectors.memory.table import Table
from tests.bench.__main__ import show

RUNS = 5
BLOCKS, BLOCK_ROWS = 64, 450
"""What a rollback takes back at most, and the rows of a block of mainnet's size."""

PAIR = Layout(ints=("count", "last"), floats=("sum", "rate"), words=("paid",))
COUNT, SUM = PAIR.at("count", "sum")
Line = tuple[str, str, str]


@njit(cache=True)
def _touch_all(current, previous, journal, keys, blocks):  # type: ignore[no-untyped-def]
    floats = current.view(np.float64)
    for i in range(keys.size):
        row = touch(current, previous, journal, keys[i], blocks[i], blocks[i])
        current[row + COUNT] += 1
        floats[row + SUM] += 1.0


def main() -> None:
    """Prints one table a size."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description=__doc__)
    parser.add_argument("--keys", type=int, nargs="+", default=[1_000_000, 10_000_000])
    wanted = parser.parse_args()
    for keys in wanted.keys:
        dice = np.random.default_rng(7)
        lines: list[Line] = [(f"{keys:,} keys", "measured", "aimed at")]
        for measured in (_tables, _numbering, _row_log, _snapshots):
            lines += measured(keys, dice)
        show(lines)


def _tables(keys: int, dice: np.random.Generator) -> Iterator[Line]:
    table, block = _filled(keys, keys), 1
    touches = BLOCKS * BLOCK_ROWS
    times, journalled, undone = [], [], []
    for _ in range(RUNS):
        drawn = dice.integers(0, keys, touches)
        times.append(_cpu_s(touches, _pay, table, drawn, np.full(touches, block)))
    table.keep_journal(True)
    for _ in range(RUNS):
        drawn = dice.integers(0, keys + keys // 10, touches)
        blocks = block + 1 + np.arange(touches) // BLOCK_ROWS
        journalled.append(_cpu_s(touches, _pay, table, drawn, blocks))
        undone.append(_cpu_s(1, table.undo, block))
    yield "touch", _us(times), "0.30 us"
    yield "touch, journalled", _us(journalled), "0.50 us"
    yield f"undo of {BLOCKS} blocks of {BLOCK_ROWS} touches", _ms(undone), "4 ms"


def _filled(keys: int, cap: int) -> Table:
    table = Table(PAIR, horizon_s=None, cap=cap + cap // 5)
    table.age(0, 0)
    for first in range(0, keys, 100_000):
        _pay(table, np.arange(first, min(first + 100_000, keys)), np.ones(100_000, np.int64))
    return table


def _pay(table: Table, keys: Array, blocks: Array) -> None:
    table.reserve(keys.size)
    _touch_all(*table.arrays(), keys, blocks)


def _numbering(keys: int, dice: np.random.Generator) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _numbered(Names(folder=Path(folder)), keys, dice)


def _numbered(names: Names, keys: int, dice: np.random.Generator) -> Iterator[Line]:
    names.begin()
    piece = min(keys, 100_000)
    addresses = dice.integers(0, 2**32, (keys, 5), np.uint32)
    ones = np.ones(piece, np.int64)
    new, known = [], []
    for first in range(0, keys, piece):
        part = addresses[first : first + piece]
        new.append(_cpu_s(len(part), names.number, part, ones[: len(part)], ones[: len(part)]))
    for _ in range(RUNS):
        part = addresses[dice.integers(0, keys, piece)]
        known.append(_cpu_s(piece, names.number, part, ones, ones))
    yield "number an address that is known", _us(known), "0.42 us"
    yield "number a new address", _us(new), ""


def _row_log(keys: int, dice: np.random.Generator) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        log, piece = RowLog(folder=Path(folder)), 10_000
        appended, read = [], []
        ones = np.ones(piece, np.int64)
        columns = dice.integers(0, 9, (piece, ROW.cells))
        for block in range(1, 101):
            accounts = dice.integers(0, keys, (piece, len(PLACES)))
            appended.append(_cpu_s(piece, log.append, block * ones, block * ones, accounts, columns))
        for _ in range(RUNS * 10):
            which = dice.integers(0, log.count, 200)
            read.append(_cpu_s(1, log.at, which))
    yield "append a row to the log", _us(appended), "0.15 us"
    yield "read 200 random rows", _ms(read), "0.27 ms"


def _snapshots(keys: int, dice: np.random.Generator) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        memory = _memory(Path(folder))
        table = memory.parts["pairs"]
        assert isinstance(table, Table)
        memory.open()
        memory.age(1, 1)
        for first in range(0, keys, 100_000):
            _pay(table, np.arange(first, min(first + 100_000, keys)), np.ones(100_000, np.int64))
        memory.mark(1)
        memory.forget(1)
        memory.begin_snapshot({})
        block, wall, cpu = 1, [], []
        done = False
        while not done:
            block += 1
            _pay(table, dice.integers(0, keys, BLOCK_ROWS), np.full(BLOCK_ROWS, block))
            memory.mark(block)
            begin, begin_cpu = perf_counter(), process_time()
            done = memory.write()
            wall.append(perf_counter() - begin)
            cpu.append(process_time() - begin_cpu)
        memory.close()
        restarts = [_cpu_s(1, _restart, Path(folder)) for _ in range(RUNS)]
    yield f"slice of a snapshot, CPU, median of {len(cpu)}", _ms(cpu), ""
    yield "slice of a snapshot, CPU, longest", _ms([max(cpu)]), "10 ms"
    yield "slice of a snapshot, longest on the clock", _ms([max(wall)]), ""
    yield "restart", f"{median(restarts):.2f} s", ""


def _restart(state: Path) -> None:
    again = _memory(state)
    again.open()
    again.close()


def _memory(state: Path) -> Memory:
    memory = Memory(state, 1)
    memory.table("pairs", PAIR, horizon_s=None, cap=12_000_000)
    return memory


def _cpu_s(times: int, act: Callable[..., object], *given: object) -> float:
    begin = process_time()
    act(*given)
    return (process_time() - begin) / times


def _us(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1e6:.2f} us"


def _ms(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1e3:.2f} ms"


if __name__ == "__main__":
    main()
