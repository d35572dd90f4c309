"""Who acts as one in a transaction: the signer, and contracts that are his alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.transaction_sides import CONTRACT, transaction_sides
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec

_NOBODY: Array = np.zeros(0, np.int64)
_NOBODY.flags.writeable = False
_MEMBER = ("transaction", "account", "how")
_SENT = (
    "first_row", "end_row", "number", "block", "time", "signer", "target", "created", "done", "selector",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """least_calls: how often a contract that was there before the stream must have been called by the same
    signer, and by nobody else, to be his. Contracts are remembered for horizon_s seconds after the last call;
    at cap contracts the oldest go early.
    """

    least_calls: int = 3
    horizon_s: int = 180 * 86_400
    cap: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Sides:
    """`members`, by "transaction": `transaction`, `account`, `how`: 1 the signer, first; 2 a contract that he
    made (he signed its creation, in this transaction or before, by whatever factory) and nobody else called;
    3 the contract called, which was there before the stream and which he called often and nobody else ever
    did, as far as is remembered.

    A contract that anybody else has called is nobody's: a victim who claims from a drainer, and whoever lent
    it to others, are no side with it; nor is a victim with a contract that somebody else made, though he is
    the first to call it. What a contract calls inside is not looked at: who calls through another contract is
    not counted. A call is a transaction with call data, or of which something came. Abused by: a stranger who
    calls a contract makes it nobody's, for the price of a transaction.
    """

    name: str = "sides"
    reads: tuple[str, ...] = ("net",)
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        return {"contracts": TableSpec(CONTRACT, self.settings.horizon_s, self.settings.cap)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        rows, sent, table = seen.rows, seen.transactions, memory["contracts"]
        assert isinstance(table, Table)
        changes = seen.of("net").get("changes", {})
        lines = [changes.get(name, _NOBODY) for name in ("transaction", "account")]
        creations = int((rows["kind"] == Kind.CREATION).sum())
        table.reserve(2 * sent["number"].size + creations)
        most = 2 * sent["number"].size + lines[0].size
        members: dict[str, Array] = {name: np.empty(most, np.int64) for name in _MEMBER}
        given = [sent[name] for name in _SENT]
        given += [rows["kind"], rows["target"], *lines, *table.arrays()]
        used = transaction_sides(self.settings.least_calls, *given, *members.values())
        return {"members": {name: column[:used] for name, column in members.items()}}
