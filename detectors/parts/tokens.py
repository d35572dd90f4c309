"""What happened to a token since it was made: who made it, who got its supply, its pools, who put liquidity
in and took it out, who bought and sold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from detectors.kernels.append_rows import append_rows
from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen
from detectors.parts.horizons import DAY
from detectors.parts.kinds import among, of_kinds
from detectors.parts.limbs import floats
from detectors.parts.people import whole


class What(IntEnum):
    """What a line tells of a token."""

    BORN = 0
    MINTED = 1
    BURNT = 2
    OWNER = 3
    POOL = 4
    ADDED = 5
    REMOVED = 6
    BOUGHT = 7
    SOLD = 8


LINE = Layout(
    ints=("what", "who", "whom", "pool", "money", "row", "transaction", "born"),
    floats=("asked", "held", "depth"),
    words=("amount", "paid"),
)  # fmt: skip
LEFT = Layout(ints=("token", "row"))
_KEYS = ("token", *LINE.ints, *LINE.floats, *LINE.words)
_ADDS, _REMOVES = (Kind.MINT_V2, Kind.MINT_V3), (Kind.BURN_V2, Kind.COLLECT_V3)
_MOVES = (Kind.ERC20, Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL)


@dataclass(frozen=True, slots=True)
class Settings:
    """A line is remembered for horizon_s seconds; cap tokens may be in use at once."""

    horizon_s: int = 180 * DAY
    cap: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """`lines`, by "row", and the history `told`, by token: what happened to a token, a `What`. A pool's own
    token is a token as well: who holds it has the liquidity. The history `left`, by who took liquidity out:
    of which token.

    | what | who | whom | amounts |
    |---|---|---|---|
    | BORN | who signed its creation | | |
    | MINTED, BURNT | the signer; who loses it | who gets it | `amount` |
    | OWNER | who had it | who has it | |
    | POOL | the signer | | `pool`, `money` is the other token |
    | ADDED, REMOVED | the signer | who is paid by the pool | `amount` and, of the other token, `paid` |
    | BOUGHT, SOLD | the signer | whom the log says is paid | the same; of a sale `asked`: what he had less |

    `born` is when its creation was seen, 0 where it was not. `money` is the other token of a pool (0: the
    coin, -1: nothing else moved), `held` how much of it a pool of Uniswap's second version has after a trade,
    `depth` the same, and of the third version what a pool of the second with its price and liquidity would
    have: the price goes with its square. -1 where that is not known. Liquidity of one side is told of that
    side only; what a strange contract calls liquidity counts where two assets moved. A line is a row of 184
    bytes in a file; a million tokens in use take 84 MB of memory, and so do a million who took out liquidity.
    """

    name: str = "tokens"
    reads: tuple[str, ...] = ("net", "pools")
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, HistorySpec]:
        horizon, cap = self.settings.horizon_s, self.settings.cap
        return {"told": HistorySpec(LINE, horizon, cap), "left": HistorySpec(LEFT, horizon, cap)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        found = [_supply(seen), _owners(seen), *_pools(seen), *_trades(seen), *_born(seen)]
        liquidity = list(_liquidity(seen))
        if liquidity:
            found.append({name: _array(name, [line[name] for line in liquidity]) for name in liquidity[0]})
        size = sum(line["row"].size for line in found)
        lines = {name: np.concatenate([_column(each, name) for each in found]) for name in _KEYS}
        order = np.lexsort((lines["token"], lines["what"], lines["row"]))
        lines = {name: column[order] for name, column in lines.items()}
        if size:
            at = lines["row"] - int(seen.rows["number"][0])
            block, time = seen.rows["block"][at], seen.rows["time"][at]
            lines["born"] = np.where(lines["what"] == What.BORN, time, 0)
            lines["born"] = _append(memory["told"], LINE, lines, lines["token"], block, time, "born")
            gone = lines["what"] == What.REMOVED
            left = {name: lines[name][gone] for name in LEFT.ints}
            _append(memory["left"], LEFT, left, lines["who"][gone], block[gone], time[gone])
        return {"lines": lines}


def _append(
    history: object, layout: Layout, lines: Columns, key: Array, block: Array, time: Array, carried: str = ""
) -> Array:
    """Appends lines; what a column that is carried on says then."""
    assert isinstance(history, History)
    values = np.zeros((key.size, layout.cells), np.int64)
    for name, column in layout.columns(values).items():
        column[:] = lines[name]
    history.reserve(key.size)
    (at,) = layout.at(carried) if carried else (-1,)
    append_rows(*history.arrays(), key, block, time, values, at)
    return values[:, at].copy()


def _column(lines: Columns, name: str) -> Array:
    """A column of some lines; zeros where they have none."""
    if name in lines:
        return lines[name]
    size = lines["row"].size
    if name in LINE.words:
        return np.zeros((size, 4), np.uint64)
    return (
        np.full(size, 0.0 if name == "asked" else -1.0) if name in LINE.floats else np.zeros(size, np.int64)
    )


def _array(name: str, values: list[object]) -> Array:
    """Of one type, whatever the values are."""
    kind = np.uint64 if name in LINE.words else np.float64 if name in LINE.floats else np.int64
    return np.array(values, kind)


def _told(size: int, what: What) -> dict[str, Array]:
    return {"what": np.full(size, int(what), np.int64)}


def _picked(seen: Seen, which: Array, what: What, **columns: Array) -> dict[str, Array]:
    """Lines for rows of the piece."""
    rows = seen.rows
    found = {"row": rows["number"][which], "transaction": rows["transaction"][which]}
    return found | _told(int(which.size), what) | {name: column[which] for name, column in columns.items()}


def _born(seen: Seen) -> Iterator[dict[str, Array]]:
    """Contracts that were made, whatever factory made them: by whoever signed that."""
    rows, sent = seen.rows, seen.transactions
    inside = np.flatnonzero(rows["kind"] == Kind.CREATION)
    yield _picked(seen, inside, What.BORN, token=rows["target"], who=rows["signer"])
    top = np.flatnonzero((sent["created"] != 0) & sent["done"])
    at = sent["first_row"][top]
    yield _picked(seen, at, What.BORN, token=rows["third"], who=rows["signer"])


def _supply(seen: Seen) -> dict[str, Array]:
    rows = seen.rows
    moves = (rows["kind"] == Kind.ERC20) & (rows["money"] != 0)
    which = np.flatnonzero(moves & ((rows["source"] == 0) | (rows["target"] == 0)))
    found = _picked(seen, which, What.MINTED, token=rows["asset"], whom=rows["target"], amount=rows["amount"])
    burnt = rows["source"][which] != 0
    found["what"][burnt] = What.BURNT
    return found | {"who": np.where(burnt, rows["source"][which], rows["signer"][which])}


def _owners(seen: Seen) -> dict[str, Array]:
    rows = seen.rows
    which = np.flatnonzero(rows["kind"] == Kind.OWNER)
    return _picked(seen, which, What.OWNER, token=rows["emitter"], who=rows["source"], whom=rows["target"])


def _pools(seen: Seen) -> Iterator[dict[str, Array]]:
    """Once for each of a pool's two tokens."""
    rows = seen.rows
    which = np.flatnonzero((rows["kind"] == Kind.POOL_V2) | (rows["kind"] == Kind.POOL_V3))
    coins = seen.coins["id"]
    for own, other in (("asset", "third"), ("third", "asset")):
        mine = which[~among(rows[own][which], coins)]
        money = np.where(among(rows[other], coins), 0, rows[other])
        yield _picked(
            seen, mine, What.POOL, token=rows[own], money=money, pool=rows["target"], who=rows["signer"]
        )


