"""What the comparison with recorded truth says: tallies, and every case in which the two sides differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from detectors.alerts.alert import Alert
from detectors.alerts.text import visible
from detectors.evaluate.intervals import wilson
from detectors.evaluate.recorded.ranking import Ranking

Kind = Literal["found", "missed", "extra", "disagreement", "not built", "other alert"]
MOST_TRANSACTIONS = 12
"""Transactions of one case that the text shows; the JSON has all."""


@dataclass(frozen=True, slots=True)
class Tally:
    """One expectation: how often it was recorded, how often met, and how often only undertow says so.

    Where no detector for it is registered (`built` false), meeting it means nothing.
    """

    what: str
    expected: int
    found: int
    extra: int
    built: bool

    def to_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"what": self.what, "expected": self.expected, "built": self.built}
        if not self.built:
            return plain | {"found": None, "missed": None, "extra": None, "found_95": None}
        interval = [round(bound, 4) for bound in wilson(self.found, self.expected)]
        missed = self.expected - self.found
        return plain | {"found": self.found, "missed": missed, "extra": self.extra, "found_95": interval}


@dataclass(frozen=True, slots=True)
class Case:
    """Where the two sides differ, or where one is silent. `transactions`: (part played, hash)."""

    kind: Kind
    what: str
    place: str
    transactions: tuple[tuple[str, str], ...]
    recorded: str
    said: str

    def to_dict(self) -> dict[str, Any]:
        transactions = [{"part": part, "hash": transaction} for part, transaction in self.transactions]
        plain = {"kind": self.kind, "what": self.what, "place": self.place, "transactions": transactions}
        return plain | {"recorded": self.recorded, "undertow": self.said}


@dataclass(frozen=True, slots=True)
class SetReport:
    """One set of recordings. `figures` are counts and rates beside the tallies, `summary` tells them
    to a person, `notes` what must be known to weigh them. `scores`: what was graded of exploits (a score
    each), or of ordinary transactions.
    """

    name: str
    summary: str
    tallies: tuple[Tally, ...]
    cases: tuple[Case, ...]
    figures: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "summary": self.summary,
            "tallies": [tally.to_dict() for tally in self.tallies],
            "cases": [case.to_dict() for case in self.cases],
            "figures": dict(self.figures),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All sets; `absent` names those that the folder does not hold; `ranking` where exploits and ordinary
    blocks are both there.
    """

    detectors: tuple[str, ...]
    sets: tuple[SetReport, ...]
    absent: tuple[str, ...] = field(default=())
    ranking: Ranking | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "detectors": list(self.detectors),
            "sets": {each.name: each.to_dict() for each in self.sets},
            "absent": list(self.absent),
            "ranking": self.ranking and self.ranking.to_dict(),
        }

    def lines(self) -> list[str]:
        """For a terminal. Nothing in it is left as the recordings wrote it: what is hidden is written out."""
        text = [line for each in self.sets for line in [*_set_lines(each), ""]]
        text += [self.ranking.line(), ""] if self.ranking is not None else []
        text += [f"{name}: not in this folder, not judged" for name in self.absent]
        return [visible(line) for line in text]


def said(alerts: Sequence[Alert]) -> str:
    """What undertow says by these alerts, in a line."""
    return "; ".join(map(_one_alert, alerts)) if alerts else "nothing"


def _one_alert(alert: Alert) -> str:
    lowered = "" if alert.suppressed_by is None else f", lowered as {alert.suppressed_by['kind']}"
    return f"{alert.category} ({alert.severity}, score {alert.score}{lowered}): {alert.explanation}"


def _set_lines(report: SetReport) -> list[str]:
    lines = [f"{report.name}: {report.summary}"]
    lines.append(f"  {'recorded':<32}{'expected':>9}{'found':>10}{'missed':>8}{'extra':>7}   found, 95 %")
    lines += map(_tally_line, report.tallies)
    lines += [f"  note: {note}" for note in report.notes]
    for case in report.cases:
        lines += _case_lines(case)
    return lines


def _tally_line(tally: Tally) -> str:
    start = f"  {tally.what:<32}{tally.expected:>9}"
    if not tally.built:
        return f"{start}{'not built':>10}{'-':>8}{'-':>7}"
    low, high = wilson(tally.found, tally.expected)
    share = f"{100 * low:.1f} to {100 * high:.1f} %" if tally.expected else "none recorded"
    return f"{start}{tally.found:>10}{tally.expected - tally.found:>8}{tally.extra:>7}   {share}"


def _case_lines(case: Case) -> list[str]:
    lines = [f"  {case.kind}: {case.what}, {case.place}"]
    lines += [f"      {part:<8} {transaction}" for part, transaction in case.transactions[:MOST_TRANSACTIONS]]
    more = len(case.transactions) - MOST_TRANSACTIONS
    lines += [f"      and {more} more"] if more > 0 else []
    return [*lines, f"      recorded {case.recorded}", f"      undertow {case.said}"]
