"""Who has more and who has less of what after a transaction: exact sums over all that moved in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from detectors.kernels.net_changes import net_changes
from detectors.memory.layout import Array
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


class Net:
    """`changes`, by "transaction": for each account and asset that moved there, in the order of their first
    rows, `transaction`, `account`, `asset`, `received` and `paid` (uint64 [n, 4], most significant limb
    first), `known`.

    Fungible assets only. Native value and what wraps it are one asset, 0: to wrap and to unwrap moves
    nothing, so a router that unwraps is credited with what it unwrapped. What it then sends on is seen only
    where traces are there: `known` is false for native value in transactions without. Sums that do not fit
    into 256 bits stay at the largest number.
    """

    name = "net"
    reads: tuple[str, ...] = ()
    kinds = (
        Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION, Kind.ERC20, Kind.WETH_DEPOSIT,
        Kind.WETH_WITHDRAWAL,
    )  # fmt: skip
    settings = Settings()

    def memory(self) -> Mapping[str, TableSpec]:
        return {}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        sent, rows, coins = seen.transactions, seen.rows, seen.coins
        lines = 2 * rows["number"].size
        changes: dict[str, Array] = {
            name: np.empty(lines, np.int64) for name in ("transaction", "account", "asset")
        }
        changes |= {name: np.empty((lines, 4), np.uint64) for name in ("received", "paid")}
        changes |= {"known": np.empty(lines, np.bool_)}
        longest = int((sent["end_row"] - sent["first_row"]).max(initial=1))
        given = [sent[name] for name in ("first_row", "end_row", "number", "block", "traced")]
        given += [coins["id"], coins["since"]]
        given += [rows[name] for name in ("kind", "flag", "asset", "money", "source", "target", "amount")]
        given += [np.zeros(1 << (4 * longest).bit_length(), np.int64), *changes.values()]
        used = net_changes(*given)
        return {"changes": {name: column[:used] for name, column in changes.items()}}
