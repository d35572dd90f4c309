"""Real address poisonings: is each found, with the lookalike as its attacker and nobody else accused?

Recorded are the poisoning transfers: transaction, token, both parties, amount, which of them is the victim,
and the address that was imitated; so it is known that the victim had paid that address before. Made up around
them: the victim's payment itself, one for each (victim, imitated address, token), in the block before the
first poisoning (1,000,000,000 token units, in a token of its own where the poison is a counterfeit); block
time (12 seconds for each recorded block number); and who sent the poisoning transactions: a stranger, since
nobody but the poisoner sends them. The rows of one file are one stream in order of blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from detectors.alerts.alert import Alert
from detectors.base import Detector
from detectors.evaluate.recorded import blocks, files
from detectors.evaluate.recorded.poisoning_rows import Poisoning, poisonings
from detectors.evaluate.recorded.report import Case, Kind, SetReport, Tally, said
from detectors.evaluate.recorded.trial import alerts_of, attackers, catches, raised

CATEGORY = "address-poisoning"
REAL_AMOUNT = 1_000_000_000
"""Token units of a made payment: 1,000 USDT or USDC; and at least `REAL_TO_POISON` times the poison."""
REAL_TO_POISON = 10_000

LEAST_PREFIX, LEAST_SUFFIX = 3, 4
"""Hex digits that every known loss to a lookalike matches at least (Tsuchiya et al. 2025, 435 losses)."""

_SECONDS_A_BLOCK = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recorded row and what was alerted to on its transaction in the category."""

    place: str
    row: Poisoning
    alerts: tuple[Alert, ...]

    @property
    def found(self) -> bool:
        return any(self.row.lookalike in attackers(alert) for alert in raised(self.alerts))

    @property
    def wronged(self) -> list[str]:
        """Victim or imitated address where an alert on this transaction calls it an attacker."""
        named = set().union(*(attackers(alert) for alert in raised(self.alerts)))
        return sorted(named & {self.row.victim, self.row.imitated})


@dataclass(slots=True)
class Judged:
    """All rows, and alerts that concern none of them: the victims' real payments, called poison."""

    outcomes: list[Outcome] = field(default_factory=list)
    extra: list[tuple[str, Alert]] = field(default_factory=list)
    skipped: int = 0


def judge(folder: Path, detectors: Sequence[Detector]) -> SetReport:
    """Every `*.csv` of the folder is a stream. Raises BadInput, naming file and line that cannot be used."""
    judged = Judged()
    for path in files.files(folder, ".csv", ".csv.gz"):
        rows, others = poisonings(path)
        judged.skipped += others
        if rows:
            _judge_stream(path, rows, detectors, judged)
    built = catches(detectors, (CATEGORY,))
    found = sum(outcome.found for outcome in judged.outcomes) if built else 0
    tally = Tally("poisoning, lookalike named", len(judged.outcomes), found, len(judged.extra), built)
    cases = [case for outcome in judged.outcomes for case in _cases(outcome, built)]
    cases += [_extra_case(place, alert) for place, alert in judged.extra]
    notes = (f"{judged.skipped} rows are no poisonings and were not judged",) if judged.skipped else ()
    figures = _figures(judged)
    return SetReport("poisoning", _summary(figures), (tally,), tuple(cases), figures, notes)


def _judge_stream(
    path: Path, rows: Sequence[Poisoning], detectors: Sequence[Detector], judged: Judged
) -> None:
    stream, place = blocks.batch(path, blocks.made_chain(_stream(rows))), files.name(path)
    alerts = [alert for alert in alerts_of([stream], detectors) if alert.category == CATEGORY]
    recorded = {row.transaction for row in rows}
    judged.extra += [(place, alert) for alert in raised(alerts) if not recorded & set(alert.transactions)]
    by_transaction: dict[str, list[Alert]] = {}
    for alert in alerts:
        for transaction in alert.transactions:
            by_transaction.setdefault(transaction, []).append(alert)
    judged.outcomes += [
        Outcome(f"{place} line {row.line}", row, tuple(by_transaction.get(row.transaction, ())))
        for row in rows
    ]


