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
from detectors.evaluate.intervals import wilson
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake
from ingest.machine.progress import Progress
from ingest.model.errors import BadInput

LEAST = 4
"""Judgements of a detector, two of each half, below which nothing is proposed for it."""
SAMPLED = 12
PART_OF = "part-of"


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
        wrong = self.of_confirmed - self.confirmed + self.dismissed
        found = 2 * self.confirmed
        return (found / (found + wrong) if found + wrong else 0.0), -self.alerts

    def words(self) -> str:
        return (
            f"confirmed {_share(self.confirmed, self.of_confirmed)}, dismissed "
            f"{_share(self.dismissed, self.of_dismissed)}, {self.per_10k:.2f} alerts per 10,000 "
            f"transactions, {self.unjudged} of them judged by nobody"
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """`chosen` and `later`: before and after, on the blocks it was chosen on and on those after them."""

    variant: Variant
    chosen: tuple[Effect, Effect]
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


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of blocks: first and last, and the transactions in it."""

    first: int
    last: int
    transactions: int


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
    parts = _parts(lake, chain_id, cut)
    proposals = []
    for name in asked:
        best = _best(name, tried[name], judged.alerts, halves, parts)
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


def _parts(lake: Lake, chain_id: int, cut: int) -> list[_Part]:
    """Before the cut and from it on."""
    counts = {False: 0, True: 0}
    first = last = None
    for batch in lake.batches(chain_id, None, None, blocks=1_000):
        first, last = batch.first if first is None else first, batch.last
        numbers = batch.transactions["block_number"]
        late = int((numbers >= cut).sum())
        counts[True] += late
        counts[False] += len(numbers) - late
    begin, end = first or 0, last or 0
    return [_Part(begin, cut - 1, counts[False]), _Part(cut, end, counts[True])]


def _best(
    name: str,
    tried: Sequence[Variant],
    alerts: Sequence[Alert],
    halves: Sequence[Sequence[Judgement]],
    parts: Sequence[_Part],
) -> Proposal | str:
    """The variant that fits the earlier judgements best, or why there is none."""

    def effects(told_by: str) -> tuple[Effect, Effect]:
        mine = [each for each in alerts if each.detector == told_by and _is_raised(each)]
        early, late = (
            effect(mine, [each for each in half if each.detector == name], part)
            for half, part in zip(halves, parts, strict=True)
        )
        return early, late

    before = effects(name)
    after = {each.detector.name: effects(each.detector.name) for each in tried}
    best = max(tried, key=lambda each: after[each.detector.name][0].worth, default=None)
    if best is None or after[best.detector.name][0].worth <= before[0].worth:
        return "no setting at half or double fits the judgements better than today's"
    early, late = after[best.detector.name]
    if late.worth <= before[1].worth:
        return f"{best.setting} = {best.now:g} fits the earlier judgements better, and later ones no better"
    return Proposal(best, (before[0], early), (before[1], late))


def effect(alerts: Sequence[Alert], told: Sequence[Judgement], part: _Part) -> Effect:
    """Alerts are the same where they are about the same subject, of the same category."""
    mine = [each for each in alerts if part.first <= each.block_number <= part.last]
    said = {(each.category, each.subject_id) for each in mine}
    right = [each for each in told if each.is_right]
    wrong = [each for each in told if not each.is_right]
    known = {(each.category, each.subject) for each in told}
    return Effect(
        sum((each.category, each.subject) in said for each in right), len(right),
        sum((each.category, each.subject) in said for each in wrong), len(wrong),
        len(mine), sum((each.category, each.subject_id) not in known for each in mine), part.transactions,
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
