"""Which other setting people's judgements speak for, and what it does to later blocks than those it was
chosen on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from dashboard.store.judgements import Judgement
from detectors.alerts.alert import Alert
from detectors.base import Detector
from detectors.engine.chosen import Variant, variants
from detectors.engine.judge import refuse_off
from detectors.engine.output import Score
from detectors.engine.yielding import PART_OF
from detectors.evaluate.intervals import f1, wilson
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake
from ingest.machine.progress import Progress
from ingest.model.errors import BadInput

LEAST = 4
"""Judgements of a detector, two of each half, below which nothing is proposed for it."""
SAMPLED = 12


@dataclass(frozen=True, slots=True)
class Effect:
    """Of alerts that people confirmed, and dismissed, how many are raised; all alerts, and those that nobody
    judged; on `transactions`.
    """

    confirmed: int
    of_confirmed: int
    dismissed: int
    of_dismissed: int
    alerts: int
    unjudged: int
    transactions: int

    @property
    def per_10k(self) -> float:
        return 10_000 * self.alerts / self.transactions if self.transactions else 0.0

    @property
    def worth(self) -> tuple[float, int]:
        """F1 of what is raised against what people confirmed; of equals the one with fewer alerts."""
        return f1(self.confirmed, self.of_confirmed - self.confirmed, self.dismissed), -self.alerts

    def words(self) -> str:
        return (
            f"confirmed {_share(self.confirmed, self.of_confirmed)}, dismissed "
            f"{_share(self.dismissed, self.of_dismissed)}, {self.per_10k:.2f} alerts per 10,000 "
            f"transactions, {self.unjudged} of them judged by nobody"
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """`later`: before and after, on the blocks after those that it was chosen on."""

    variant: Variant
    later: tuple[Effect, Effect]


@dataclass(frozen=True, slots=True)
class Tuned:
    """`cut`: the first block of the later part. `silent`: why nothing is proposed, by detector. `unalerted`:
    subjects with a score and without an alert, to be looked at.
    """

    cut: int
    proposals: tuple[Proposal, ...]
    silent: Mapping[str, str]
    unalerted: tuple[Score, ...]


def tune(
    lake: Lake,
    chain_id: int,
    told: Sequence[Judgement],
    detectors: Sequence[Detector],
    report: Callable[[Progress], None],
    only: Sequence[str] = (),
) -> Tuned:
    """All variants are judged in one run over the lake; nothing is applied. Raises BadInput where there are
    too few judgements, or none of a detector that was named.
    """
    told = [each for each in told if not only or each.detector in only]
    cut = _cut(told)
    halves = [[each for each in told if (each.block_number >= cut) == late] for late in (False, True)]
    known = {each.name: each for each in detectors}
    asked, silent = list[str](), dict[str, str]()
    for name in sorted({each.detector for each in told}):
        counts = [sum(each.detector == name for each in half) for half in halves]
        if name not in known:
            silent[name] = "there is no such detector any more"
        elif min(counts) < LEAST // 2:
            silent[name] = f"{counts[0]} judgements before block {cut:,} and {counts[1]} after: too few"
        else:
            asked.append(name)
    tried = {name: list(variants(known[name])) for name in asked}
    judges = [*detectors, *(each.detector for name in asked for each in tried[name])]
    judged = LakeRun(lake, chain_id, judges, keep_scores=True).run(None, None, report)
    refuse_off(judged.off)
    sent = _sent(lake, chain_id, cut)
    proposals = []
    for name in asked:
        best = _best(name, tried[name], judged.alerts, cut, halves, sent)
        if isinstance(best, str):
            silent[name] = best
        else:
            proposals.append(best)
    return Tuned(cut, tuple(proposals), silent, tuple(_unalerted(judged.scores, judged.alerts, set(known))))


def _cut(told: Sequence[Judgement]) -> int:
    """The block from which on there are as many judgements as before it."""
    blocks = sorted(each.block_number for each in told)
    if len(blocks) < LEAST:
        raise BadInput(
            f"{len(blocks)} alerts were confirmed or dismissed: close {LEAST} cases at least, then tune again"
        )
    cut = blocks[len(blocks) // 2]
    if cut == blocks[0]:
        raise BadInput(
            f"all judgements are of block {cut:,}: what is chosen must be tried on later blocks; "
            "close more cases"
        )
    return cut


def _sent(lake: Lake, chain_id: int, cut: int) -> tuple[int, int]:
    """Transactions before a block, and from it on."""
    early = late = 0
    for batch in lake.batches(chain_id):
        from_it_on = int((batch.transactions["block_number"] >= cut).sum())
        early, late = early + batch.transactions.height - from_it_on, late + from_it_on
    return early, late


def _best(
    name: str,
    tried: Sequence[Variant],
    alerts: Sequence[Alert],
    cut: int,
    halves: Sequence[Sequence[Judgement]],
    sent: Sequence[int],
) -> Proposal | str:
    """The variant that fits the earlier judgements best, or why there is none."""

    def effects(told_by: str) -> tuple[Effect, Effect]:
        mine = [each for each in alerts if each.detector == told_by and _is_raised(each)]
        early, late = (
            effect(
                [each for each in mine if (each.block_number >= cut) == is_late],
                [each for each in halves[is_late] if each.detector == name],
                sent[is_late],
            )
            for is_late in (False, True)
        )
        return early, late

    early_before, late_before = effects(name)
    after = {each.detector.name: effects(each.detector.name) for each in tried}
    best = max(tried, key=lambda each: after[each.detector.name][0].worth, default=None)
    if best is None or after[best.detector.name][0].worth <= early_before.worth:
        return "no setting at half or double fits the judgements better than today's"
    late = after[best.detector.name][1]
    if late.worth <= late_before.worth:
        return f"{best.setting} = {best.now:g} fits the earlier judgements better, and later ones no better"
    return Proposal(best, (late_before, late))


def effect(alerts: Sequence[Alert], told: Sequence[Judgement], transactions: int) -> Effect:
    """Alerts are the same where they are about the same subject, of the same category."""
    said = {(each.category, each.subject_id) for each in alerts}
    right = [each for each in told if each.is_right]
    wrong = [each for each in told if not each.is_right]
    known = {(each.category, each.subject) for each in told}
    return Effect(
        sum((each.category, each.subject) in said for each in right), len(right),
        sum((each.category, each.subject) in said for each in wrong), len(wrong),
        len(alerts), sum((each.category, each.subject_id) not in known for each in alerts), transactions,
    )  # fmt: skip


def _is_raised(alert: Alert) -> bool:
    """A variant's alert may yield to that of the detector itself, about the same thing."""
    return alert.suppressed_by is None or alert.suppressed_by.get("kind") == PART_OF


def _unalerted(scores: Iterable[Score], alerts: Iterable[Alert], names: set[str]) -> Iterator[Score]:
    """Of subjects without an alert some of the highest scores, and some from all over: the same each time."""
    told = {each.subject_id for each in alerts if each.detector in names}
    highest: dict[str, Score] = {}
    for each in scores:
        if each.subject in told or not names & each.parts.keys():
            continue
        before = highest.get(each.subject)
        if before is None or each.score > before.score:
            highest[each.subject] = each
    ordered = sorted(highest.values(), key=lambda each: (-each.score, each.subject))
    top, rest = ordered[: SAMPLED // 2], ordered[SAMPLED // 2 :]
    yield from top
    yield from sorted(
        Random(1).sample(rest, min(len(rest), SAMPLED // 2)), key=lambda each: (-each.score, each.subject)
    )


def _share(found: int, of: int) -> str:
    low, high = wilson(found, of)
    return f"{found} of {of} ({100 * low:.0f} to {100 * high:.0f} %)" if of else "none judged"
