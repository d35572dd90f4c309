"""The verdict as figures: for each category and for all of them, with how sure each figure is.

What a figure means stands in `detectors/README.md`, "What evaluate says".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from detectors.alerts.alert import Alert
from detectors.evaluate.categories import ANOMALOUS
from detectors.evaluate.intervals import f1, f1_interval, quartiles, wilson
from detectors.evaluate.judging import Verdict
from detectors.evaluate.labels import Label

ENOUGH_LABELS = 30
"""With fewer attacks of a category its figures are too unsure to be read as figures."""
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """A share or an F1 between 0 and 1, its 95 % interval, and the number of outcomes it rests on."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """A number of blocks over `n` attacks: median and quartiles."""

    n: int
    lower_quartile: float
    median: float
    upper_quartile: float


@dataclass(frozen=True, slots=True)
class Point:
    """Precision and recall, had only alerts with at least this score been raised."""

    score: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Row:
    """What is said of one category, of all together, or of a baseline.

    attacks, found: labels. alerts: those raised. yielded: those that yielded to one that says more; found
    holds what they found. also_true: alerts raised that say something else which is true of a story; they
    count neither way. false_alarms: alerts that hit no attack. also_right: attacks of other categories that
    anomalies are about. silenced: missed attacks that a suppressed alert is about. lead: blocks from the
    first alert to the first harm, positive = before it; lead_before: share of attacks found before their
    harm; lead_blocks: the lead of each. latency: from an attack's first transaction to its first alert.
    """

    name: str
    attacks: int
    found: int
    alerts: int
    yielded: int
    also_true: int
    false_alarms: int
    also_right: int
    silenced: int
    precision: Figure | None
    recall: Figure | None
    f1: Figure | None
    hard_negatives: int
    hard_negatives_flagged: int
    hard_negatives_share: Figure | None
    lead: Blocks | None
    lead_before: Figure | None
    latency: Blocks | None
    lead_blocks: Sequence[int]
    recall_succeeded: Figure | None
    recall_failed: Figure | None
    variants: Mapping[str, Figure]
    curve: Sequence[Point]

    @property
    def enough(self) -> bool:
        """Whether there are attacks enough for figures to mean something."""
        return self.attacks >= ENOUGH_LABELS


def share(hits: int, n: int) -> Figure | None:
    """`hits` of `n` with Wilson's interval; None of none."""
    if not n:
        return None
    low, high = wilson(hits, n)
    return _figure(hits / n, low, high, n)


def category_row(verdict: Verdict, category: str) -> Row:
    """The row of one category: its labels, and the alerts that name it."""
    return row(verdict, category, lambda named: named == category)


def row(verdict: Verdict, name: str, of: Callable[[str], bool]) -> Row:
    """The row of the labels and alerts whose category `of` chooses.

    Precision is attacks found / (attacks found + false alarms): further alerts about an attack already found
    make nothing better. Anomalies about attacks of another category are right answers too in the row of an
    anomaly category; elsewhere they count neither way. Where what has no label is unknown, only alerts about
    hard negatives are false, and without hard negatives there is no precision.
    """
    attacks = [label for label in verdict.labels.attacks if of(label.category)]
    negatives = [label for label in verdict.labels.hard_negatives if of(label.category)]
    flagged = sum(of(label.category) for label in verdict.flagged_hard_negatives)
    first = _first_alerts(verdict, of)
    found = [label for label in attacks if label.id in first]
    besides = _also_right(verdict, name)
    wrong = [alert for alert in false_alarms(verdict) if of(alert.category)]
    judged = verdict.labels.unlabelled == "honest" or bool(negatives)
    right = len(found) + len(besides)
    return Row(
        name=name,
        attacks=len(attacks),
        found=len(found),
        alerts=sum(of(alert.category) for alert in verdict.raised),
        yielded=sum(of(alert.category) for alert in verdict.yielded),
        also_true=sum(of(hit.alert.category) for hit in verdict.also),
        false_alarms=len(wrong),
        also_right=len(besides),
        silenced=sum(of(label.category) for label in verdict.silenced),
        precision=share(right, right + len(wrong)) if judged else None,
        recall=share(len(found), len(attacks)),
        f1=_f1(len(found), len(attacks), len(wrong), len(besides)) if judged else None,
        hard_negatives=len(negatives),
        hard_negatives_flagged=flagged,
        hard_negatives_share=share(flagged, len(negatives)),
        **_timing(found, first),
        recall_succeeded=_recall([label for label in attacks if label.succeeded], first),
        recall_failed=_recall([label for label in attacks if not label.succeeded], first),
        variants=_by_variant(attacks, first),
        curve=_curve(verdict, of, besides, wrong, len(attacks)) if judged else (),
    )


