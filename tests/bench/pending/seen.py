"""What was seen in time, over attacks that went through the pool and those that went round it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from detectors.evaluate.intervals import wilson
from detectors.evaluate.judging import Verdict, judge
from detectors.evaluate.labels import Label
from tests.bench.pending.watched import Watched

THROUGH, ROUND, BOTH = "its harm went through the pool", "its harm went round it", "both"


@dataclass(frozen=True, slots=True)
class Sight:
    """One world: verdicts on its book and on what was pending, and by attack the head of the first sight."""

    watched: Watched
    book: Verdict
    pending: Verdict
    first_seen: dict[str, int]

    @classmethod
    def of(cls, watched: Watched) -> Sight:
        assert watched.labels is not None
        pending = judge([each.alert for each in watched.found.values()], watched.labels)
        seen: dict[str, int] = {}
        for hit in pending.hits:
            if hit.finds:
                head = watched.found[hit.alert.id].first_parent_number
                seen[hit.label.id] = min(head, seen.get(hit.label.id, head))
        return cls(watched, judge(watched.book, watched.labels), pending, seen)

    def way(self, label: Label) -> str:
        """How the first transaction went that did harm."""
        return THROUGH if self.watched.public[self.watched.harm[label.id]] else ROUND

    def in_book_before(self, label: Label) -> bool:
        """Whether what was mined before did already say so."""
        blocks = [hit.alert.block_number for hit in self.book.hits if hit.finds and hit.label.id == label.id]
        return label.harm_block is not None and min(blocks, default=label.harm_block) < label.harm_block

    def harmed(self) -> list[Label]:
        return [label for label in self.book.labels.attacks if label.harm_block is not None]


def tables(sights: Sequence[Sight]) -> Iterator[list[list[str]]]:
    yield _in_time(sights)
    yield _alarms(sights)
    yield _costs(sights)


def _in_time(sights: Sequence[Sight]) -> list[list[str]]:
    lines = [[
        "attacks that did harm", "attacks", "in the book", "before the harm", "seen pending in time", "share",
        "95 %", "blocks ahead",
    ]]  # fmt: skip
    for way in (THROUGH, ROUND, BOTH):
        pairs = [(s, label) for s in sights for label in s.harmed() if way in (BOTH, s.way(label))]
        found = sum(label in s.book.found for s, label in pairs)
        before = sum(s.in_book_before(label) for s, label in pairs)
        ahead = [
            label.harm_block - s.first_seen[label.id]
            for s, label in pairs
            if label.harm_block is not None and s.first_seen.get(label.id, 1 << 60) < label.harm_block
        ]
        low, high = wilson(len(ahead), len(pairs))
        share = len(ahead) / len(pairs) if pairs else 0.0
        middle = f"{median(ahead):.0f}" if ahead else "-"
        cells = (len(pairs), found, before, len(ahead), f"{share:.2f}", f"{low:.2f} to {high:.2f}", middle)
        lines.append([way, *map(str, cells)])
    return lines


def _alarms(sights: Sequence[Sight]) -> list[list[str]]:
    lines = [[
        "alerts", "raised", "of an attack", "of another category", "false", "of hard negatives",
        "false per 1,000 transactions",
    ]]  # fmt: skip
    for name, verdicts in (
        ("pending", [s.pending for s in sights]),
        ("in the book", [s.book for s in sights]),
    ):
        raised = sum(len(v.raised) for v in verdicts)
        false = sum(len(v.unmatched) - len(v.elsewhere) + len(v.flags) for v in verdicts)
        flags = sum(len(v.flags) for v in verdicts)
        about = sum(len({h.alert.id for h in v.hits if h.is_raised}) + len(v.also) for v in verdicts)
        other = sum(len(v.elsewhere) for v in verdicts)
        sent = sum(len(s.watched.public) for s in sights)
        rate = f"{1000 * false / max(1, sent):.2f}"
        lines.append([name, *map(str, (raised, about, other, false, flags, rate))])
    ends = Counter(each.end.how for s in sights for each in s.watched.ends.values() if each.end)
    came = sum(
        each.end is not None and each.end.alert is not None
        for s in sights
        for each in s.watched.ends.values()
    )
    told = ", ".join(f"{how} {count}" for how, count in sorted(ends.items()))
    lines.append([f"ended: {told}", *[""] * 6])
    lines.append([f"in the book in the end: {came}", *[""] * 6])
    return lines


def _costs(sights: Sequence[Sight]) -> list[list[str]]:
    lines = [["milliseconds", "times", "p50", "p99"]]
    for name in ("simulate_s", "suppose_s", "judge_s"):
        took = sorted(1000 * each for s in sights for each in getattr(s.watched, name))
        cells = (len(took), f"{took[len(took) // 2]:.1f}", f"{took[len(took) * 99 // 100]:.1f}")
        lines.append([_NAMES[name], *map(str, cells)])
    waited = sum(s.watched.supposed for s in sights)
    left = sum(s.watched.left_out for s in sights)
    lines.append([f"{waited} pending transactions supposed, {left} left out", "", "", ""])
    return lines


_NAMES = {
    "simulate_s": "read and simulate the pool",
    "suppose_s": "suppose and undo it",
    "judge_s": "judge a block, in the same process",
}
