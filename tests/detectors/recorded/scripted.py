"""A detector that says what a test tells it to: for what others have to say of recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Row, Seen, Tier
from tests.detectors.recorded.writing import person, tx

Told = tuple[str, Sequence[str], str | None]
"""Category, names (or hashes) of transactions, and what the alert is lowered as (None: it is not)."""


@dataclass
class Scripted:
    """Says each of `script` where the block holds all its transactions; `accused` are its attackers."""

    catches: tuple[str, ...] = ("sandwich", "flash-loan-attack")
    script: tuple[Told, ...] = ()
    accused: tuple[str, ...] = ("mallory",)
    name: str = "scripted"
    needs: Tier = "logs"
    settings: object = None
    reads: tuple[str, ...] = ()

    def score(self, seen: Seen) -> list[Finding]:
        held = {each.tobytes() for each in seen.transactions["hash"]}
        wanted = [(told, [_hash(name) for name in told[1]]) for told in self.script]
        return [self._finding(seen, told, hashes) for told, hashes in wanted if held >= set(hashes)]

    def _finding(self, seen: Seen, told: Told, hashes: list[bytes]) -> Finding:
        category, _, lowered = told
        role: RoleName = "attacker"
        block = int(seen.blocks["number"][0])
        return Finding(
            block_number=block,
            timestamp=int(seen.blocks["time"][0]),
            category=category,
            subject_kind="transaction",
            subject=hashes[0],
            score=0.9,
            severity="high",
            transaction=hashes[0],
            roles=tuple((bytes.fromhex(person(name)[2:]), role) for name in self.accused),
            rows=tuple(Row(each, 0, block) for each in hashes),
            explanation=f"A scripted {category}.",
            suppressed_by=None if lowered is None else {"kind": lowered, "reason": "as told"},
        )


def _hash(name: str) -> bytes:
    return bytes.fromhex((name if name.startswith("0x") else tx(name))[2:])
