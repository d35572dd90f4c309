"""Some labels of one pack are turned around: how far the AUC falls elsewhere, and whether that pack is named.

    python -m tests.bench.flipped_labels --worlds ~/.undertow/evaluate/worlds

Each kept world is a pack. The last one is never flipped and never trained on in the AUC; the first is the bad
one. Labels are flipped at random by the seed: of SHARE of its rows, whatever they say.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detectors.evaluate.training.labelled_rows import Rows, labelled_rows
from detectors.evaluate.training.pack_noise import LEAST_PACKS, doubts
from detectors.evaluate.training.train import table_named
from detectors.models.growing import Growth, auc, grow

SHARES = (0.0, 0.01, 0.05, 0.10)
"""None first: a pack that is named then is named wrongly."""

Mask = NDArray[np.bool_]


def flipped(rows: Rows, share: float, pack: int, seed: int) -> Mask:
    """What the packs say, with this share of one pack's labels turned around."""
    mine = np.flatnonzero(rows.world == pack)
    chosen = np.random.default_rng(seed).choice(mine, round(share * mine.size), replace=False)
    truth = rows.truth.copy()
    truth[chosen] = ~truth[chosen]
    return truth


def auc_elsewhere(rows: Rows, truth: Mask, seed: int) -> float:
    """On the last pack as it really is, of trees grown on what the others say."""
    last = rows.world == rows.world.max()
    trees = grow(rows.values[~last], truth[~last], Growth(), seed)
    return auc(trees.probabilities(rows.values[last]), rows.truth[last])


def table(rows: Rows, packs: Sequence[str], seed: int, bad: int = 0) -> list[str]:
    """A line a share."""
    clean = auc_elsewhere(rows, rows.truth, seed)
    lines = ["flipped   AUC elsewhere   fall     doubted in the bad pack, in others   named"]
    for share in SHARES:
        truth = flipped(rows, share, bad, seed)
        found, now = doubts(rows, truth, packs, Growth(), seed), auc_elsewhere(rows, truth, seed)
        others = [each for at, each in enumerate(found) if at != bad]
        rate = sum(each.doubted for each in others) / max(1, sum(each.rows for each in others))
        named = ", ".join(each.pack for each in found if each.named) or "none"
        mine = found[bad].doubted / found[bad].rows
        lines.append(
            f"{share:>6.0%}    {now:.4f}          {clean - now:+.4f}  {mine:.2%}, {rate:.2%}   {named}"
        )
    return lines


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.flipped_labels", description=__doc__)
    parser.add_argument("--worlds", type=Path, default=Path.home() / ".undertow/evaluate/worlds")
    parser.add_argument("--model", default="contract-code")
    parser.add_argument("--most", type=int, default=4, help="worlds that are read, the first by name")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    kept = [each for each in sorted(wanted.worlds.iterdir()) if (each / "lake" / "_ranges").is_dir()]
    kept = [each for each in kept if (each / "labels.jsonl").exists() and "." not in each.name][: wanted.most]
    if len(kept) < LEAST_PACKS:
        parser.error(f"{wanted.worlds} holds {len(kept)} worlds: play {LEAST_PACKS} with `make evaluate`")
    names = [each.name for each in kept]
    worlds = [(each / "lake", each / "labels.jsonl") for each in kept]
    rows = labelled_rows(table_named(wanted.model), worlds, wanted.seed, lambda _: None)
    print(f"{rows.truth.size} rows, {int(rows.truth.sum())} of attacks; bad pack: {names[0]}")
    print("\n".join(table(rows, names, wanted.seed)))


if __name__ == "__main__":
    main()
