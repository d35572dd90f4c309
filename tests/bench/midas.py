"""`make bench-midas`: how well MIDAS-R and MIDAS-F, as the part `rates` counts them, tell attacks in a
labelled edge stream of the papers' kind, beside a plain reference of the papers and what these state.
"""

from __future__ import annotations

import argparse
from time import process_time

from detectors.models.growing import auc
from detectors.parts.rates import Settings
from tests.bench.__main__ import show
from tests.detectors.parts.plain_midas import edge_stream, kernel_scores, plain_scores

PAPERS = (("MIDAS-R", "0.95"), ("MIDAS-F", "0.98"))
"""AUC on DARPA 1998, to two digits: secondary sources differ in the third (Bhatia et al. 2020, 2022)."""


def main() -> None:
    """Prints one table, means over the seeds."""
    parser = argparse.ArgumentParser(prog="make bench-midas", description=__doc__)
    parser.add_argument("--edges", type=int, default=200_000)
    parser.add_argument("--seeds", type=int, default=3)
    wanted = parser.parse_args()
    own, ticks = Settings(), max(400, wanted.edges // 98)
    kernel_scores(edge_stream(0, 1_000, 100), own)  # compiles
    found: dict[str, list[list[float]]] = {"kernel": [], "plain": []}
    seconds = {"kernel": 0.0, "plain": 0.0}
    for seed in range(1, wanted.seeds + 1):
        stream = edge_stream(seed, wanted.edges, ticks)
        for name, scored in (("kernel", kernel_scores), ("plain", plain_scores)):
            start = process_time()
            scores = scored(stream, own)
            seconds[name] += process_time() - start
            found[name].append([auc(scores[:, side], stream.attack) for side in range(2)])
    lines: list[tuple[str, ...]] = [("AUC", "kernel", "plain", "papers, on DARPA")]
    for side, (method, stated) in enumerate(PAPERS):
        means = [sum(each[side] for each in found[name]) / wanted.seeds for name in ("kernel", "plain")]
        lines.append((method, *(f"{mean:.4f}" for mean in means), stated))
    edges = wanted.edges * wanted.seeds
    rates = [f"{edges / max(seconds[name], 1e-9) / 1000:,.0f}" for name in ("kernel", "plain")]
    show([*lines, ("thousand edges/s", *rates, "")])


if __name__ == "__main__":
    main()
