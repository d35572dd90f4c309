"""`make bench-engine`: how fast blocks of mainnet's size are decoded, remembered and judged.

Everything in one run, medians of some rounds, in processor time but for single blocks: machines are shared.
"""

from __future__ import annotations

import argparse

from tests.bench.__main__ import show
from tests.bench.engine import decoding, parts, running


def main() -> None:
    """Prints a table a subject."""
    parser = argparse.ArgumentParser(prog="make bench-engine", description=__doc__)
    parser.add_argument("--blocks", type=int, default=1_000, help="blocks in batches")
    parser.add_argument("--single", type=int, default=1_000, help="blocks one at a time")
    parser.add_argument("--batch", type=int, default=100, help="blocks a batch")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    decoding.main()
    parts.main()
    show(running.batch_table(wanted.blocks, wanted.batch, wanted.rounds))
    show(running.single_table(max(wanted.single, 2 * running.DEPTH), wanted.rounds))


if __name__ == "__main__":
    main()
