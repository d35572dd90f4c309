"""Several worlds in one evaluation: each is judged by itself, then what was found in all of them is added up.

A world played larger would need a larger node; many small ones give as many attacks, and intervals as narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import polars as pl

from detectors.alerts.alert import Alert
from detectors.evaluate.judging import Verdict, judge
from detectors.evaluate.labels import Labels
from detectors.evaluate.measures import row
from detectors.evaluate.survey import Survey
from ingest.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class World:
    """A book and what really happened; of the lake that was judged its survey and the baselines' books, and
    the scores as `calibration.load_scores` gives them, where there are any.
    """

    alerts: Iterable[Alert]
    labels: Labels
    survey: Survey | None = None
    baselines: Mapping[str, Iterable[Alert]] | None = None
    scores: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class WorldCounts:
    """What one world adds to the sum. `name` stands before the ids of its labels where there are several."""

    name: str
    seed: int | None
    chain_id: int
    labels: int
    attacks: int
    found: int
    hard_negatives: int
    hard_negatives_flagged: int
    alerts: int
    false_alarms: int
    transactions: int | None
    honest_transactions: int | None


def named(worlds: Sequence[World]) -> list[tuple[str, World]]:
    """Each world with a name: that of its seed where all have one of their own, else its number. Of several,
    labels have it before their ids. Raises BadInput where worlds cannot be added up.
    """
    labels = [world.labels for world in worlds]
    if len({each.unlabelled for each in labels}) > 1:
        raise BadInput(
            "worlds whose unlabelled transactions are honest cannot be added to worlds where they are "
            "unknown: judge them by themselves"
        )
    for number, each in enumerate(labels, start=1):
        if each in labels[: number - 1]:
            first = labels.index(each) + 1
            raise BadInput(f"labels {first} and {number} are of the same world: each world counts once")
    seeds = [each.seed for each in labels]
    by_seed = None not in seeds and len(set(seeds)) == len(seeds)
    names = [f"seed-{seed}" if by_seed else f"world-{n}" for n, seed in enumerate(seeds, start=1)]
    if len(worlds) == 1:
        return [(names[0], worlds[0])]
    return [(name, _prefixed(world, name)) for name, world in zip(names, worlds, strict=True)]


def _prefixed(world: World, name: str) -> World:
    labels = tuple(replace(label, id=f"{name}/{label.id}") for label in world.labels.labels)
    return replace(world, labels=replace(world.labels, labels=labels))


def added(verdicts: Sequence[Verdict]) -> Verdict:
    """All verdicts as one: counts are summed, alerts and labels stand one world after the other."""
    if len(verdicts) == 1:
        return verdicts[0]
    first = verdicts[0].labels
    told = tuple(label for verdict in verdicts for label in verdict.labels.labels)
    sums: dict[str, Any] = {
        field.name: sum(
            (getattr(verdict, field.name) for verdict in verdicts[1:]), getattr(verdicts[0], field.name)
        )
        for field in fields(Verdict)
        if field.name != "labels"
    }
    return Verdict(labels=replace(first, labels=told, seed=None), **sums)


def baseline_verdicts(worlds: Sequence[World]) -> dict[str, Verdict]:
    """What each baseline's books are worth, over all worlds; of those that judged every world."""
    books = [world.baselines or {} for world in worlds]
    shared = [name for name in books[0] if all(name in book for book in books)]
    return {
        name: added([judge(book[name], world.labels) for book, world in zip(books, worlds, strict=True)])
        for name in shared
    }


def honest_transactions(worlds: Sequence[World]) -> int | None:
    """Transactions in no label, of all worlds; None where one has no survey."""
    known = [world.survey.honest for world in worlds if world.survey is not None]
    return sum(known) if len(known) == len(worlds) else None


def all_transactions(worlds: Sequence[World]) -> int | None:
    """As `honest_transactions`, of all of them."""
    known = [world.survey.transactions for world in worlds if world.survey is not None]
    return sum(known) if len(known) == len(worlds) else None


def counts(name: str, world: World, verdict: Verdict) -> WorldCounts:
    """What a judged world adds to the sum."""
    whole, seen = row(verdict, name, lambda _: True), world.survey
    return WorldCounts(
        name=name,
        seed=world.labels.seed,
        chain_id=world.labels.chain_id,
        labels=len(world.labels.labels),
        attacks=whole.attacks,
        found=whole.found,
        hard_negatives=whole.hard_negatives,
        hard_negatives_flagged=whole.hard_negatives_flagged,
        alerts=whole.alerts,
        false_alarms=whole.false_alarms,
        transactions=None if seen is None else seen.transactions,
        honest_transactions=None if seen is None else seen.honest,
    )
