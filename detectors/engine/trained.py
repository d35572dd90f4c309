"""Trained models as detectors: each adds what it makes of a subject to `fraud.scores`, and alerts on nothing.

A model that somebody trained is no rule of this library: it ranks what to look at. It is part of the run
digest, by its name and by the digest of its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detectors.base import Finding, Tier
from detectors.models.model_file import SUFFIX, Trained, digest_of, load
from detectors.models.outliers import DECIMALS, Matrix
from detectors.parts.contract import Seen
from detectors.parts.model_tables import COLUMNS, TABLES, Lines, ModelTable
from ingest.model.errors import BadInput

SHARES = 3
"""Columns that are named beside a score."""


@dataclass(frozen=True, slots=True)
class Settings:
    """model: the name of a trained model; file: the digest of what its file says."""

    model: str
    file: str


class TrainedScorer:
    """Scores subjects of a feature table by a model that was trained on labels; alerts on nothing.

    `measured` names the columns that made most of a score, in log odds. Fails: on attacks of a kind that its
    labels had not. Costs what its table costs. Source: gradient-boosted trees (Friedman 2001), grown by
    scikit-learn.
    """

    catches: tuple[str, ...] = ()

    def __init__(self, model: Trained) -> None:
        self._model = model
        self._table = TABLES[model.table]
        self.name = model.name
        self.settings = Settings(model.name, digest_of(model))
        self.needs: Tier = self._table.needs
        self.reads = self._table.reads

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a line of the table."""
        return findings(self._model, self._table, self._table.lines(seen))


def findings(model: Trained, table: ModelTable, lines: Lines | None) -> list[Finding]:
    """Scores, each with the columns that made it."""
    if lines is None:
        return []
    scores = np.round(model.trees.probabilities(lines.values), DECIMALS)
    return [_finding(model, table, lines, line, float(score)) for line, score in enumerate(scores)]


def _finding(model: Trained, table: ModelTable, lines: Lines, line: int, score: float) -> Finding:
    return Finding(
        block_number=int(lines.block[line]),
        timestamp=int(lines.time[line]),
        category=table.category or "anomalous-wallet",
        subject_kind=table.subject_kind,
        subject=lines.who[line],
        score=score,
        severity="low",
        transaction=lines.transaction[line],
        roles=(),
        rows=(),
        measured=shares(model, lines.values[line]),
        explanation=f"The model {model.name} gives it {score:.2f}.",
        alerts=False,
    )


def shares(model: Trained, row: Matrix) -> dict[str, float]:
    """The columns that move a row's log odds most, with how much, the furthest first."""
    found = model.trees.shares(row)
    order = np.argsort(-np.abs(found), kind="stable")[:SHARES]
    return {model.columns[i]: round(float(found[i]), DECIMALS) for i in order if found[i]}


def trained_scorers(folder: Path) -> Sequence[Any]:
    """A detector for each model in a folder, by name. Raises BadInput where there is none, where one is
    there twice, and for each that cannot be used.
    """
    if not folder.is_dir():
        raise BadInput(
            f"{folder} is no folder with models: give --models the folder of `undertow train --out`"
        )
    found: dict[str, Any] = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        model = load(path, COLUMNS)
        if model.name in found:
            raise BadInput(f"{path} is the model {model.name}, which lies in {folder} twice: remove one")
        found[model.name] = TrainedScorer(model)
    if not found:
        raise BadInput(f"{folder} holds no model (*{SUFFIX}): train one with `undertow train`")
    return [found[name] for name in sorted(found)]
