"""What pools hold and trade: swaps with the pool's state before and after, and legs with their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.pool_swaps import POOL, TOUCHING, pool_swaps
from detectors.kernels.pool_windows import EVENT, SWAPS
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec

_SWAP = (
    "row", "transaction", "pool", "version", "side", "token0", "token1", "fee", "priced",
    "before0", "before1", "after0", "after1",
)  # fmt: skip
_LEG = (
    "row", "transaction", "pool", "signer", "caller", "target", "asset_in", "asset_out", "how", "paid", "got",
)  # fmt: skip
_WORDS = {"before0", "before1", "after0", "after1", "paid", "got"}
_READ = (
    "kind", "block", "time", "signer", "emitter", "source", "target", "third", "asset", "money", "amount",
    "amount2", "small", "more",
)  # fmt: skip
_IS_SWAP, _TOUCHES = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
_IS_SWAP[list(SWAPS)] = True
_TOUCHES[list(TOUCHING)] = True


@dataclass(frozen=True, slots=True)
class Settings:
    """A pool is remembered for horizon_s seconds after it was last seen; at cap pools the oldest go early."""

    horizon_s: int = 365 * 86_400
    cap: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Pools:
    """`swaps`, by "row" (of the Swap log): `transaction`, `pool`, `version` (2 or 3: Uniswap's, and whoever
    emits the same), `side` (0: the first token was sold to it, 1: the second, -1: neither), `token0`,
    `token1` (assets, -1 not known), `fee` (of a V3 pool that was seen to be made, millionths; else 0),
    `priced` (1: `before…` is known), `before0`, `before1`, `after0`, `after1`: of a V2 pool its reserves, of
    a V3 pool the square root of its price (Q96) and its liquidity.

    `legs`, by "row": `transaction`, `pool`, `signer`, `caller` and `target` as the log says, `asset_in`,
    `paid`, `asset_out`, `got`, `how` (1: in its window, 2: after it, 3: elsewhere in the transaction, 4: the
    only asset that moved that way, 5: remembered). A swap whose tokens are not known, or that was repaid in
    the same token, is no leg. Assets: the coin and what wraps it are 0, as in `net`.

    Reserves before a V2 swap come from the Sync before it in the same transaction; a V3 pool's price from its
    last swap. Nobody proves here that a contract is a pool: a forged Swap needs real transfers to be a leg.
    """

    name: str = "pools"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.POOL_V2, Kind.POOL_V3, Kind.SYNC, Kind.SWAP_V2, Kind.SWAP_V3)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        return {"known": TableSpec(POOL, self.settings.horizon_s, self.settings.cap)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        rows, sent = seen.rows, seen.transactions
        table = memory["known"]
        assert isinstance(table, Table)
        table.reserve(int(_TOUCHES[rows["kind"]].sum()))
        current, previous, journal = table.arrays()
        longest = int((sent["end_row"] - sent["first_row"]).max(initial=1))
        most = int(_IS_SWAP[rows["kind"]].sum())
        swaps, legs = _columns(_SWAP, most), _columns(_LEG, most)
        given = [sent["first_row"], sent["end_row"], sent["number"], seen.coins["id"], seen.coins["since"]]
        given += [rows[name] for name in _READ]
        given += [seen.more, current, current.view(np.uint64), previous, journal]
        given += _scratch(longest)
        first = int(rows["number"][0])
        found = pool_swaps(first, *given, *swaps.values(), *legs.values())
        tables = {"swaps": (swaps, found[0]), "legs": (legs, found[1])}
        return {
            name: {column: values[:used] for column, values in columns.items()}
            for name, (columns, used) in tables.items()
        }


def _columns(names: tuple[str, ...], most: int) -> dict[str, Array]:
    return {
        name: np.zeros((most, 4), np.uint64) if name in _WORDS else np.empty(most, np.int64) for name in names
    }


def _scratch(longest: int) -> list[Array]:
    """Pools of a transaction, slots by pool, events of pools, and of each swap the assets and how."""
    slots = np.zeros(1 << (4 * longest).bit_length(), np.int64)
    pools, events = np.empty((longest, 3), np.int64), np.empty((2 * longest, EVENT), np.int64)
    return [pools, slots, events, *(np.empty(longest, np.int64) for _ in range(3))]
