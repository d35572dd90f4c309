"""Which pack of labels says otherwise than all others would: its labels against trees that never saw it.

Confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset
labels", JAIR 70, 2021) with packs as folds: a row's label is doubted where trees grown on the other packs
give the other class at least the probability that rows labelled so get on average. A pack is named where it
has more doubted rows than the others together (Fisher's exact test, one-sided, at LEVEL over all packs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma

import numpy as np
from numpy.typing import NDArray

from detectors.evaluate.training.labelled_rows import Rows
from detectors.models.growing import Growth, auc, grow

LEVEL = 0.01
LEAST_PACKS = 3
"""With two, each says that the other is wrong."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Of a pack: rows, those whose label is doubted, the AUC of trees that never saw it, the probability of
    so many doubts were it like the others, and whether it is named.
    """

    pack: str
    rows: int
    doubted: int
    auc: float
    p_value: float
    named: bool


def doubts(rows: Rows, truth: Mask, packs: Sequence[str], growth: Growth, seed: int) -> list[Doubt]:
    """One of each pack, in their order; `truth` as the packs say it. Nothing where there are fewer than
    LEAST_PACKS, or one of them has true or honest rows only.
    """
    which = np.unique(rows.world)
    if which.size < LEAST_PACKS or any(np.unique(truth[rows.world != each]).size < 2 for each in which):
        return []
    chance = np.empty(truth.size)
    for each in which:
        mine = rows.world == each
        chance[mine] = grow(rows.values[~mine], truth[~mine], growth, seed).probabilities(rows.values[mine])
    doubted = _doubted(chance, truth)
    return [_doubt(rows.world == each, chance, truth, doubted, packs[each], which.size) for each in which]


def _doubted(chance: NDArray[np.float64], truth: Mask) -> Mask:
    of_true, of_honest = chance[truth].mean(), 1 - chance[~truth].mean()
    found: Mask = np.where(truth, 1 - chance >= of_honest, chance >= of_true)
    return found


def _doubt(
    mine: Mask, chance: NDArray[np.float64], truth: Mask, doubted: Mask, name: str, packs: int
) -> Doubt:
    own, size = int(doubted[mine].sum()), int(mine.sum())
    p_value = _chance_of_more(own, size, int(doubted.sum()), mine.size)
    return Doubt(name, size, own, auc(chance[mine], truth[mine]), p_value, p_value < LEVEL / packs)


def _chance_of_more(own: int, size: int, doubted: int, rows: int) -> float:
    """That `size` of all rows, drawn at random, hold `own` of those doubted or more (hypergeometric)."""

    def choices(n: int, k: int) -> float:
        return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)

    whole, certain = choices(rows, size), rows - doubted
    held = range(max(own, size - certain), min(size, doubted) + 1)
    return min(1.0, sum(exp(choices(doubted, k) + choices(certain, size - k) - whole) for k in held))


def lines_of(found: Sequence[Doubt]) -> list[str]:
    """As text, a line a pack; a pack that is named says so."""
    width = max((len(each.pack) for each in found), default=0)
    return [
        f"{each.pack:<{width}}  {each.doubted} of {each.rows} labels doubted, AUC unseen {each.auc:.3f}"
        + (f"  SAYS OTHERWISE THAN THE OTHERS (p {each.p_value:.1e})" if each.named else "")
        for each in found
    ]
