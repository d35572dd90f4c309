"""Who failed to pay into a mixer, and then moved his money without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.kernels.membership import held
from detectors.kernels.signed_payments import GIVEN
from detectors.memory.layout import Array, Layout
from detectors.memory.rows import touch
from detectors.memory.table import Table
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.kinds import among
from detectors.parts.people import whole

COIN = 0
POOL = Layout(ints=("transaction",))
"""Of a pool: its first note."""
TRIED = Layout(ints=("row", "pool"), words=("amount",))
"""Of who failed to pay in: by which row, into which pool, and what."""

_FOUND = ("transaction", "account", "payee", "pool", "tried", "row")


@dataclass(frozen=True, slots=True)
class Settings:
    """pools_s: how long it is remembered that somebody is a pool, after its last note; tried_s: who gives up
    moves his money within this of the note that failed. Caps: rows at which the oldest go early.
    """

    pools_s: int = 365 * DAY
    pools_cap: int = 100_000
    tried_s: int = DAY
    tried_cap: int = 100_000


@dataclass(frozen=True, slots=True)
class Unmixed:
    """`given_up`, by "transaction": `account` gives `payee` as much of the coin as it failed to pay into a
    mixer's `pool` by the row `tried` within a day before, or more; `row` is that of the payment, `amount`
    what was tried. A pool is who took or paid out a note before (`mixers`).
    """

    name: str = "unmixed"
    reads: tuple[str, ...] = ("mixers", "trails")
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "pools": TableSpec(POOL, own.pools_s, own.pools_cap),
            "tried": TableSpec(TRIED, own.tried_s, own.tried_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        pools, tried = memory["pools"], memory["tried"]
        assert isinstance(pools, Table)
        assert isinstance(tried, Table)
        _note_pools(pools, seen)
        if not pools.count:
            return {}
        failed = _failed(pools, seen)
        if not failed.size and not tried.count:
            return {}
        found = _given_up(tried, seen, failed)
        if not found:
            return {}
        columns: dict[str, Array] = {
            name: np.array([line[at] for line in found], np.int64) for at, name in enumerate(_FOUND)
        }
        return {"given_up": columns | {"amount": np.array([line[-1] for line in found], np.uint64)}}


def _note_pools(pools: Table, seen: Seen) -> None:
    """Whoever takes or pays out a note is a pool from its first one on."""
    notes = seen.of("mixers").get("notes")
    if notes is None:
        return
    first = int(seen.transactions["number"][0])
    pools.reserve(notes["pool"].size)
    for pool, number in zip(notes["pool"].tolist(), notes["transaction"].tolist(), strict=True):
        block, time = (int(seen.transactions[name][number - first]) for name in ("block", "time"))
        arrays = pools.arrays()
        row = touch(*arrays, pool, block, time)
        if not arrays[0][row]:
            arrays[0][row] = number + 1


def _failed(pools: Table, seen: Seen) -> Array:
    """Places of the transactions that failed to pay something into a pool."""
    sent = seen.transactions
    at: Array = np.flatnonzero(~sent["done"] & (sent["selector"] >= 0) & sent["value"].any(axis=1))
    is_pool = np.zeros(at.size, np.bool_)
    held(*pools.arrays()[:2], sent["target"][at], sent["time"][at], is_pool)
    return np.array([place for place in at[is_pool].tolist() if _is_pool(pools, seen, place)], np.int64)


def _is_pool(pools: Table, seen: Seen, place: int) -> bool:
    """Whether who is called had a note before."""
    sent = seen.transactions
    pool: Any = pools.get(int(sent["target"][place]), int(sent["time"][place]))
    return pool is not None and pool["transaction"] <= sent["number"][place]


def _given_up(tried: Table, seen: Seen, failed: Array) -> list[tuple[Any, ...]]:
    """Takes notes that failed, and payments of those who signed them, in their order."""
    sent, payments = seen.transactions, seen.of("trails").get("payments")
    tried.reserve(failed.size)
    first, found = int(sent["number"][0]), list[tuple[Any, ...]]()
    waiting = failed.tolist()
    for line in _payments_of(tried, seen, sent["signer"][failed]):
        assert payments is not None
        number, payer = int(payments["transaction"][line]), int(payments["payer"][line])
        while waiting and waiting[0] < number - first:
            _try(tried, seen, waiting.pop(0))
        note: Any = tried.get(payer, int(sent["time"][number - first]))
        if note is None or payments["payee"][line] == note["pool"]:
            continue
        (paid,), amount = whole(payments["amount"][line : line + 1]), note["amount"]
        if paid >= sum(int(limb) << 64 * (3 - n) for n, limb in enumerate(amount)):
            ends = (payer, int(payments["payee"][line]), note["pool"], note["row"])
            found.append((number, *ends, int(payments["row"][line]), amount))
    for place in waiting:
        _try(tried, seen, place)
    return found


def _payments_of(tried: Table, seen: Seen, signers: Array) -> list[int]:
    """Lines of gifts of the coin of who failed to pay in, now or before."""
    payments = seen.of("trails").get("payments")
    if payments is None:
        return []
    mine = np.zeros(payments["row"].size, np.bool_)
    times = seen.transactions["time"][payments["transaction"] - int(seen.transactions["number"][0])]
    held(*tried.arrays()[:2], payments["payer"], times, mine)
    mine |= among(payments["payer"], signers)
    lines: list[int] = np.flatnonzero(
        mine & (payments["asset"] == COIN) & (payments["form"] == GIVEN)
    ).tolist()
    return lines


def _try(tried: Table, seen: Seen, place: int) -> None:
    sent = seen.transactions
    block, time, signer = (int(sent[name][place]) for name in ("block", "time", "signer"))
    arrays = tried.arrays()
    row = touch(*arrays, signer, block, time)
    columns = TRIED.columns(arrays[0][None, row : row + TRIED.cells])
    columns["row"][0] = seen.rows["number"][sent["first_row"][place]]
    columns["pool"][0] = sent["target"][place]
    columns["amount"][0] = sent["value"][place]
