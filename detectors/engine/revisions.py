"""From a finding to what an alert says of it: the words of one finding, and which of two speaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from detectors.alerts.alert import PROOFS, SEVERITIES, Alert, Evidence
from detectors.alerts.caps import NAME, TEXT, WORD, bounded, shortened
from detectors.base import Finding, Row, Tier, hexed
from detectors.engine.yielding import Suppression, own_suppression
from detectors.parts.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Place:
    """The block of a finding, as alerts name it."""

    chain_id: int
    number: int
    hash: bytes
    timestamp: int
    proof: str


def alert_id(chain_id: int, detector: str, subject: str, transaction: bytes, category: str = "") -> str:
    """Names an episode: the hash of what it is about and the transaction that opened it. `category` where the
    detector has another name.
    """
    about = detector if category in ("", detector) else f"{detector}|{category}"
    text = f"{chain_id}|{about}|{subject}|{hexed(transaction)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def proved(place: Place, finding: Finding, ledger: Ledger) -> Place:
    """`place` with the proof of what the finding rests on: none where one of its rows is under no root."""
    proved = all(ledger.proves(row.transaction_hash, place.number) for row in finding.rows)
    return place if proved else replace(place, proof="none")


def opened(detector: str, tier: Tier, finding: Finding, place: Place, run: str) -> Alert:
    """What one finding says by itself, without its evidence and roles."""
    subject = hexed(finding.subject)
    return Alert(
        id=alert_id(
            place.chain_id,
            detector,
            f"{finding.subject_kind}:{subject}",
            finding.transaction,
            finding.category,
        ),
        chain_id=place.chain_id,
        category=finding.category,
        detector=detector,
        run=run,
        severity=finding.severity,
        score=finding.score,
        p_value=finding.p_value,
        status=None,
        retraction_reason=None,
        block_number=place.number,
        block_hash=hexed(place.hash),
        timestamp=place.timestamp,
        updated_block=place.number,
        transactions=(),
        subject_kind=finding.subject_kind,
        subject_id=subject,
        roles=(),
        evidence=(),
        measured=bounded(finding.measured, first=finding.thresholds),
        thresholds=bounded(finding.thresholds),
        proof=place.proof,
        tier=tier,
        suppressed_by=shortened_suppression(finding.suppressed_by),
        explanation=shortened(finding.explanation, TEXT),
        value_wei=None if finding.value_wei is None else str(finding.value_wei),
        proven=_is_proven(finding, place),
    )


def _is_proven(finding: Finding, place: Place) -> bool:
    """Whether a finding's mechanism is complete and each of its rows is a log under the receipts root of its
    block. Calls inside lie under no root, and what a transaction itself moved under another one, of which
    `proof` says nothing.
    """
    logs = bool(finding.rows) and all(row.log_index >= 0 for row in finding.rows)
    return finding.proven and logs and place.proof != PROOFS[-1]


def shortened_suppression(suppression: Suppression | None) -> dict[str, str | None] | None:
    """Kind and id are names, the reason is a text."""
    if suppression is None:
        return None
    most = {"reason": WORD}
    parts = {"id": None, **suppression}
    return {part: text and shortened(text, most.get(part, NAME)) for part, text in parts.items()}


def gravity(alert: Alert) -> tuple[bool, int, float]:
    """What stands outweighs what is suppressed; then severity counts, then the score."""
    return own_suppression(alert) is None, SEVERITIES.index(alert.severity), alert.score


def revised(old: Alert, new: Alert) -> Alert:
    """The graver of the two findings speaks, alone: its severity, score, numbers, words and suppression. Of
    equals the later one.

    An alert is raised where it first stands unsuppressed: readers take nothing for raised before, so one
    that was suppressed until now gets this block as its own. Its id stays, and a rollback puts its first
    block back. Its proof is the weakest of all that it rests on, and without one it is not proven. What it
    yields to is settled at the block's end: see `detectors.engine.yielding`.
    """
    old = replace(old, suppressed_by=own_suppression(old))
    speaks = new if gravity(new) >= gravity(old) else old
    is_raised_now = own_suppression(old) is not None and own_suppression(new) is None
    raised = new if is_raised_now else old
    proof = max(old.proof, new.proof, key=PROOFS.index)
    return replace(
        speaks,
        id=old.id,
        block_number=raised.block_number,
        block_hash=raised.block_hash,
        timestamp=raised.timestamp,
        proof=proof,
        proven=speaks.proven and proof != PROOFS[-1],
        updated_block=new.updated_block,
    )


def unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def evidence_of(row: Row, place: Place, ledger: Ledger) -> Evidence:
    """`row` in the words of the finding's block."""
    token = ledger.token(row.token, place.number) if row.amount is not None else None
    in_log = row.log_index >= 0
    return Evidence(
        transaction=hexed(row.transaction_hash),
        log_index=row.log_index if in_log else None,
        block_number=row.block_number,
        from_address=hexed(row.from_address) if row.from_address is not None else None,
        to_address=hexed(row.to_address) if row.to_address is not None else None,
        token=hexed(row.token) if row.token is not None else None,
        symbol=token.symbol if token else None,
        decimals=token.decimals if token else None,
        amount=str(int.from_bytes(row.amount, "big")) if row.amount is not None else None,
        index_in_log=row.index_in_log if in_log else None,
        trace_index=row.trace_index,
        kind=row.kind,
    )
