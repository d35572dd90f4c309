"""Real blocks with their MEV: are its sandwiches and poisonings found, and its arbitrages and liquidations
left in peace?

Recorded are whole blocks with their receipts and, it may be, their calls, each run of consecutive ones judged
on fresh state, and what mev-inspect-py says of them. They are ordinary traffic as well: alerts that concern
none of its findings are listed one by one and counted against the number of transactions. mev-inspect-py goes
by heuristics: a sandwich that only undertow sees is listed, not called false.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.alerts.alert import Alert
from detectors.base import Detector
from detectors.evaluate.categories import ANOMALOUS
from detectors.evaluate.intervals import wilson
from detectors.evaluate.recorded.mev_files import Block, Mev, MevSet, Taken, read_set
from detectors.evaluate.recorded.ranking import graded
from detectors.evaluate.recorded.report import Case, SetReport, Tally, said
from detectors.evaluate.recorded.sandwiches import SANDWICH, Compared, compare
from detectors.evaluate.recorded.trial import EXPLOIT_LIKE, alerts_of, attackers, catches, learners, raised

POISONING = "address-poisoning"
ACCUSING = EXPLOIT_LIKE | {SANDWICH}
"""Categories that might take an arbitrage or a liquidation for something else."""


@dataclass(slots=True)
class Kept:
    """Recorded arbitrages, or liquidations: how many nobody accuses, and explanations that only undertow
    gives.
    """

    recorded: int
    in_peace: int
    extra: int
    cases: list[Case]


@dataclass(frozen=True, slots=True)
class Judged:
    """One block and what was made of it. `others`: alerts beside its findings; `scores`: of what was graded
    as an exploit, lowered or not.
    """

    block: Block
    sandwiches: Compared
    arbitrages: Kept
    liquidations: Kept
    lookalikes: tuple[int, list[Case]]
    others: tuple[Alert, ...]
    scores: tuple[float, ...]


def judge(folder: Path, detectors: Sequence[Detector]) -> SetReport:
    """Judges every block of the folder. Raises BadInput, naming the file that cannot be used."""
    recorded = read_set(folder)
    judged = [each for run in recorded.runs() for each in _judged_run(run, detectors)]
    sandwiches, accusers = catches(detectors, (SANDWICH,)), catches(detectors, ACCUSING)
    sandwich = Tally(
        SANDWICH,
        sum(len(_findings(each.block).sandwiches or ()) for each in judged),
        sum(each.sandwiches.found for each in judged) if sandwiches else 0,
        sum(each.sandwiches.extra for each in judged),
        sandwiches,
    )
    tallies: tuple[Tally, ...] = (
        sandwich,
        _tally([each.arbitrages for each in judged], "arbitrage left in peace", accusers),
        _tally([each.liquidations for each in judged], "liquidation left in peace", accusers),
    )
    if any(block.lookalikes for block in recorded.blocks):
        tallies = (*tallies, _lookalikes(judged, catches(detectors, (POISONING,))))
    cases = [case for each in judged for case in _cases(each, sandwiches)]
    figures = _figures(judged)
    scores = tuple(score for each in judged for score in each.scores)
    notes = _notes(recorded, detectors)
    return SetReport(folder.name, _summary(figures), tallies, tuple(cases), figures, notes, scores)


def _judged_run(run: Sequence[Block], detectors: Sequence[Detector]) -> list[Judged]:
    """What the detectors say of each of consecutive blocks."""
    alerts = alerts_of([block.batch for block in run], detectors)
    return [_judged(block, [alert for alert in alerts if _is_of(alert, block)]) for block in run]


def _is_of(alert: Alert, block: Block) -> bool:
    return alert.block_number == block.number or not block.transactions.isdisjoint(alert.transactions)


def _lookalikes(judged: Sequence[Judged], built: bool) -> Tally:
    recorded = sum(len(each.block.lookalikes) for each in judged)
    return Tally("lookalike named", recorded, sum(each.lookalikes[0] for each in judged), 0, built)


def _judged(block: Block, alerts: Sequence[Alert]) -> Judged:
    findings = _findings(block)
    sandwiches = Compared()
    if block.findings is not None:
        sandwiches = compare(_place(block), findings.sandwiches or (), alerts, block.senders())
    return Judged(
        block,
        sandwiches,
        _kept("arbitrage", block, findings.arbitrages or (), alerts),
        _kept("liquidation", block, findings.liquidations or (), alerts),
        _named_lookalikes(block, alerts),
        tuple(alert for alert in raised(alerts) if _is_other(alert, block)),
        tuple(graded(alert for alert in alerts if alert.block_number == block.number)),
    )


def _is_other(alert: Alert, block: Block) -> bool:
    """Whether an alert is about nothing that is recorded: the block in which it was raised lists it."""
    if alert.block_number != block.number or (alert.category == SANDWICH and block.findings is not None):
        return False
    known = {each.lookalike.lower() for each in block.lookalikes}
    return alert.category != POISONING or known.isdisjoint(attackers(alert))


def _named_lookalikes(block: Block, alerts: Sequence[Alert]) -> tuple[int, list[Case]]:
    """How many recorded lookalikes are named attacker, and the others as cases."""
    named = {who for alert in raised(alerts) if alert.category == POISONING for who in attackers(alert)}
    missed = [each for each in block.lookalikes if each.lookalike.lower() not in named]
    cases = [
        Case(
            "missed", POISONING, _place(block), (("poison", each.transaction.lower()),),
            f"{each.lookalike.lower()} imitates {each.imitated.lower()} to {each.victim.lower()}", "nothing",
        )
        for each in missed
    ]  # fmt: skip
    return len(block.lookalikes) - len(missed), cases


def _kept(what: str, block: Block, recorded: Sequence[Taken], alerts: Sequence[Alert]) -> Kept:
    """Who is accused of more than an arbitrage (or liquidation), and who is only here explained as one."""
    place, transactions = _place(block), [each.tx.lower() for each in recorded]
    kept = Kept(len(recorded), 0, 0, [])
    for transaction in transactions:
        accusing = _accusing(transaction, block, alerts)
        kept.in_peace += not accusing
        if accusing:
            part = ((what, transaction),)
            kept.cases.append(
                Case("disagreement", f"{what} accused", place, part, f"one {what}", said(accusing))
            )
    for alert in alerts:
        explained = alert.suppressed_by is not None and alert.suppressed_by["kind"] == what
        if block.findings is not None and explained and not set(transactions) & set(alert.transactions):
            kept.extra += 1
            kept.cases.append(Case("extra", what, place, _named(alert), f"no {what} of these", said([alert])))
    return kept


def _accusing(transaction: str, block: Block, alerts: Sequence[Alert]) -> list[Alert]:
    """Alerts that make an attack of a transaction; a sandwich is none where it is recorded as one too."""
    sandwiched = any(transaction in sandwich.transactions for sandwich in _findings(block).sandwiches or ())
    return [
        alert
        for alert in raised(alerts)
        if transaction in alert.transactions
        and alert.category not in ANOMALOUS
        and not (sandwiched and alert.category == SANDWICH)
    ]


def _named(alert: Alert) -> tuple[tuple[str, str], ...]:
    return tuple(("named", transaction) for transaction in alert.transactions)


def _tally(kept: Sequence[Kept], what: str, built: bool) -> Tally:
    recorded, in_peace = sum(each.recorded for each in kept), sum(each.in_peace for each in kept)
    return Tally(what, recorded, in_peace if built else 0, sum(each.extra for each in kept), built)


def _cases(judged: Judged, sandwiches: bool) -> list[Case]:
    place = _place(judged.block)
    cases = [*judged.arbitrages.cases, *judged.liquidations.cases, *judged.lookalikes[1]]
    if sandwiches:
        cases = [*judged.sandwiches.cases, *cases]
    else:
        missing = "no detector for sandwich is registered"
        cases += [
            Case("not built", SANDWICH, place, sandwich.parts(), sandwich.claim, missing)
            for sandwich in _findings(judged.block).sandwiches or ()
        ]
    for alert in judged.others:
        cases.append(
            Case("other alert", alert.category, place, _named(alert), "nothing of these", said([alert]))
        )
    return cases


def _figures(judged: Sequence[Judged]) -> dict[str, Any]:
    transactions = sum(each.block.batch.transactions.height for each in judged)
    others = sum(len(each.others) for each in judged)
    interval = [round(10_000 * bound, 2) for bound in wilson(min(others, transactions), transactions)]
    return {
        "blocks": len(judged),
        "transactions": transactions,
        "other_alerts": others,
        "other_alerts_per_10k_transactions": round(10_000 * others / transactions, 2)
        if transactions
        else None,
        "other_alerts_per_10k_95": interval,
        "other_alerts_by_category": _counts(judged, lambda alert: alert.category),
        "other_alerts_by_severity": _counts(judged, lambda alert: alert.severity),
    }


def _counts(judged: Sequence[Judged], of: Callable[[Alert], str]) -> dict[str, int]:
    return dict(sorted(Counter(of(alert) for each in judged for alert in each.others).items()))


def _summary(figures: Mapping[str, Any]) -> str:
    counts = f"{figures['blocks']:,} blocks, {figures['transactions']:,} transactions"
    low, high = figures["other_alerts_per_10k_95"]
    rate = figures["other_alerts_per_10k_transactions"]
    others = f"{figures['other_alerts']} other alerts"
    return f"{counts}; {others}" + ("" if rate is None else f", {rate} per 10,000 (95 %: {low} to {high})")


def _notes(recorded: MevSet, detectors: Sequence[Detector]) -> tuple[str, ...]:
    notes = [
        f"{name} learns from earlier blocks and says nothing of a block alone" for name in learners(detectors)
    ]
    notes += [f"findings for block {number}, which was not recorded" for number in recorded.unrecorded]
    alone = [each.number for each in recorded.blocks if each.findings is None]
    notes += [f"block {number} has no findings: it counts as traffic only" for number in alone]
    return tuple(notes)


def _findings(block: Block) -> Mev:
    return block.findings or Mev()


def _place(block: Block) -> str:
    return f"block {block.number}"
