"""Whether scores mean what they say: of what is scored 0.8, are eight in ten right?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from detectors.evaluate.judging import Verdict
from detectors.evaluate.labels import Label, Labels
from detectors.evaluate.measures import Figure, false_alarms, share
from detectors.runs.over_lake import SCORES
from ingest.model.errors import BadInput

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores from `low` up to `high` (the last bin includes 1): their mean, and the share that was right."""

    low: float
    high: float
    mean: float
    right: Figure


def of_alerts(verdict: Verdict) -> tuple[Bin, ...]:
    """Raised alerts by their score; right is one that hits an attack, wrong a false alarm."""
    judged = [(hit.alert.score, True) for hit in verdict.hits if hit.is_raised]
    return binned([*judged, *((alert.score, False) for alert in false_alarms(verdict))])


def of_subjects(worlds: Iterable[tuple[pl.DataFrame, Labels]]) -> tuple[Bin, ...]:
    """All that was scored in each of `worlds`, alerted on or not, each subject by its highest score there."""
    return binned(pair for scores, labels in worlds for pair in _judged(scores, labels))


def _judged(scores: pl.DataFrame, labels: Labels) -> list[tuple[float, bool]]:
    """(score, whether it is right) of each subject: an attacker or a transaction of an attack is.

    Who took part otherwise in an attack (a victim, a mule) is left out, and in an unknown world whatever has
    no label.
    """
    right = {each for label in labels.attacks for each in label.attackers | label.transactions}
    besides = {address for label in labels.attacks for address in label.addresses} - right
    besides |= labels.of_canaries
    known = {each for label in labels.labels for each in label.addresses | label.transactions}
    return [
        (score, subject in right)
        for subject, score in highest(scores).items()
        if subject not in besides and (labels.unlabelled == "honest" or subject in known)
    ]


def nearest(scores: pl.DataFrame, missed: Iterable[Label]) -> dict[str, float | None]:
    """How close each missed attack came: the highest score of any of its attackers and transactions; None
    where nothing of it was scored above the floor.
    """
    best = highest(scores)
    return {
        label.id: max(
            (best[each] for each in label.attackers | label.transactions if each in best), default=None
        )
        for label in missed
    }


def highest(scores: pl.DataFrame) -> Mapping[str, float]:
    """The highest score of each subject over all blocks."""
    best = scores.group_by("subject", maintain_order=True).agg(pl.col("score").max())
    return dict(best.iter_rows())


def binned(judged: Iterable[tuple[float, bool]]) -> tuple[Bin, ...]:
    """(score, whether it was right) as `BINS` bins of equal width, without empty ones."""
    groups: dict[int, list[tuple[float, bool]]] = {}
    for score, right in judged:
        groups.setdefault(min(int(score * BINS), BINS - 1), []).append((score, right))
    bins = []
    for place, group in sorted(groups.items()):
        hits = share(sum(right for _, right in group), len(group))
        assert hits is not None
        mean = round(sum(sorted(score for score, _ in group)) / len(group), 4)
        bins.append(Bin(place / BINS, (place + 1) / BINS, mean, hits))
    return tuple(bins)


def load_scores(path: Path, chain_id: int) -> pl.DataFrame:
    """Scores that `undertow detect --scores` wrote. Raises BadInput where the file holds something else."""
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0]
        raise BadInput(
            f"{path} cannot be read: {reason}; scores are written by `undertow detect --scores`"
        ) from error
    if dict(frame.schema) != SCORES:
        raise BadInput(f"{path} holds no scores: write them with `undertow detect --scores`")
    if frame.height and frame["chain_id"].unique().to_list() != [chain_id]:
        raise BadInput(f"{path} holds scores of another chain than {chain_id}, which the labels are about")
    return frame
