"""How a model does on what it was not trained on: one family of attacks, or one world, left out at a time.

Weapons have the same bytecode in every world, so that rows at random in two heaps would only test a memory.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detectors.evaluate.training.labelled_rows import Rows
from detectors.models.growing import Growth, auc, grow
from detectors.models.outliers import novelty

FOLDS = 5
"""Parts of the honest rows: each family left out is tested beside one of them, which is left out too."""
MOST_FITTED = 4_000
"""Honest rows that nearest neighbours are fitted on: they are the slowest by far."""

Mask = NDArray[np.bool_]
LeaveOut = Literal["families", "worlds", "both"]


@dataclass(frozen=True, slots=True)
class Tried:
    """One part left out: true and honest rows tested on, and the AUC there of each scorer; `best`: the single
    column that was best on the training rows.
    """

    left_out: str
    positives: int
    honest: int
    trees: float
    forest: float
    neighbours: float
    single: float
    best: str


def tried(
    rows: Rows, columns: tuple[str, ...], growth: Growth, seed: int, leave_out: LeaveOut = "both"
) -> list[Tried]:
    """Families first, by name, then worlds, where there are several."""
    return [
        _tried(name, rows, columns, train, test, growth, seed)
        for name, train, test in _splits(rows, leave_out)
        if rows.truth[train].any() and rows.truth[test].any() and (~rows.truth[test]).any()
    ]


def _splits(rows: Rows, leave_out: LeaveOut) -> Iterator[tuple[str, Mask, Mask]]:
    """Name, rows to train on, rows to test on."""
    if leave_out != "worlds":
        yield from _by_family(rows)
    for world in np.unique(rows.world).tolist() if np.unique(rows.world).size > 1 else []:
        if leave_out != "families":
            yield f"world {world + 1}", rows.world != world, rows.world == world


def _by_family(rows: Rows) -> Iterator[tuple[str, Mask, Mask]]:
    fold = np.array([hashlib.blake2b(kin, digest_size=2).digest()[0] % FOLDS for kin in rows.kin])
    family = np.array(_families(rows))
    kin = np.array([hashlib.blake2b(each, digest_size=8).hexdigest() for each in rows.kin])
    for number, name in enumerate(sorted(set(family[rows.truth].tolist()))):
        gone = rows.truth & (family == name)
        honest = ~rows.truth & (fold == number % FOLDS)
        # An honest row that is as good as one of the family would tell of it, too.
        kept = ~gone & ~honest & ~np.isin(kin, kin[gone])
        yield name, kept, gone | honest


def _families(rows: Rows) -> list[str]:
    """Of each row; one kin is one family, that of most of its rows, whatever else it was used for."""
    by_kin: dict[bytes, Counter[str]] = {}
    for kin, family in zip(rows.kin, rows.family, strict=True):
        if family:
            by_kin.setdefault(kin, Counter())[family] += 1
    most = {kin: min(found, key=lambda name: (-found[name], name)) for kin, found in by_kin.items()}
    return [most[kin] if family else "" for kin, family in zip(rows.kin, rows.family, strict=True)]


def _tried(
    name: str, rows: Rows, columns: tuple[str, ...], train: Mask, test: Mask, growth: Growth, seed: int
) -> Tried:
    truth, asked = rows.truth[test], rows.values[test]
    trees = grow(rows.values[train], rows.truth[train], growth, seed).probabilities(asked)
    honest = rows.values[train & ~rows.truth]
    step = max(1, -(-len(honest) // MOST_FITTED))
    forest, neighbours = novelty(honest[::step], asked, seed)
    column, sign = _best_column(rows.values[train], rows.truth[train])
    return Tried(
        name, int(truth.sum()), int((~truth).sum()),
        auc(trees, truth), auc(forest, truth), auc(neighbours, truth),
        auc(sign * asked[:, column], truth), columns[column],
    )  # fmt: skip


def _best_column(values: NDArray[np.float64], truth: Mask) -> tuple[int, int]:
    """The column that tells the training rows apart best alone, and in which direction."""
    alone = np.array([auc(values[:, i], truth) for i in range(values.shape[1])]) - 0.5
    best = int(np.argmax(np.abs(alone)))
    return best, 1 if alone[best] >= 0 else -1


def table_of(found: list[Tried]) -> list[str]:
    """As text, with the mean over families at the end, each weighted by its true rows."""
    head = ("left out", "true", "honest", "trees", "isolation forest", "neighbours", "best column")
    lines: list[tuple[str, ...]] = [
        (
            each.left_out, str(each.positives), str(each.honest), f"{each.trees:.3f}", f"{each.forest:.3f}",
            f"{each.neighbours:.3f}", f"{each.single:.3f} {each.best}",
        )
        for each in found
    ]  # fmt: skip
    families = [each for each in found if not each.left_out.startswith("world ")]
    if families:
        weights = np.array([each.positives for each in families])
        means = [
            f"{np.average([getattr(each, name) for each in families], weights=weights):.3f}"
            for name in ("trees", "forest", "neighbours", "single")
        ]
        lines.append(("all families", str(weights.sum()), "", *means))
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [head, *lines]
    ]
