"""`python -m tests.bench.forecasts`: how well fees and congestion are forecast on played demand, on regimes
that the forecast was made with and on others, and whether recorded blocks of mainnet follow the exact rule.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise

from detectors.runs.forecasts.frames import fees_of
from detectors.runs.forecasts.gas_rule import ETHEREUM, fitted
from ingest.blocks.verify import Rules, verified_batch
from tests.bench.__main__ import show
from tests.bench.forecasts.demand import HELD_OUT, REGIMES
from tests.bench.forecasts.judging import BASELINES, DEADLINE, HORIZONS, Errors, Judged, judged

CONSECUTIVE = range(17_686_110, 17_686_121)


def main(argv: Sequence[str] | None = None) -> None:
    """Prints its tables: a ratio below one is better than the baseline."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.forecasts", description=__doc__)
    parser.add_argument("--seeds", default="1 2", help="of the played demand")
    parser.add_argument("--forecasts", type=int, default=250, help="of each regime and seed")
    parser.add_argument("--step", type=int, default=9, help="blocks from a forecast to the next")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--development", action="store_true", help="only regimes that are not held out")
    wanted = parser.parse_args(argv)
    names = [name for name in REGIMES if not (wanted.development and name in HELD_OUT)]
    seeds = [int(seed) for seed in wanted.seeds.split()]
    plays = [(name, seed) for name in names for seed in seeds]
    with ProcessPoolExecutor(wanted.workers) as pool:
        found = list(pool.map(_judged, plays, [wanted.forecasts] * len(plays), [wanted.step] * len(plays)))
    by_regime = {
        name: _sum([each for each, (n, _) in zip(found, plays, strict=True) if n == name]) for name in names
    }
    _ratios("regimes of development", [by_regime[name] for name in names if name not in HELD_OUT])
    if not wanted.development:
        _ratios("held out", [by_regime[name] for name in names if name in HELD_OUT])
    _by_regime(by_regime)
    _waits(by_regime)
    exact = _sum(list(by_regime.values())).exact
    print(f"one block ahead: {exact[0]:,} of {exact[1]:,} equal to the wei")
    recorded()


def _judged(play: tuple[str, int], asked: int, step: int) -> Judged:
    return judged(*play, asked, step)


def _sum(some: Sequence[Judged]) -> Judged:
    whole = Judged()
    for each in some:
        whole.add(each)
    return whole


def _ratios(title: str, some: Sequence[Judged]) -> None:
    whole = _sum(some)
    lines: list[tuple[str, ...]] = [
        (f"error / that of, {title}", "blocks", "last value", "best average", "next carried on", "in 50 %",
         "in 90 %", "forecasts")
    ]  # fmt: skip
    for what in ("base fee", "blob base fee", "congestion"):
        for blocks in HORIZONS:
            errors = whole.errors[what, blocks]
            lines.append((what, str(blocks), *_figures(errors), f"{errors.count:,}"))
    show(lines)


def _figures(errors: Errors) -> tuple[str, ...]:
    ratios = [errors.ratio(name) for name in BASELINES]
    shares = (errors.within_50 / errors.count, errors.within_90 / errors.count)
    return (*("" if r != r else f"{r:.2f}" for r in ratios), *(f"{100 * each:.0f}" for each in shares))


def _by_regime(found: dict[str, Judged]) -> None:
    head = [f"{blocks}: / last, 50 %, 90 %" for blocks in HORIZONS]
    lines: list[tuple[str, ...]] = [("base fee by regime, blocks ahead", *head)]
    for name, each in found.items():
        cells = [_figures(each.errors["base fee", blocks]) for blocks in HORIZONS]
        mark = " (held out)" if name in HELD_OUT else ""
        lines.append((name + mark, *(f"{cell[0]}, {cell[3]}, {cell[4]}" for cell in cells)))
    show(lines)


def _waits(found: dict[str, Judged]) -> None:
    lines: list[tuple[str, ...]] = [
        (f"when to send, within {DEADLINE} blocks", "advised to wait", "said to be sure", "was cheaper",
         "paid less when waiting", "hindsight, always")
    ]  # fmt: skip
    for name, each in found.items():
        waits, waited = each.waits, max(1, each.waits.waited)
        lines.append(
            (name + (" (held out)" if name in HELD_OUT else ""), f"{100 * waits.waited / waits.asked:.0f} %",
             f"{100 * waits.sure / waited:.0f} %", f"{100 * waits.cheaper / waited:.0f} %",
             f"{-100 * waits.saved / waited:.1f} %", f"{-100 * waits.best / waits.asked:.1f} %")
        )  # fmt: skip
    show(lines)


def recorded() -> tuple[int, int]:
    """How many recorded blocks in a row have the base fee that the one before leads to, and of how many."""
    from tests.fixtures.mainnet import recorded_block

    answers = [recorded_block(f"mainnet/{number}.json.gz") for number in CONSECUTIVE]
    blocks = fees_of(verified_batch(1, answers, None, Rules("warn"), lambda *_: None).blocks)
    equal = sum(ETHEREUM.next_fee(before) == after.base_fee for before, after in pairwise(blocks))
    where = f"recorded blocks {blocks[0].number} to {blocks[-1].number}"
    print(f"{where}: {equal} of {len(blocks) - 1} base fees are equal to the wei")
    print(f"  {fitted(blocks).told()}")
    return equal, len(blocks) - 1


if __name__ == "__main__":
    main()