def _trades(seen: Seen) -> Iterator[dict[str, Array]]:
    """Each leg is a sale of what went in and a purchase of what came out; the coin is neither."""
    legs, swaps = seen.of("pools").get("legs"), seen.of("pools").get("swaps")
    if legs is None or swaps is None or not legs["row"].size:
        return
    at = np.searchsorted(swaps["row"], legs["row"])
    side, version = swaps["side"][at], swaps["version"][at]
    after = [floats(swaps[f"after{n}"][at]) for n in (0, 1)]
    root, liquidity = after[0] / 2.0**96, after[1]
    is_third = (version == 3) & (root > 0)
    above = np.where(root > 0, root, 1.0)
    depths = np.where(is_third, liquidity / above, after[0]), np.where(is_third, liquidity * root, after[1])
    into = np.where(side == 0, depths[0], depths[1])
    outof = np.where(side == 0, depths[1], depths[0])
    known = (side >= 0) & ((version == 2) | is_third)
    same = {"pool": legs["pool"], "who": legs["signer"], "whom": legs["target"], "row": legs["row"]}
    same["transaction"] = legs["transaction"]
    for what, own, other, amount, paid, held in (
        (What.SOLD, "asset_in", "asset_out", "paid", "got", outof),
        (What.BOUGHT, "asset_out", "asset_in", "got", "paid", into),
    ):
        mine = legs[own] != 0
        line = {name: column[mine] for name, column in same.items()}
        line |= {"token": legs[own][mine], "money": legs[other][mine]}
        line |= {"amount": legs[amount][mine], "paid": legs[paid][mine]}
        line |= {"depth": np.where(known, held, -1.0)[mine]}
        line |= {"held": np.where(known & (version == 2), held, -1.0)[mine]}
        if what == What.SOLD:
            line["asked"] = _asked(seen, line["transaction"], line["token"])
        yield line | _told(int(mine.sum()), what)


