"""Which attacks were seen while they waited: pending alerts against labels that say how each attack came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from detectors.alerts.alert import Alert
from detectors.alerts.pending import PendingAlert
from detectors.evaluate.intervals import wilson
from detectors.evaluate.judging import Verdict, judge
from detectors.evaluate.labels import Label, Labels

_COLUMNS = "{:<28}{:>8}{:>13}{:>17}{:>15}{:>7}  {}"
_NAMES = (
    "attacks that did harm", "attacks", "in the book", "before the harm", "seen in time", "share", "95 %",
)  # fmt: skip
_WAYS = (
    ("its harm waited in the pool", (True,)),
    ("its harm went round it", (False,)),
    ("both", (True, False)),
)


def in_time(pending: Sequence[PendingAlert], book: Iterable[Alert], labels: Labels) -> list[str]:
    """A table of the attacks that did harm and whose label says whether that waited. One is seen in time
    where a pending alert that finds it began on a head before the block of its first loss; `before the
    harm` counts those of which the book told by then. False is an alert about no attack.
    """
    judged, supposed = judge(book, labels), judge([each.alert for each in pending], labels)
    told = _first({each.id: each.block_number for each in judged.raised}, judged)
    seen = _first(_first_heads(pending), supposed)
    harmed = [each for each in labels.attacks if each.harm_block is not None]
    lines = [_COLUMNS.format(*_NAMES)]
    for way, waited in _WAYS:
        own = [each for each in harmed if each.waited in waited]
        before = sum(_is_before(told, each) for each in own)
        ahead = sum(_is_before(seen, each) for each in own)
        low, high = wilson(ahead, len(own))
        share = f"{ahead / len(own):.2f}" if own else "-"
        found = sum(each in judged.found for each in own)
        lines.append(_COLUMNS.format(way, len(own), found, before, ahead, share, f"{low:.2f} to {high:.2f}"))
    return [*lines, *_alarms(pending, supposed)]


def _first_heads(pending: Iterable[PendingAlert]) -> dict[str, int]:
    """By the id of the alert that it would be, the head on which it was found first."""
    began: dict[str, int] = {}
    for each in pending:
        known = began.get(each.alert.id, each.first_parent_number)
        began[each.alert.id] = min(known, each.first_parent_number)
    return began


def _first(when: Mapping[str, int], verdict: Verdict) -> dict[str, int]:
    """By the id of a label, when the first alert spoke that finds it."""
    found: dict[str, int] = {}
    for hit in verdict.hits:
        at = when.get(hit.alert.id)
        if hit.finds and at is not None:
            found[hit.label.id] = min(at, found.get(hit.label.id, at))
    return found


def _is_before(first: Mapping[str, int], label: Label) -> bool:
    at = first.get(label.id)
    return at is not None and label.harm_block is not None and at < label.harm_block


def _alarms(pending: Sequence[PendingAlert], supposed: Verdict) -> list[str]:
    false = len(supposed.unmatched) - len(supposed.elsewhere) + len(supposed.flags)
    came = sum(each.end is not None and each.end.alert is not None for each in pending)
    return [
        f"pending alerts {len(supposed.raised)}, false {false} ({len(supposed.flags)} of hard negatives), "
        f"in the book in the end {came}"
    ]