def false_alarms(verdict: Verdict) -> tuple[Alert, ...]:
    """Raised alerts that are wrong: about a hard negative, and in an honest world about nothing labelled."""
    return verdict.flags + (verdict.unmatched if verdict.labels.unlabelled == "honest" else ())


def _first_alerts(verdict: Verdict, of: Callable[[str], bool]) -> dict[str, Alert]:
    """The first alert of each found attack, by its id. Hits are in order of blocks."""
    first: dict[str, Alert] = {}
    for hit in verdict.hits:
        if hit.finds and of(hit.label.category):
            first.setdefault(hit.label.id, hit.alert)
    return first


def _also_right(verdict: Verdict, name: str) -> set[str]:
    """Ids of attacks of other categories that alerts of the anomaly category `name` are about."""
    if name not in ANOMALOUS:
        return set()
    return {hit.label.id for hit in verdict.hits if hit.alert.category == name and not hit.finds}


def _f1(found: int, attacks: int, wrong: int, besides: int) -> Figure | None:
    if not attacks:
        return None
    counts = (found, attacks - found, wrong, besides)
    return _figure(f1(*counts), *f1_interval(*counts), attacks + wrong + besides)


def _figure(value: float, low: float, high: float, n: int) -> Figure:
    return Figure(round(value, DECIMALS), round(low, DECIMALS), round(high, DECIMALS), n)


def _recall(attacks: Sequence[Label], first: Mapping[str, Alert]) -> Figure | None:
    return share(sum(label.id in first for label in attacks), len(attacks))


def _by_variant(attacks: Iterable[Label], first: Mapping[str, Alert]) -> dict[str, Figure]:
    """Recall of each variant; of several categories none, as their variants have nothing in common."""
    groups: dict[str, list[Label]] = defaultdict(list)
    for label in attacks:
        groups[label.variant].append(label)
    if len({label.category for group in groups.values() for label in group}) > 1:
        return {}
    recalls = {variant: _recall(group, first) for variant, group in sorted(groups.items())}
    return {variant: recall for variant, recall in recalls.items() if recall is not None}


class _Timing(TypedDict):
    lead: Blocks | None
    lead_before: Figure | None
    latency: Blocks | None
    lead_blocks: Sequence[int]


def _timing(found: Sequence[Label], first: Mapping[str, Alert]) -> _Timing:
    lead = [
        label.harm_block - first[label.id].block_number for label in found if label.harm_block is not None
    ]
    latency = [first[label.id].block_number - label.first_block for label in found]
    return {
        "lead": _blocks(lead),
        "lead_before": share(sum(blocks > 0 for blocks in lead), len(lead)),
        "latency": _blocks(latency),
        "lead_blocks": tuple(lead),
    }


def _blocks(values: Sequence[int]) -> Blocks | None:
    return Blocks(len(values), *quartiles(values)) if values else None


def _curve(
    verdict: Verdict, of: Callable[[str], bool], besides: set[str], wrong: Sequence[Alert], attacks: int
) -> tuple[Point, ...]:
    """Precision and recall at each score that some alert has, highest first. Which alert hits which label
    stays as it is for all alerts together.
    """
    own: dict[str, float] = {}
    other: dict[str, float] = {}
    for hit in verdict.hits:
        best = own if hit.finds and of(hit.label.category) else other if hit.label.id in besides else {}
        best[hit.label.id] = max(best.get(hit.label.id, 0.0), hit.alert.score)
    scored = Counter((score, "own") for score in own.values())
    scored.update((score, "other") for score in other.values())
    scored.update((alert.score, "wrong") for alert in wrong)
    points, total = [], Counter[str]()
    for score in sorted({score for score, _ in scored}, reverse=True) if attacks else ():
        total.update({kind: scored[score, kind] for kind in ("own", "other", "wrong")})
        right = total["own"] + total["other"]
        precision, recall = right / (right + total["wrong"]), total["own"] / attacks
        points.append(Point(score, round(precision, DECIMALS), round(recall, DECIMALS)))
    return tuple(points)
