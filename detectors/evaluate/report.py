"""All that evaluation says of a book, in one value: the table, the JSON and the page are drawn from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

from detectors.alerts.alert import Alert
from detectors.evaluate import calibration
from detectors.evaluate.calibration import Bin
from detectors.evaluate.categories import CATEGORIES
from detectors.evaluate.judging import HORIZON_BLOCKS, Verdict, judge
from detectors.evaluate.labels import Labels
from detectors.evaluate.measures import DECIMALS, ENOUGH_LABELS, Figure, Row, category_row, row, share
from detectors.evaluate.survey import Survey

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
    """A book judged. `built`: the row of the categories that have a detector. `by_subject` and `nearest` need
    scores, the baselines and rates a lake; null without.
    """

    rows: tuple[Row, ...]
    statuses: Mapping[str, Status]
    overall: Standing
    built: Row
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
        verdict = self.verdict
        return {
            "chain_id": verdict.labels.chain_id,
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
    """Judges a book, and each baseline's book in the same way.

    `built`: categories that have a detector. `survey`: of the lake that was judged. `scores`: as
    `calibration.load_scores` gives them. Raises BadInput where an alert is about another chain.
    """
    verdict = judge(alerts, labels)
    honest = None if survey is None else survey.honest
    overall = standing(verdict, "overall", honest)
    rows = tuple(category_row(verdict, category) for category in _categories(verdict))
    statuses = {each.name: _status(each, built) for each in rows}
    measured = frozenset(name for name, status in statuses.items() if status != "not built")
    naive = [standing(judge(book, labels), name, honest) for name, book in (baselines or {}).items()]
    return Report(
        rows=rows,
        statuses=statuses,
        overall=overall,
        built=row(verdict, "with a detector", lambda category: category in measured),
        macro_f1=_mean_f1(rows),
        macro_f1_built=_mean_f1(each for each in rows if each.name in measured),
        baselines=tuple(naive),
        transactions=None if survey is None else survey.transactions,
        honest=honest,
        by_alert=calibration.of_alerts(verdict),
        by_subject=None if scores is None else calibration.of_subjects(scores, labels),
        nearest=None if scores is None else calibration.nearest(scores, verdict.missed),
    )


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
    return sorted({*CATEGORIES, *labelled, *(alert.category for alert in verdict.raised)})


def _status(made: Row, built: frozenset[str]) -> Status:
    if made.name not in built and not made.alerts:
        return "not built"
    if not made.attacks:
        return "no labels"
    return "measured" if made.enough else "not enough"


def _mean_f1(rows: Iterable[Row]) -> float | None:
    """Over categories with attacks; one without a detector counts as 0."""
    values = [each.f1.value for each in rows if each.f1 is not None]
    return round(sum(values) / len(values), DECIMALS) if values else None
