"""Alerts to fill a store with: mallory drains alice and bob, and tries carol; a block is twelve seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dashboard.store import Feed, Writer
from detectors.alerts.alert import Alert, Evidence, Role
from detectors.alerts.messages import BlockScores, RolledBack, ScoreRecord, SubjectScore

CHAIN = 31337
RUN = "5f0c9ad1e2b3"
"""Which run of detection judges."""
GENESIS = 1_700_000_000
"""Time of block 0, seconds UTC."""

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20
CAROL = "0x" + "ca" * 20
MALLORY = "0x" + "ee" * 20
VAULT = "0x" + "0f" * 20
TOKEN = "0x" + "70" * 20


def block_hash(number: int) -> str:
    return f"0x{number:064x}"


def transaction(number: int) -> str:
    return f"0x7a{number:062x}"


def paid(payer: str, payee: str, amount: int, number: int, symbol: str = "DAI") -> Evidence:
    """A token transfer of `amount` whole tokens of 18 decimals, log 3 of its transaction."""
    return Evidence(transaction(number), 3, number, payer, payee, TOKEN, symbol, 18, str(amount * 10**18))


def drain(number: int = 100, name: str = "drain", **changes: Any) -> Alert:
    """Mallory empties alice (300 DAI) and bob (50) at block `number` and moves 350 on to a vault."""
    alert = Alert(
        id=f"{name}-{number}",
        chain_id=CHAIN,
        category="wallet-drain",
        detector="wallet-drain",
        run=RUN,
        severity="high",
        score=0.91,
        p_value=None,
        status=None,
        retraction_reason=None,
        block_number=number,
        block_hash=block_hash(number),
        timestamp=GENESIS + 12 * number,
        updated_block=number,
        transactions=(transaction(number),),
        subject_kind="wallet",
        subject_id=MALLORY,
        roles=(
            Role(ALICE, "victim"),
            Role(BOB, "victim"),
            Role(MALLORY, "attacker"),
            Role(VAULT, "intermediary"),
        ),
        evidence=(
            paid(ALICE, MALLORY, 300, number),
            paid(BOB, MALLORY, 50, number),
            paid(MALLORY, VAULT, 350, number),
        ),
        measured={"victims": 2, "emptied_share": 0.985},
        thresholds={"victims": 2, "emptied_share": 0.9},
        proof="header",
        tier="transfers",
        suppressed_by=None,
        explanation="2 wallets that never dealt with each other were emptied to one address within 4 blocks.",
    )
    return replace(alert, **changes)


def poisoning(number: int = 100, **changes: Any) -> Alert:
    """Mallory's look-alike sends carol nothing, so that carol copies the wrong address."""
    changed = {
        "category": "address-poisoning",
        "detector": "address-poisoning",
        "severity": "medium",
        "score": 0.6,
        "transactions": (transaction(number + 1_000_000),),
        "roles": (Role(CAROL, "victim"), Role(MALLORY, "attacker")),
        "evidence": (replace(paid(MALLORY, CAROL, 0, number), transaction=transaction(number + 1_000_000)),),
        "measured": {"digits_front": 4, "digits_back": 4},
        "thresholds": {"digits_front": 3, "digits_back": 4},
        "explanation": "A zero transfer from an address that looks like one carol paid before.",
    }
    return drain(number, "poison", **{**changed, **changes})


def judged(
    number: int, *scores: tuple[str, float], chain_id: int = CHAIN, again: bool = False
) -> BlockScores:
    """What detection says of a block: (wallet, score) each."""
    rows = tuple(SubjectScore("wallet", wallet, score, {"rule": score}) for wallet, score in scores)
    return BlockScores(chain_id, number, block_hash(number), GENESIS + 12 * number, rows, again=again)


def back_to(number: int, chain_id: int = CHAIN) -> RolledBack:
    """Blocks above this one have left the chain."""
    return RolledBack(chain_id, number, block_hash(number))


class Filing:
    """Feeds a store as the sink does, minding the offsets: one a revision, one a block."""

    def __init__(self, writer: Writer, finality: int = 10, chain_id: int = CHAIN) -> None:
        self.writer = writer
        self.finality = finality
        self.chain_id = chain_id
        self.run = RUN
        self.rebuilding: str | None = None

    def file(self, *alerts: Alert, blocks: tuple[ScoreRecord, ...] = ()) -> None:
        before = self.writer.offsets(self.chain_id)
        start = before.get("alerts", 0)
        after = {"alerts": start + len(alerts), "scores": before.get("scores", 0) + len(blocks)}
        revisions = [(start + place, alert) for place, alert in enumerate(alerts)]
        told = (self.finality, (), self.rebuilding, (), self.run)
        self.writer.file(Feed(self.chain_id, revisions, blocks, before, after, *told))
