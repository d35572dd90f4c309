"""What a rule would have raised on a lake, beside the library, before it goes live: alerts, what they share
with the library's and with labels, and what the rule costs a block.
"""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from detectors.alerts.alert import Alert
from detectors.base import Detector, Finding
from detectors.engine.judge import refuse_off
from detectors.evaluate.judging import parties
from detectors.evaluate.labels import Label, Labels
from detectors.library.rules.detector import PREFIX, RuleDetector
from detectors.parts.contract import Seen
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake
from ingest.machine.progress import Progress
from ingest.model.errors import BadInput

SECONDS = 600.0
"""After which a test is ended, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Of a rule's alerts those about an attack, about an honest story that looks like one, and about neither;
    attacks that one of them is about, of how many, by category.
    """

    attack: int
    hard_negative: int
    neither: int
    found: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class BackTest:
    """`shared`: by detector of the library, alerts of the rule that are about a transaction of one of its
    standing alerts; `alone`: those that share one with none. Milliseconds are of the CPU a block: of the
    rule's own columns, of all detectors of the library, and of everything.
    """

    first: int
    last: int
    blocks: int
    transactions: int
    alerts: tuple[Alert, ...]
    library: int
    shared: Mapping[str, int]
    alone: int
    rule_ms: float
    library_ms: float
    whole_ms: float
    labelled: Labelled | None = None

    @property
    def per_10k(self) -> float:
        return 10_000 * len(self.alerts) / self.transactions if self.transactions else 0.0

    @property
    def by_block(self) -> Mapping[int, int]:
        return Counter(each.block_number for each in self.alerts)


@dataclass(slots=True)
class _Spent:
    seconds: dict[str, float] = field(default_factory=dict)

    def timed(self, detector: Detector) -> Detector:
        """The same detector, of which is kept how long it takes."""
        other: Any = copy.copy(detector)
        self.seconds[detector.name] = 0.0

        def score(seen: Seen) -> list[Finding]:
            begun = time.thread_time()
            try:
                return detector.score(seen)
            finally:
                self.seconds[detector.name] += time.thread_time() - begun

        other.score = score
        found: Detector = other
        return found


def back_test(
    lake: Lake,
    chain_id: int,
    rule: RuleDetector,
    library: Sequence[Detector],
    blocks: tuple[int | None, int | None],
    report: Callable[[Progress], None],
    labels: Labels | None = None,
    seconds: float = SECONDS,
    filed: Sequence[Alert] = (),
) -> BackTest:
    """Judges the blocks (first, last; null: all) once, by the rule and beside it the library, of which alerts
    that were filed before can stand instead. Memory begins empty at the first block. Raises BadInput where
    that takes longer than `seconds`, and DetectorFailed.
    """
    if labels is not None and labels.chain_id != chain_id:
        raise BadInput(f"the labels are of chain {labels.chain_id}, the lake of {chain_id}: give its own")
    spent, begun = _Spent(), time.process_time()
    judges = [spent.timed(each) for each in (*library, rule)]
    run = LakeRun(lake, chain_id, judges, blocks=20)
    judged = run.run(*blocks, _within(seconds, report))
    whole = time.process_time() - begun
    refuse_off(judged.off)
    alerts = tuple(each for each in judged.alerts if each.detector == rule.name)
    own_filed = [each for each in filed if judged.first <= each.block_number <= judged.head]
    raised = [each for each in (*judged.alerts, *own_filed) if _is_of_library(each) and _stands(each)]
    shared, alone = _shared(alerts, raised)
    own = spent.seconds.pop(rule.name)
    per_block = 1_000 / judged.blocks
    return BackTest(
        judged.first, judged.head, judged.blocks, judged.transactions, alerts, len(raised), shared, alone,
        own * per_block, sum(spent.seconds.values()) * per_block, whole * per_block,
        None if labels is None else labelled(alerts, labels),
    )  # fmt: skip


def _within(seconds: float, report: Callable[[Progress], None]) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        report(progress)
        if progress.seconds > seconds and progress.done < progress.total:
            raise BadInput(
                f"the test was ended after {progress.seconds:.0f} s and {progress.done:,} of "
                f"{progress.total:,} blocks: choose fewer blocks, or allow more than {seconds:g} s"
            )

    return tell


def _is_of_library(alert: Alert) -> bool:
    return not alert.detector.startswith(PREFIX)


def _stands(alert: Alert) -> bool:
    """Not lowered by itself; what is part of another alert counts with that one."""
    return alert.suppressed_by is None and alert.status != "retracted"


def _shared(alerts: Sequence[Alert], raised: Iterable[Alert]) -> tuple[Mapping[str, int], int]:
    by_transaction: dict[str, set[str]] = {}
    for each in raised:
        for transaction in each.transactions:
            by_transaction.setdefault(transaction, set()).add(each.detector)
    shared, alone = Counter[str](), 0
    for each in alerts:
        beside = set().union(*(by_transaction.get(one, set()) for one in each.transactions))
        shared.update(beside)
        alone += not beside
    return dict(sorted(shared.items())), alone


def labelled(alerts: Sequence[Alert], labels: Labels) -> Labelled:
    """What alerts are about, by the transactions and the wallets of labels."""
    attacks = {each.id: [alert for alert in alerts if is_about(alert, each)] for each in labels.attacks}
    right = {alert.id for found in attacks.values() for alert in found}
    wrong = {alert.id for each in labels.hard_negatives for alert in alerts if is_about(alert, each)} - right
    count = Counter(each.category for each in labels.attacks)
    told = Counter(each.category for each in labels.attacks if attacks[each.id])
    found = {category: (told[category], count[category]) for category in sorted(count)}
    return Labelled(len(right), len(wrong), len(alerts) - len(right) - len(wrong), found)


def is_about(alert: Alert, label: Label) -> bool:
    """Whether an alert shows a transaction of a story, or names who it is about while it is told."""
    within = label.first_block <= alert.updated_block and alert.block_number <= label.last_block
    return bool(label.transactions.intersection(alert.transactions)) or (
        within and alert.subject_id in parties(label)
    )
