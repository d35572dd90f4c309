"""All that evaluation says of a book, in one value: the table, the JSON and the page are drawn from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import polars as pl

from detectors.alerts.alert import Alert, Role
from detectors.evaluate import calibration
from detectors.evaluate.calibration import Bin
from detectors.evaluate.categories import ANOMALOUS, ANY, CATEGORIES
from detectors.evaluate.judging import HORIZON_BLOCKS, Verdict, judge
from detectors.evaluate.labels import Labels
from detectors.evaluate.measures import DECIMALS, ENOUGH_LABELS, Figure, Row, category_row, row, share
from detectors.evaluate.survey import Survey
from detectors.evaluate.worlds import (
    World,
    WorldCounts,
    added,
    all_transactions,
    baseline_verdicts,
    counts,
    honest_transactions,
    named,
)

Status = Literal["measured", "not enough", "not built", "no labels"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said of one book as a whole: that of the detectors, or that of a baseline.

    unmatched: raised alerts about nothing labelled; per_10k: of them for 10,000 transactions in no label,
    null where that is not known. recall: attacks found, by category.
    """

    row: Row
    verdict: Verdict
    per_10k: float | None
    recall: Mapping[str, Figure]

    def to_dict(self) -> dict[str, Any]:
        return {
            **row_dict(self.row),
            "alerts_without_label": len(self.verdict.unmatched),
            "alerts_per_10k_honest_transactions": self.per_10k,
            "duplicates": len(self.verdict.duplicates),
            "victims_named_attacker": len(self.verdict.victims_named_attacker),
            "role_errors": role_errors(self.verdict),
            "recall_by_category": {name: asdict(figure) for name, figure in self.recall.items()},
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Books judged. `worlds`: what each added. `built`: the row of the categories that have a detector.
    `anomalous`: that of all anomalies, each held against attacks of whatever category. `by_subject` and
    `nearest` need scores, the baselines and rates a lake; null without.
    """

    worlds: tuple[WorldCounts, ...]
    rows: tuple[Row, ...]
    statuses: Mapping[str, Status]
    overall: Standing
    built: Row
    anomalous: Row
    macro_f1: float | None
    macro_f1_built: float | None
    baselines: tuple[Standing, ...]
    transactions: int | None
    honest: int | None
    by_alert: tuple[Bin, ...]
    by_subject: tuple[Bin, ...] | None
    nearest: Mapping[str, float | None] | None

    @property
    def verdict(self) -> Verdict:
        return self.overall.verdict

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `--json`; its keys stand in `detectors/README.md`, "What evaluate says"."""
        verdict, chains = self.verdict, {each.chain_id for each in self.worlds}
        return {
            "chain_id": min(chains) if len(chains) == 1 else None,
            "worlds": [asdict(each) for each in self.worlds],
            "unlabelled": verdict.labels.unlabelled,
            "horizon_blocks": HORIZON_BLOCKS,
            "enough_labels": ENOUGH_LABELS,
            "transactions": self.transactions,
            "honest_transactions": self.honest,
            "alerts": _counted(verdict),
            "alerts_without_label": len(verdict.unmatched),
            "alerts_per_10k_honest_transactions": self.overall.per_10k,
            "duplicates": len(verdict.duplicates),
            "duplicate_alerts": [list(pair) for pair in verdict.duplicates],
            "victims_named_attacker": len(verdict.victims_named_attacker),
            "role_errors": role_errors(verdict),
            "categories": {
                each.name: {"status": self.statuses[each.name], **row_dict(each)} for each in self.rows
            },
            "overall": self.overall.to_dict(),
            "built": row_dict(self.built),
            "anomalous": row_dict(self.anomalous),
            "macro_f1": self.macro_f1,
            "macro_f1_built": self.macro_f1_built,
            "baselines": {each.row.name: each.to_dict() for each in self.baselines},
            "calibration": [asdict(each) for each in self.by_alert],
            "calibration_of_scores": None
            if self.by_subject is None
            else [asdict(b) for b in self.by_subject],
            "missed": [label.id for label in verdict.missed],
            "missed_but_suppressed": [label.id for label in verdict.silenced],
            "missed_highest_score": self.nearest,
            "flagged_hard_negatives": [label.id for label in verdict.flagged_hard_negatives],
        }


def row_dict(made: Row) -> dict[str, Any]:
    """A row as plain values, with what was missed beside what was found."""
    plain = asdict(made)
    del plain["name"]
    return {**plain, "missed": made.attacks - made.found, "enough": made.enough}


def _counted(verdict: Verdict) -> dict[str, int]:
    return {
        "raised": len(verdict.raised),
        "retracted": verdict.retracted,
        "suppressed": verdict.suppressed,
        "yielded": len(verdict.yielded),
        "also_true": len(verdict.also),
        "about_hard_negatives": len(verdict.flags),
        "about_another_category": len(verdict.elsewhere),
    }


def role_errors(verdict: Verdict) -> dict[str, int]:
    """How often each part was called each other, as "victim called attacker"."""
    return dict(sorted(Counter(f"{m.labelled} called {m.called}" for m in verdict.misnamed).items()))


def evaluate(
    alerts: Iterable[Alert],
    labels: Labels,
    built: frozenset[str],
    survey: Survey | None = None,
    baselines: Mapping[str, Iterable[Alert]] | None = None,
    scores: pl.DataFrame | None = None,
) -> Report:
    """Judges one book, see `evaluate_worlds` and `World`."""
    return evaluate_worlds([World(alerts, labels, survey, baselines, scores)], built)


def evaluate_worlds(worlds: Sequence[World], built: frozenset[str]) -> Report:
    """Judges the book of each of `worlds` (one at the least) by itself, each baseline's in the same way, and
    adds up.

    `built`: categories that have a detector. Raises BadInput where an alert is about another chain, or where
    worlds cannot be added up.
    """
    given = named([replace(world, alerts=tuple(world.alerts)) for world in worlds])
    told = [world for _, world in given]
    verdicts = [judge(world.alerts, world.labels) for world in told]
    verdict, honest = added(verdicts), honest_transactions(told)
    rows = tuple(category_row(verdict, category) for category in _categories(verdict))
    statuses = {each.name: _status(each, built) for each in rows}
    measured = frozenset(name for name, status in statuses.items() if status != "not built")
    naive = [standing(made, name, honest) for name, made in baseline_verdicts(told).items()]
    scored = [(world.scores, world.labels) for world in told if world.scores is not None]
    missed = [(world.scores, made) for world, made in zip(told, verdicts, strict=True)]
    return Report(
        worlds=tuple(counts(*pair, made) for pair, made in zip(given, verdicts, strict=True)),
        rows=rows,
        statuses=statuses,
        overall=standing(verdict, "overall", honest),
        built=row(verdict, "with a detector", lambda category: category in measured),
        anomalous=row(added([_anomalies(world) for world in told]), "anomalous-*", lambda _: True),
        macro_f1=_mean_f1(rows),
        macro_f1_built=_mean_f1(each for each in rows if each.name in measured),
        baselines=tuple(naive),
        transactions=all_transactions(told),
        honest=honest,
        by_alert=calibration.of_alerts(verdict),
        by_subject=calibration.of_subjects(scored) if scored else None,
        nearest=_nearest(missed) if scored else None,
    )


def _nearest(missed: Iterable[tuple[pl.DataFrame | None, Verdict]]) -> dict[str, float | None]:
    """How close each miss came, of the worlds that have scores."""
    near: dict[str, float | None] = {}
    for scores, verdict in missed:
        if scores is not None:
            near |= calibration.nearest(scores, verdict.missed)
    return near


def _anomalies(world: World) -> Verdict:
    """What a world's anomalies are worth, were each an alert of every category: they name no pattern."""
    chosen = (alert for alert in world.alerts if alert.category in ANOMALOUS)
    return judge((replace(alert, category=ANY, roles=_named(alert)) for alert in chosen), world.labels)


def _named(alert: Alert) -> tuple[Role, ...]:
    """The alert's roles, what it is about among its attackers."""
    return tuple(Role(each.address, "attacker") if each.role == "subject" else each for each in alert.roles)


def standing(verdict: Verdict, name: str, honest: int | None) -> Standing:
    """The row of all categories together, with what counts for the whole book."""
    known = honest is not None and honest > 0 and verdict.labels.unlabelled == "honest"
    rate = round(10_000 * len(verdict.unmatched) / honest, DECIMALS) if known and honest else None
    found = Counter(label.category for label in verdict.found)
    attacks = Counter(label.category for label in verdict.labels.attacks)
    recall = {name: share(found[name], number) for name, number in sorted(attacks.items())}
    return Standing(
        row=row(verdict, name, lambda _: True),
        verdict=verdict,
        per_10k=rate,
        recall={category: figure for category, figure in recall.items() if figure is not None},
    )


def _categories(verdict: Verdict) -> list[str]:
    """All of them in order, and those that only labels or alerts know."""
    labelled = {label.category for label in verdict.labels.labels}
    said = {alert.category for alert in (*verdict.raised, *verdict.yielded)}
    return sorted({*CATEGORIES, *labelled, *said})


def _status(made: Row, built: frozenset[str]) -> Status:
    if made.name not in built and not made.alerts and not made.yielded:
        return "not built"
    if not made.attacks:
        return "no labels"
    return "measured" if made.enough else "not enough"


def _mean_f1(rows: Iterable[Row]) -> float | None:
    """Over categories with attacks; one without a detector counts as 0."""
    values = [each.f1.value for each in rows if each.f1 is not None]
    return round(sum(values) / len(values), DECIMALS) if values else None