def _figures(judged: Judged) -> dict[str, int]:
    return {
        "rows": len(judged.outcomes),
        "transactions": len({outcome.row.transaction for outcome in judged.outcomes}),
        "rows_with_a_role_error": sum(bool(outcome.wronged) for outcome in judged.outcomes),
    }


def _summary(figures: Mapping[str, int]) -> str:
    rows = f"{figures['rows']:,} transfers in {figures['transactions']:,} transactions"
    return f"{rows}; in {figures['rows_with_a_role_error']} victim or imitated address named attacker"


def _stream(rows: Sequence[Poisoning]) -> list[tuple[int, list[blocks.Sent]]]:
    """Blocks in recorded order: first the payments that must have come before, then the poisonings."""
    made: list[tuple[int, list[blocks.Sent]]] = []
    paid: set[tuple[str, str, str]] = set()
    for number, group in groupby(sorted(rows, key=lambda row: row.block), key=lambda row: row.block):
        together, timestamp = list(group), _SECONDS_A_BLOCK * number
        payments = {(row.victim, row.imitated, _paid_token(row)): row for row in together}
        new = {key: row for key, row in payments.items() if key not in paid}
        paid |= new.keys()
        if new:
            made.append((max(0, timestamp - 1), [_payment(*key, row) for key, row in new.items()]))
        made.append((timestamp, _poison(together)))
    return made


def _paid_token(row: Poisoning) -> str:
    return blocks.stand_in("real token", row.token) if row.counterfeit else row.token


def _payment(victim: str, imitated: str, token: str, row: Poisoning) -> blocks.Sent:
    amount = max(REAL_AMOUNT, 0 if row.counterfeit else REAL_TO_POISON * row.amount)
    log = blocks.transfer_log(token, victim, imitated, min(amount, 2**256 - 1))
    return blocks.Sent(blocks.made_hash(victim, imitated, token), victim, token, [log])


def _poison(rows: Iterable[Poisoning]) -> list[blocks.Sent]:
    """The recorded transfers, those of one transaction together."""
    by_transaction: dict[str, list[Poisoning]] = {}
    for row in rows:
        by_transaction.setdefault(row.transaction, []).append(row)
    stranger, contract = blocks.stand_in("poisoner"), blocks.stand_in("poisoner's contract")
    return [
        blocks.Sent(
            transaction,
            stranger,
            contract,
            [blocks.transfer_log(row.token, row.sender, row.payee, row.amount) for row in together],
        )
        for transaction, together in by_transaction.items()
    ]


def _cases(outcome: Outcome, built: bool) -> list[Case]:
    row = outcome.row
    transactions = (("poison", row.transaction),)
    recorded = f"{row.lookalike} imitates {row.imitated}, which {row.victim} had paid"
    cases = []
    if not outcome.found:
        why = _why(outcome) if built else "no detector for address-poisoning is registered"
        kind: Kind = "missed" if built else "not built"
        cases.append(Case(kind, "poisoning", outcome.place, transactions, recorded, why))
    if outcome.wronged:
        named = f"{', '.join(outcome.wronged)} is an attacker"
        cases.append(Case("disagreement", "roles", outcome.place, transactions, recorded, named))
    if row.recorded_digits not in (None, row.digits):
        claim = "the first {} and last {} digits match".format(*row.recorded_digits or ())
        measured = "the addresses match in the first {} and last {}".format(*row.digits)
        cases.append(Case("disagreement", "digits", outcome.place, transactions, claim, measured))
    return cases


def _extra_case(place: str, alert: Alert) -> Case:
    named = tuple(("named", transaction) for transaction in alert.transactions)
    return Case("extra", "poisoning", place, named, "the victim's real payment", said([alert]))


def _why(outcome: Outcome) -> str:
    """Why a poisoning was missed, as far as it can be measured."""
    if outcome.alerts:
        return f"does not name the lookalike, or lowered it: {said(outcome.alerts)}"
    prefix, suffix = outcome.row.digits
    few = prefix < LEAST_PREFIX or suffix < LEAST_SUFFIX
    reason = f", fewer than {LEAST_PREFIX} + {LEAST_SUFFIX}" if few else ""
    return f"nothing; the first {prefix} and last {suffix} digits match{reason}"
