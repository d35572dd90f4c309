"""Alerts about transactions that wait to be mined: records of `fraud.pending`, which are never in the book.

Such a record says what would be found if what waits became the next block, and how it ended. Nothing that
files alerts reads them, and the alert inside is of a block that does not exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import Struct

from detectors.alerts.alert import Alert, canonical
from detectors.alerts.messages import ALERT_TYPE, Count, Hash, Name, alert_key
from ingest.model.errors import UnreadableRecord

VERSION = 1
MOST_BYTES = 1_000_000
How = Literal["mined", "dropped", "not found"]
"""How a pending alert ends: all its transactions are in blocks; none waits any more, and not all were mined;
they wait, and on the present head no more comes of them.
"""


class _End(Struct, frozen=True):
    how: How
    block_number: Count
    alert: Name | None


class _Record(Struct, frozen=True, kw_only=True):
    """A pending alert as it stands. `parent_number` and `parent_hash` are the head on which it was last other
    than before, `first_parent_number` where it was found first; `transactions` those that waited and that it
    rests on; `revises`: whether the book holds an open alert that they would add to. Of `end`: the head at
    which it ended, and the alert of the book that came of it, if one did.
    """

    version: Literal[1]
    hypothetical: Literal[True]
    id: Name
    chain_id: Count
    status: Literal["pending", "ended"]
    first_parent_number: Count
    parent_number: Count
    parent_hash: Hash
    transactions: list[Hash]
    revises: bool
    end: _End | None
    alert: ALERT_TYPE


PENDING_TYPE = _Record
"""What a pending alert is on the wire."""
_DECODER = msgspec.json.Decoder(_Record)


@dataclass(frozen=True, slots=True)
class End:
    """`how` it ended, at the head `block_number`, and the id of the alert in the book that came of it."""

    how: How
    block_number: int
    alert: str | None


@dataclass(frozen=True, slots=True)
class PendingAlert:
    """See the record; `end` is None while it stands."""

    id: str
    chain_id: int
    first_parent_number: int
    parent_number: int
    parent_hash: str
    transactions: tuple[str, ...]
    revises: bool
    alert: Alert
    end: End | None = None

    def to_dict(self) -> dict[str, Any]:
        end = self.end
        return {
            "version": VERSION,
            "hypothetical": True,
            "id": self.id,
            "chain_id": self.chain_id,
            "status": "pending" if end is None else "ended",
            "first_parent_number": self.first_parent_number,
            "parent_number": self.parent_number,
            "parent_hash": self.parent_hash,
            "transactions": list(self.transactions),
            "revises": self.revises,
            "end": end and {"how": end.how, "block_number": end.block_number, "alert": end.alert},
            "alert": self.alert.to_dict(),
        }

    def to_json(self) -> str:
        """See `canonical`."""
        return canonical(self.to_dict())


def pending_id(alert: Alert, transactions: Sequence[str]) -> str:
    """Names a pending alert by what it is about and the first of its transactions."""
    subject = f"{alert.subject_kind}:{alert.subject_id}"
    about = f"{alert.chain_id}|{alert.detector}|{alert.category}|{subject}|{min(transactions)}"
    return "pending-" + hashlib.sha256(about.encode()).hexdigest()[:24]


def pending_from(key: bytes, value: bytes | None, chain_id: int) -> PendingAlert:
    """The pending alert of a record in the partition of `chain_id`. Raises UnreadableRecord."""
    try:
        record = _DECODER.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableRecord(f"not a pending alert: {str(error)[:300]}") from error
    if record.chain_id != chain_id or key != alert_key(chain_id, record.id):
        raise UnreadableRecord(f"a pending alert of chain {record.chain_id}, or under another key")
    end = None if record.end is None else End(record.end.how, record.end.block_number, record.end.alert)
    return PendingAlert(
        id=record.id,
        chain_id=record.chain_id,
        first_parent_number=record.first_parent_number,
        parent_number=record.parent_number,
        parent_hash=record.parent_hash,
        transactions=tuple(record.transactions),
        revises=record.revises,
        alert=Alert.from_dict(msgspec.to_builtins(record.alert)),
        end=end,
    )
