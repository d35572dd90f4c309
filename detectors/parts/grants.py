"""Who lets whom spend what, and which transfers were made by such a grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.allowances import (
    HISTORY,
    LATEST,
    PERMITTED,
    SIGNED,
    SIGNERS,
    STANDING,
    TOLD,
    allowances,
)
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.kinds import of_kinds

__all__ = ["APPROVALS", "MOVES", "PERMITTED", "SIGNED", "TOLD", "Grants", "Settings"]

_READ = (
    "kind", "flag", "block", "time", "signer", "source", "target", "third", "emitter", "asset", "amount",
    "small",
)  # fmt: skip
_GIVEN = ("row", "transaction", "owner", "spender", "asset", "basis", "how", "on", "fresh")
_TAKEN = (
    "row", "transaction", "owner", "receiver", "spender", "exact", "asset", "grant", "basis", "how", "since",
    "own",
)  # fmt: skip
APPROVALS = (
    Kind.APPROVAL_ERC20, Kind.APPROVAL_FOR_ALL, Kind.PERMIT2_APPROVE, Kind.PERMIT2_PERMIT,
    Kind.PERMIT2_LOCKDOWN,
)  # fmt: skip
MOVES = (Kind.ERC20, Kind.ERC721, Kind.ERC1155)


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: seconds for which a grant is said after it was last given, ended or lowered: pulls come
    months after a signature, hardly ever a year. *_cap: rows from which on a table forgets early; told_cap:
    that of grants by signature or a contract's word alone, which cost a forger no transaction of the owner.
    """

    horizon_s: int = 365 * DAY
    grants_cap: int = 8_000_000
    told_cap: int = 1_000_000
    signers_cap: int = 8_000_000


@dataclass(frozen=True, slots=True)
class Grants:
    """`given`, by "row": each grant given or ended: `transaction`, `owner`, `spender`, `asset`, `basis` (its
    `Kind`), `how` (1: in a transaction of the owner, 2: by his signature, or by a contract that he is, 3: by
    the word of a contract which he never let handle the asset), `on` (it is in force now), `fresh` (it was
    not before).

    `taken`, by "row": each transfer that its payer did not ask the token for himself, where a grant of his is
    known, or he is known to sign: `transaction`, `owner`, `receiver`, `spender` (-1: unknown), `exact` (who
    signed, was called or was made there has the grant, else it is the newest of the owner's for the asset),
    `asset`, `grant` (the row that gave it, -1: unknown), `basis`, `how`, `since` (its time), `own` (the owner
    signed the transaction).

    An allowance that a `transferFrom` lowered (OpenZeppelin's says so by an Approval that nobody signed) is
    no grant. A Permit2 event counts where the owner lets its emitter handle the asset, or signed himself:
    anyone can emit one. Histories: `given`, by spender. Ether and burns are not looked at, nor approvals of
    one item.
    """

    name: str = "grants"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "standing": TableSpec(STANDING, own.horizon_s, own.grants_cap),
            "told": TableSpec(STANDING, own.horizon_s, own.told_cap),
            "latest": TableSpec(LATEST, own.horizon_s, own.grants_cap),
            "signers": TableSpec(SIGNERS, own.horizon_s, own.signers_cap),
            "given": HistorySpec(HISTORY, own.horizon_s, own.grants_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        rows, sent = seen.rows, seen.transactions
        grants = int(of_kinds(rows["kind"], APPROVALS).sum())
        moves = int(of_kinds(rows["kind"], MOVES).sum())
        rooms = {"standing": grants, "told": 2 * grants, "latest": grants, "signers": sent["number"].size}
        held: list[Array] = []
        for name, room in rooms.items():
            table = memory[name]
            assert isinstance(table, Table)
            table.reserve(room)
            held += table.arrays()
        given = memory["given"]
        assert isinstance(given, History)
        given.reserve(grants)
        held += given.arrays()
        found = {"given": _lines(_GIVEN, grants), "taken": _lines(_TAKEN, moves)}
        first = int(rows["number"][0])
        places = [sent[name] for name in ("first_row", "end_row", "number", "target")]
        read = [rows[name] for name in _READ]
        lines = [column for table in found.values() for column in table.values()]
        used = allowances(first, *places, *read, *held, *lines)
        return {
            name: {column: values[:count] for column, values in table.items()}
            for (name, table), count in zip(found.items(), used, strict=True)
        }


def _lines(names: tuple[str, ...], most: int) -> dict[str, Array]:
    flags = ("on", "fresh", "exact", "own")
    return {name: np.empty(most, np.bool_ if name in flags else np.int64) for name in names}