def _asked(seen: Seen, transaction: Array, token: Array) -> Array:
    """How much of a token the signer of a transaction had less after it; 0 where not less."""
    changes, sent = seen.of("net").get("changes"), seen.transactions
    if changes is None or not changes["account"].size:
        return np.zeros(transaction.size)
    first = int(sent["number"][0])
    own = np.flatnonzero(changes["account"] == sent["signer"][changes["transaction"] - first])
    keys = ((changes["transaction"][own] - first) << 32) | changes["asset"][own]
    order = np.argsort(keys)
    wanted = ((transaction - first) << 32) | token
    at = np.minimum(np.searchsorted(keys[order], wanted), max(0, keys.size - 1))
    if not keys.size:
        return np.zeros(transaction.size)
    line = own[order][at]
    less = floats(changes["paid"][line]) - floats(changes["received"][line])
    asked: Array = np.where((keys[order][at] == wanted) & (less > 0), less, 0.0)
    return asked


def _liquidity(seen: Seen) -> Iterator[dict[str, object]]:
    """What moved into and out of the pool in the transaction of each event, a line for each token of it."""
    rows, sent = seen.rows, seen.transactions
    told: set[tuple[int, int]] = set()
    for row in np.flatnonzero(of_kinds(rows["kind"], (*_ADDS, *_REMOVES))).tolist():
        pool, number, kind = int(rows["emitter"][row]), int(rows["transaction"][row]), rows["kind"][row]
        adds = kind in _ADDS
        if (pool, number) in told:
            continue
        told.add((pool, number))
        at = number - int(sent["number"][0])
        more, payee = _moved(rows, int(sent["first_row"][at]), int(sent["end_row"][at]), pool)
        way = 1 if adds else -1
        moved = {asset: way * amount for asset, amount in more.items() if way * amount > 0}
        if not moved or len(moved) > 2 or (len(moved) < 2 and kind in (Kind.MINT_V2, Kind.BURN_V2)):
            continue
        for token, amount in moved.items():
            other = next((each for each in moved if each != token), -1)
            if token:
                yield {
                    "token": token, "what": int(What.ADDED if adds else What.REMOVED), "pool": pool,
                    "who": int(rows["signer"][row]), "whom": payee, "money": other,
                    "row": int(rows["number"][row]), "transaction": number, "held": -1.0, "depth": -1.0,
                    "asked": 0.0,
                    "amount": _limbs(amount), "paid": _limbs(moved.get(other, 0)),
                }  # fmt: skip


def _moved(rows: Columns, first: int, end: int, pool: int) -> tuple[dict[int, int], int]:
    """By asset how much more a pool has after a transaction, and whom it paid last."""
    mine = slice(first, end)
    source, target = rows["source"][mine], rows["target"][mine]
    counts = of_kinds(rows["kind"][mine], _MOVES) & ((source == pool) | (target == pool))
    counts &= (rows["asset"][mine] != pool) & (source != target)
    at = first + np.flatnonzero(counts)
    more: dict[int, int] = {}
    payee = 0
    for i, amount in zip(at.tolist(), whole(rows["amount"][at]), strict=True):
        asset, gets = int(rows["money"][i]), rows["target"][i] == pool
        more[asset] = more.get(asset, 0) + (amount if gets else -amount)
        payee = payee if gets else int(rows["target"][i])
    return more, payee


def _limbs(amount: int) -> list[int]:
    return [(amount >> 64 * (3 - i)) & (2**64 - 1) for i in range(4)]
