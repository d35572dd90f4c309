"""The report as lines for a terminal: a row for each category, all together, and each baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from detectors.alerts.text import visible
from detectors.evaluate.measures import ENOUGH_LABELS, Blocks, Figure, Row
from detectors.evaluate.report import Report, role_errors

_HEAD = (
    "category", "attacks", "found", "precision", "recall", "F1", "false", "hard neg.", "lead", "latency",
)  # fmt: skip
_NOTHING = "-"
_COUNTS = (1, 2, 6, 7)
"""Columns of plain numbers: they stand on the right."""


def table(report: Report) -> list[str]:
    """The whole report for a terminal: the table, then what is said in words."""
    shown = shown_rows(report)
    cells = [
        _HEAD,
        *(_cells(each, visible(each.name), report.statuses[each.name]) for each in shown),
        *(_cells(each, each.name) for each in summing_rows(report)),
        *(_cells(each.row, f"baseline: {each.row.name}") for each in report.baselines),
    ]
    lines = _aligned(cells)
    rule = "-" * max(map(len, lines))
    last = 1 + len(shown)
    return [lines[0], rule, *lines[1:last], rule, *lines[last:], "", *words(report), *_variants(report.rows)]


def shown_rows(report: Report) -> list[Row]:
    """The categories about which there is something to say."""
    return [
        each for each in report.rows if each.attacks or each.alerts or each.yielded or each.hard_negatives
    ]


def summing_rows(report: Report) -> list[Row]:
    """Rows over several categories: that of anomalies where there are any."""
    anomalies = [report.anomalous] if report.anomalous.alerts or report.anomalous.yielded else []
    return [*anomalies, report.built, report.overall.row]


def _cells(row: Row, name: str, status: str = "") -> tuple[str, ...]:
    few = "not enough" if row.attacks and not row.enough else ""
    said = status if status in ("not built", "no labels") else few
    figures = [said] * 3 if said else [figure(each) for each in (row.precision, row.recall, row.f1)]
    negatives = f"{row.hard_negatives_flagged}/{row.hard_negatives}" if row.hard_negatives else _NOTHING
    counts = (str(row.attacks), str(row.found))
    return (name, *counts, *figures, str(row.false_alarms), negatives, lead(row), blocks(row.latency))


def figure(shown: Figure | None) -> str:
    """A figure with its interval, as `0.95 [0.83, 0.99]`."""
    return _NOTHING if shown is None else f"{shown.value:.2f} [{shown.low:.2f}, {shown.high:.2f}]"


def blocks(shown: Blocks | None) -> str:
    """A median of blocks with its quartiles, as `3 [1, 8]`."""
    if shown is None:
        return _NOTHING
    return f"{shown.median:g} [{shown.lower_quartile:g}, {shown.upper_quartile:g}]"


def lead(row: Row) -> str:
    """The median lead with its quartiles, and the share of attacks found before their harm."""
    before = "" if row.lead_before is None else f", {row.lead_before.value:.0%} before"
    return blocks(row.lead) + before


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.rjust if place in _COUNTS else str.ljust for place in range(len(widths))]
    return [
        "  ".join(side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True)).rstrip()
        for row in rows
    ]


def words(report: Report) -> Iterator[str]:
    """What the table does not hold, a sentence each."""
    verdict = report.verdict
    yield from _worlds(report)
    yield (
        f"{len(verdict.raised)} alerts raised (beside {verdict.retracted} retracted, {verdict.suppressed} "
        f"suppressed, and {len(verdict.yielded)} that yielded to one that says more); "
        f"{len(verdict.unmatched)} match no label"
        f"{_rate(report.overall.per_10k)}, {len(verdict.elsewhere)} of them are about an attack of another "
        "category"
    )
    if verdict.also:
        yield f"{len(verdict.also)} alerts say something else that is true of a story: they count neither way"
    errors = ", ".join(f"{number} x {said}" for said, number in role_errors(verdict).items())
    yield (
        f"{len(verdict.victims_named_attacker)} victims called an attacker, "
        f"{len(verdict.duplicates)} duplicates; role errors: {errors or 'none'}"
    )
    yield f"macro F1 {_mean(report.macro_f1)}, of categories with a detector {_mean(report.macro_f1_built)}"
    failed, succeeded = report.overall.row.recall_failed, report.overall.row.recall_succeeded
    yield f"found of attacks that succeeded: {_count(succeeded)}; of those that failed: {_count(failed)}"
    for naive in report.baselines:
        yield f"baseline {naive.row.name}: {naive.row.alerts} alerts{_rate(naive.per_10k)}"
    if verdict.silenced:
        silenced = _listed(label.id for label in verdict.silenced)
        yield f"missed, though a suppressed alert is about it: {silenced}"
    yield from _absent(report)
    yield f"not enough: fewer than {ENOUGH_LABELS} attacks; [ ] 95 % intervals, of blocks the quartiles"


def _worlds(report: Report) -> Iterator[str]:
    """Of several worlds how many there are, and what each added."""
    if len(report.worlds) > 1:
        yield f"{worlds_told(report)}, each judged by itself and added up"
        for each in report.worlds:
            yield (
                f"{each.name}: {each.found} of {each.attacks} attacks found, {each.false_alarms} false "
                f"alarms, {each.hard_negatives_flagged} of {each.hard_negatives} hard negatives flagged"
            )


def worlds_told(report: Report) -> str:
    """How many worlds there are, and what they were played from, where it is known."""
    number = len(report.worlds)
    seeds = [str(each.seed) for each in report.worlds if each.seed is not None]
    of = f" ({'seed' if number == 1 else 'seeds'} {', '.join(seeds)})" if len(seeds) == number else ""
    return f"{number} {'world' if number == 1 else 'worlds'}{of}"


def _rate(per_10k: float | None) -> str:
    return "" if per_10k is None else f" ({per_10k:.2f} per 10,000 honest transactions)"


def _mean(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.2f}"


def _count(shown: Figure | None) -> str:
    return "none were made" if shown is None else f"{round(shown.value * shown.n)} of {shown.n}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(visible, names))


def _variants(rows: Iterable[Row]) -> Iterator[str]:
    """Variants that are not all found, by category: an evasion that works is seen here."""
    for row in rows:
        evading = [
            f"{visible(variant) or 'unnamed'} {_count(recall)}"
            for variant, recall in row.variants.items()
            if (row.alerts or row.yielded) and recall.value < 1
        ]
        if evading:
            yield f"not all found of {visible(row.name)}: {', '.join(evading)}"


def _absent(report: Report) -> Iterator[str]:
    """What the table cannot show."""
    for status, said in (("not built", "no detector yet"), ("no labels", "no attack in the labels")):
        names = [each.name for each in report.rows if report.statuses[each.name] == status]
        if names:
            yield f"{said}: {_listed(names)}"
    if report.verdict.labels.unlabelled == "unknown":
        yield (
            "what has no label is unknown here: alerts about it are not held against anybody, and precision "
            "is over hard negatives only"
        )
