"""Findings and their places, for tests of what becomes of them: mallory did something to alice in block n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detectors.base import Finding, Row
from detectors.engine.revisions import Place
from tests.fixtures.frames import address, keccak

ALICE, BOB, MALLORY = (address(name) for name in ("alice", "bob", "mallory"))


def transaction(number: int, name: str = "") -> bytes:
    return keccak(b"transaction", f"{number} {name}".encode())


def finding(
    block: int, *, rows: int = 1, name: str = "", these: Sequence[Row] = (), **changes: Any
) -> Finding:
    """Mallory took from alice in `block`; each of `rows` is a log of one transaction of that block, unless
    the rows are given.
    """
    hash_ = transaction(block, name)
    plain: dict[str, Any] = {
        "block_number": block,
        "timestamp": 12 * block,
        "category": "layering",
        "subject_kind": "wallet",
        "subject": MALLORY,
        "score": 0.6,
        "severity": "medium",
        "transaction": hash_,
        "roles": ((MALLORY, "attacker"), (ALICE, "victim")),
        "rows": tuple(these) or tuple(Row(hash_, index, block) for index in range(rows)),
        "explanation": f"Something in block {block}.",
    }
    return Finding(**(plain | changes))


def place(block: int, timestamp: int | None = None) -> Place:
    seconds = 12 * block if timestamp is None else timestamp
    return Place(1, block, keccak(b"block", str(block).encode()), seconds, "header")
