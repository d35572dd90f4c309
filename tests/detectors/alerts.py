"""Alerts and labels for tests of what is done with them: mallory layers money in block 100."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from detectors.alerts.alert import Alert, Evidence, Role, status_at
from detectors.evaluate import Label, Labels

ALICE, BOB, MALLORY, TRUDY = (f"0x{letter * 40}" for letter in "abde")


def transaction(number: int) -> str:
    return f"0x{number:064x}"


def layered(block: int = 100, *attackers: str, **changes: Any) -> Alert:
    """An alert raised in `block` by the transaction of that number; mallory is the attacker by default."""
    named = attackers or (MALLORY,)
    alert = Alert(
        id=f"alert {block} {named[0][2]}",
        chain_id=1,
        category="layering",
        detector="layering",
        run="a run",
        severity="medium",
        score=0.7,
        p_value=None,
        status=None,
        retraction_reason=None,
        block_number=block,
        block_hash=transaction(block),
        timestamp=12 * block,
        updated_block=block,
        transactions=(transaction(block),),
        subject_kind="wallet",
        subject_id=named[0],
        roles=tuple(Role(address, "attacker") for address in named),
        evidence=(Evidence(transaction(block), None, block),),
        measured={"hops": 4, "evidence_rows": 1},
        thresholds={"hops": 3},
        proof="header",
        tier="transfers",
        suppressed_by=None,
        explanation="Money was passed on.",
    )
    return replace(alert, **changes)


def label(name: str = "attack", first: int = 95, last: int = 105, **changes: Any) -> Label:
    """Mallory's layering in blocks 95 to 105, in transactions no alert above names, against alice."""
    made = Label(
        id=name,
        category="layering",
        kind="attack",
        first_block=first,
        last_block=last,
        harm_block=None,
        transactions=frozenset({transaction(9_000)}),
        attackers=frozenset({MALLORY}),
        victims=frozenset({ALICE}),
        addresses=frozenset({MALLORY, ALICE}),
    )
    return replace(made, **changes)


def labels(*made: Label) -> Labels:
    return Labels(1, "honest", made)


def in_a_book(alert: Alert) -> Alert:
    """An alert as a book has it long after: there each is provisional or final."""
    return replace(alert, status=status_at(alert, head=1_000_000))
