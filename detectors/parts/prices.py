"""What a unit of an asset was worth in the chain's coin before a block, by what pools held for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.pool_prices import ASSET, POOL, pool_prices
from detectors.kernels.pool_windows import ONLY_ASSET
from detectors.memory.layout import Array, Columns
from detectors.memory.table import Table
from detectors.parts.contract import PartMemory, Seen, TableSpec
from detectors.parts.factories import is_pair
from detectors.parts.limbs import floats

DAY = 86_400
_Q96 = float(1 << 96)
_PLACES = 2.0 ** np.array([192, 128, 64, 0])
_COINS = 4
"""Wrappers of the coin that are tried as a pool's token."""
_PRICE = ("block", "id", "pool", "wei", "depth")


@dataclass(frozen=True, slots=True)
class Settings:
    """window_blocks: of the prices that a pool had at the ends of so many blocks before, the median counts,
    so that a push must stand for half of them, where anybody can trade against it (the 32 blocks of
    `chain-notes.md`; the pool's last eight changes at most). least_blocks: a pool's first state is so old.
    least_wei: what a pool must hold (1 coin prices .70 of transfers of mainnet blocks within .23 % of the
    next pool; 10 coins 7 points fewer). quote_wei: what a pool must hold so that the other asset prices
    others. dust_wei: the least that must move with a pool's first log, or it is not remembered.
    """

    window_blocks: int = 32
    least_blocks: int = 5
    least_wei: int = 10**18
    quote_wei: int = 10**19
    dust_wei: int = 10**16
    horizon_s: int = 365 * DAY
    cap: int = 400_000


@dataclass(frozen=True, slots=True)
class Prices:
    """`price`, by "block, id": of each asset that moved in a block (and can be priced) `id`, the asset;
    `wei`, what a unit of it was worth before the block (float64); `depth`, the wei that the pool `pool` held
    for it all the while (float64). Nothing of a block itself is in its prices. To sell `units` fetches no
    more than `depth`: `detectors.parts.values` says what. The coin, 0, has no line.

    The price is that of the deepest pool with the coin, or with an asset that has such a pool (one step: a
    dollar). Depth is what certainly lies in the pool: what came to it, less what left it, since it was first
    seen, and never more than its logs say (all that they say where its address proves a factory's code). So
    fantasy costs as much real money as it makes, for at least
    `least_blocks` blocks. A range of the third version with one tick says a great price and holds nothing; a
    push in the block before is one block of 32; a fresh pool is silent. Other pools that were there before
    the stream count for less than they hold.

    Abused by: who leaves real money at a false price, where others may take it. Source: rules and figures of
    `chain-notes.md`; deepest pool against the next one: median .23 %, p90 1 %.
    """

    name: str = "prices"
    reads: tuple[str, ...] = ("net", "pools")
    kinds: tuple[Kind, ...] = (
        Kind.TRANSACTION, Kind.INNER_VALUE, Kind.ERC20, Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL, Kind.SYNC,
        Kind.SWAP_V2, Kind.SWAP_V3, Kind.MINT_V3,
    )  # fmt: skip
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "pools": TableSpec(POOL, own.horizon_s, own.cap),
            "assets": TableSpec(ASSET, own.horizon_s, own.cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        changes = seen.of("net").get("changes")
        if changes is None or not changes["transaction"].size:
            return {}
        lines, states, tokens = changes["transaction"].size, _states(seen), _tokens(seen)
        pools, assets = memory["pools"], memory["assets"]
        assert isinstance(pools, Table)
        assert isinstance(assets, Table)
        pools.reserve(2 * (lines + states[0].size) + tokens[0].size)
        assets.reserve(lines + states[0].size)
        own, most = self.settings, lines + states[0].size
        said: dict[str, Array] = {name: np.empty(lines, np.int64) for name in _PRICE[:3]}
        said |= {name: np.empty(lines, np.float64) for name in _PRICE[3:]}
        more = floats(changes["received"]) - floats(changes["paid"])
        used = pool_prices(  # type: ignore[call-arg]
            own.window_blocks, own.least_blocks, float(own.least_wei), float(own.quote_wei),
            float(own.dust_wei),
            *(seen.blocks[name] for name in ("number", "time", "first", "end")), seen.transactions["number"],
            *(changes[name] for name in ("transaction", "account", "asset")), more, *states, *tokens,
            *pools.arrays(), *assets.arrays(), np.zeros((1 << (4 * most).bit_length(), 2), np.int64),
            *(said[name] for name in ("block", "id", "wei", "depth", "pool")),
        )  # fmt: skip
        return {"price": {name: column[:used] for name, column in said.items()}}


def _states(seen: Seen) -> tuple[Array, ...]:
    """Transaction, pool, and what it holds of both tokens, in row order: where logs say so, else -1 (of the
    third version liquidity that comes says none).
    """
    rows, swaps = seen.rows, seen.of("pools").get("swaps")
    synced, filled = (np.flatnonzero(rows["kind"] == kind) for kind in (Kind.SYNC, Kind.MINT_V3))
    third: Array = np.zeros(0, np.int64)
    first: Array = np.zeros(0)
    second: Array = np.zeros(0)
    if swaps is not None:
        ranged = swaps["version"] == 3
        third = swaps["row"][ranged] - int(rows["number"][0])
        root, liquidity = (floats(swaps[name][ranged]) for name in ("after0", "after1"))
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = liquidity * _Q96 / root, liquidity * root / _Q96
    at = np.concatenate([synced, third, filled])
    none = np.full(filled.size, -1.0)
    order = np.argsort(at, kind="stable")
    held = [
        np.nan_to_num(np.concatenate([floats(rows[name][synced]), values, none])[order], posinf=0.0)
        for name, values in (("amount", first), ("amount2", second))
    ]
    at = at[order]
    return rows["transaction"][at], rows["emitter"][at], *held


def _tokens(seen: Seen) -> tuple[Array, ...]:
    """Transaction, pool and its tokens, where transfers of exactly a swap's amounts show them, and whether
    its address proves them.
    """
    tables = seen.of("pools")
    legs, swaps = tables.get("legs"), tables.get("swaps")
    if legs is None or swaps is None:
        return tuple(np.zeros(0, np.int64) for _ in range(5))
    sure = legs["how"] < ONLY_ASSET
    at = np.searchsorted(swaps["row"], legs["row"][sure])
    told = [swaps[name][at] for name in ("transaction", "pool", "token0", "token1", "version")]
    return *told[:4], _proved(seen, np.stack(told[1:], axis=1))


def _proved(seen: Seen, told: Array) -> Array:
    """Of each pool, its tokens and version whether a factory is known to have made it."""
    different, back = np.unique(told, axis=0, return_inverse=True)
    coins = [seen.address(coin) for coin in seen.coins["id"].tolist() if coin]
    found = np.zeros(len(different), np.int64)
    for i, (pool, *tokens, version) in enumerate(different.tolist()):
        one, other = ([seen.address(token)] if token else coins for token in tokens)
        found[i] = version == 2 and any(
            is_pair(seen.address(pool), *pair) for pair in product(one[:_COINS], other[:_COINS])
        )
    return found[back.reshape(-1)]
