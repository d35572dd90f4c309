"""What a test of a rule says to people: figures of `detectors.evaluate.back_test`, and what people found the
wallets to be that it alerts about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.store.judgements import Judgement
from detectors.alerts.alert import Alert
from detectors.evaluate.back_test import BackTest, Labelled
from detectors.evaluate.intervals import wilson

Line = tuple[str, str]
"""What is measured, and the figure."""
BLOCKS = 12
"""Blocks with alerts that are named, the ones with most first."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of alerts of the library that people confirmed, and dismissed, how many are about a subject that the
    rule alerts about too.
    """

    confirmed: int
    of_confirmed: int
    dismissed: int
    of_dismissed: int


def agreement(alerts: Sequence[Alert], told: Sequence[Judgement], first: int, last: int) -> Agreement:
    """On the blocks of a test."""
    said = {each.subject_id for each in alerts}
    within = [each for each in told if first <= each.block_number <= last]
    right = [each.subject in said for each in within if each.is_right]
    wrong = [each.subject in said for each in within if not each.is_right]
    return Agreement(sum(right), len(right), sum(wrong), len(wrong))


def lines(found: BackTest, agreed: Agreement | None = None) -> Iterator[Line]:
    """A table of figures."""
    yield (
        "blocks judged",
        f"{found.blocks:,} ({found.first:,} to {found.last:,}), {found.transactions:,} transactions",
    )
    yield "alerts it would have raised", f"{len(found.alerts):,}, {found.per_10k:.2f} per 10,000 transactions"
    if found.alerts:
        yield "on blocks", _blocks(found)
        count = len(found.alerts)
        yield "share a transaction with an alert of the library", _share(count - found.alone, count)
        for name, shared in sorted(found.shared.items(), key=lambda pair: (-pair[1], pair[0])):
            yield f"  of {name}", f"{shared:,}"
        yield "that the library says nothing of", f"{found.alone:,}"
    yield "alerts of the library beside", f"{found.library:,}"
    if found.labelled is not None:
        yield from _labelled(found.labelled)
    if agreed is not None:
        yield "about subjects whose alerts people confirmed", _share(agreed.confirmed, agreed.of_confirmed)
        yield "about subjects whose alerts people dismissed", _share(agreed.dismissed, agreed.of_dismissed)
    library = f", {found.library_ms:.2f} ms of the library" if found.library_ms else ""
    yield "CPU a block", f"{found.rule_ms:.3f} ms of the rule{library}, {found.whole_ms:.2f} ms in all"


def _blocks(found: BackTest) -> str:
    order = sorted(found.by_block.items(), key=lambda pair: (-pair[1], pair[0]))
    told = ", ".join(f"{block:,} ({count})" for block, count in order[:BLOCKS])
    left = len(order) - BLOCKS
    return f"{len(order):,}: {told}{f' and {left:,} more' if left > 0 else ''}"


def _labelled(found: Labelled) -> Iterator[Line]:
    count = found.attack + found.hard_negative + found.neither
    yield "alerts about a labelled attack", _share(found.attack, count)
    yield "about an honest story that looks like one", f"{found.hard_negative:,}"
    yield "about neither", f"{found.neither:,}"
    told = ", ".join(f"{name} {a} of {b}" for name, (a, b) in found.found.items() if a)
    yield "attacks that it is about", told or "none"


def _share(part: int, of: int) -> str:
    if not of:
        return "none there"
    low, high = wilson(part, of)
    return f"{part:,} of {of:,} ({100 * low:.0f} to {100 * high:.0f} %)"
