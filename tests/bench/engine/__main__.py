"""`make bench-engine`: how fast blocks of mainnet's size are decoded, remembered and judged.

One table, in one run. The blocks are eleven consecutive ones of mainnet again and again, with other people
each time (made ones where none were recorded beside the checkout); the lines "by chance" are of made blocks
with 250 transfers and 150 other events in which nothing happens. Medians of some rounds, in processor time
but for single blocks: machines are shared. Shares are of one more run, with clocks in it.
"""

from __future__ import annotations

import argparse

from detectors.registry import detectors
from tests.bench.__main__ import show
from tests.bench.engine import decoding, running
from tests.bench.engine.mainnet import Mainnet
from tests.bench.engine.traffic import Traffic

GOALS = {"engine without detectors": ">= 250,000"}
CHANCE = 300
"""Made blocks: each takes longer to make than to judge."""


def main() -> None:
    """Prints a table with a heading a subject, each as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="make bench-engine", description=__doc__)
    parser.add_argument("--blocks", type=int, default=400, help="blocks in batches, the first batch warms up")
    parser.add_argument("--single", type=int, default=400, help="blocks one at a time")
    parser.add_argument("--batch", type=int, default=100, help="blocks a batch")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    decoding.main()
    batches = list(Mainnet().batches(wanted.blocks, wanted.batch))
    goals = GOALS | {f"engine with all {len(detectors())} detectors": ">= 100,000"}
    show([[f"recorded, {wanted.blocks} blocks", *running.HEAD[1:]],
          *running.batch_lines(batches, wanted.rounds, goals), *running.share_lines(batches)])  # fmt: skip
    chance = list(Traffic().batches(min(CHANCE, wanted.blocks), wanted.batch))
    show([["by chance", *running.HEAD[1:]], *running.batch_lines(chance, wanted.rounds, goals)])
    single = list(Mainnet().batches(max(wanted.single, 3 * running.DEPTH), 1))
    show(running.single_lines(single, wanted.rounds))


if __name__ == "__main__":
    main()
