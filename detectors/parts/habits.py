"""What wallets do, as rates: how each stands at the end of each block that touched it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.habits import HABIT, ROW, STANDING, WALLET_FEATURES, follow_habits
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec
from detectors.parts.holdings import TRANSFERS, opening
from detectors.parts.horizons import DAY
from detectors.parts.kinds import is_some

TOUCHES = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: seconds of block time after which a wallet that did nothing is not known any more. cap: rows
    from which on the oldest go early; told_cap: the same of wallets that others only tell of, which anyone
    can fill for the gas of some logs.
    """

    horizon_s: int = 90 * DAY
    cap: int = 4_000_000
    told_cap: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Habits:
    """`wallets`, by "block, id": each wallet that the block touched by a transfer of value, or by a
    transaction of its own with any transfer, and that sends transactions, at the block's end: `time`,
    `first_time` (when it first appeared), `distinct_in`, `distinct_out` (payers and payees), and floats, logs
    of counts that fade within a minute (fast) or ten: `out_fast`, `in_fast`, `out_slow`, `in_slow`,
    `new_payees`, `new_payers`, `new_assets`; `unusual_amount` (spreads from what is usual of the asset),
    `out_over_in` (a log ratio), `share_new_payees`.
    """

    name: str = "habits"
    reads: tuple[str, ...] = ("holdings",)
    kinds: tuple[Kind, ...] = TRANSFERS
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "wallets": TableSpec(HABIT, own.horizon_s, own.cap),
            "told_wallets": TableSpec(HABIT, own.horizon_s, own.told_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        known = seen.of("holdings").get("known")
        if known is None:
            return {}
        given, arrays = _rows(seen, known), list[Array]()
        most = TOUCHES * len(given)
        for table in (memory["wallets"], memory["told_wallets"]):
            assert isinstance(table, Table)
            table.reserve(most)
            arrays += table.arrays()
        standing = np.empty((most, len(STANDING)), np.int64)
        features = np.empty((most, len(WALLET_FEATURES)))
        used = follow_habits(tuple(arrays), given, known["unusual"].copy(), standing, features)
        if not used:
            return {}
        columns: dict[str, Array] = {name: standing[:used, at].copy() for at, name in enumerate(STANDING)}
        columns |= {name: features[:used, at].copy() for at, name in enumerate(WALLET_FEATURES)}
        return {"wallets": columns}


def _rows(seen: Seen, known: Columns) -> Array:
    """As the kernel reads them."""
    which = known["row"] - int(seen.rows["number"][0])
    rows = {
        name: seen.rows[name][which] for name in ("source", "target", "signer", "time", "block", "amount")
    }
    columns = {
        "payer": rows["source"], "payee": rows["target"], "signer": rows["signer"],
        "signed": known["direct"], "opens": opening(seen, which),
        "closes": np.diff(rows["block"], append=-1) != 0, "moves": is_some(rows["amount"]),
        "met": known["met"], "new_asset": known["new_asset"], "time": rows["time"], "block": rows["block"],
        "payer_since": seen.appeared(rows["source"]), "payee_since": seen.appeared(rows["target"]),
        "signer_since": seen.appeared(rows["signer"]),
    }  # fmt: skip
    found = np.empty((which.size, len(ROW)), np.int64)
    for at, name in enumerate(ROW):
        found[:, at] = columns[name]
    return found
