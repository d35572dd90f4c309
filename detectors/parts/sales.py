"""Sales of things, each against money in one transaction: an item for a price, or a new token to a pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.kinds import of_kinds

SOLD = Layout(ints=("row", "seller", "buyer", "asset", "transaction"), words=("price",))
TRADED = Layout(ints=("row", "trader", "buys", "pool", "count"), words=("amount", "money"))
MOST_TRADES = 1_000
ITEMS = (Kind.ERC721, Kind.ERC1155)


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: how long a sale is remembered. What goes round for its looks does so in hours or weeks."""

    horizon_s: int = 120 * DAY
    cap: int = 4_000_000


@dataclass(frozen=True, slots=True)
class Sales:
    """`items`, by "row": each transfer of an item for which the one who got it paid money in the same
    transaction: `item`, `seller`, `buyer`, `asset` (0 the coin). Who pays or is paid beside them is another's
    business: fees, royalties.

    `trades`, by "row" (of a leg of `pools`): a new token bought or sold: `token`, `trader`, `buys`.

    Histories: `sold` has by item its sales, with `price` (what the buyer had less of after it); `traded` by
    new token its first thousand trades, with the `amount` of the token and the `money` for it.
    """

    name: str = "sales"
    reads: tuple[str, ...] = ("net", "new-tokens", "pools")
    kinds: tuple[Kind, ...] = (*ITEMS, Kind.SWAP_V2, Kind.SWAP_V3)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            name: HistorySpec(layout, own.horizon_s, own.cap)
            for name, layout in {"sold": SOLD, "traded": TRADED}.items()
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        sold, traded = memory["sold"], memory["traded"]
        assert isinstance(sold, History)
        assert isinstance(traded, History)
        return {"items": _items(sold, seen), "trades": _trades(traded, seen)}


def _items(sold: History, seen: Seen) -> Columns:
    rows, changes = seen.rows, seen.of("net").get("changes")
    lines = np.flatnonzero(of_kinds(rows["kind"], ITEMS) & (rows["source"] > 0) & (rows["target"] > 0))
    found: dict[str, list[int]] = {name: [] for name in ("row", "item", "seller", "buyer", "asset")}
    for at in lines.tolist() if changes is not None else ():
        assert changes is not None
        sent, seller, buyer = (int(rows[name][at]) for name in ("transaction", "source", "target"))
        paid = _price(changes, sent, buyer)
        if paid is None or seller == buyer:
            continue
        line = {"row": int(rows["number"][at]), "seller": seller, "buyer": buyer, "asset": paid[0]}
        block, now, item = (int(rows[name][at]) for name in ("block", "time", "item"))
        sold.add(item, block, now, transaction=sent, price=paid[1], **line)
        for name, value in {**line, "item": item}.items():
            found[name].append(value)
    return {name: np.array(column, np.int64) for name, column in found.items()}


def _price(changes: Columns, transaction: int, buyer: int) -> tuple[int, Array] | None:
    """The asset, and how much of it, that the buyer has less of: the coin first."""
    first, end = np.searchsorted(changes["transaction"], [transaction, transaction + 1])
    for line in range(first, end):
        is_his = changes["account"][line] == buyer and changes["paid"][line].any()
        if is_his and not changes["received"][line].any():
            return int(changes["asset"][line]), changes["paid"][line]
    return None


def _trades(traded: History, seen: Seen) -> Columns:
    legs, rows = seen.of("pools").get("legs"), seen.rows
    names = ("row", "token", "trader", "buys")
    found: dict[str, list[int]] = {name: [] for name in names}
    first = int(rows["number"][0]) if rows["number"].size else 0
    new = _of_new_tokens(seen, legs, first) if legs is not None and legs["row"].size else {}
    for line in np.flatnonzero(new["asset_out"] | new["asset_in"]).tolist() if new else ():
        assert legs is not None
        at = int(legs["row"][line]) - first
        block, now = int(rows["block"][at]), int(rows["time"][at])
        for buys, side in ((1, "asset_out"), (0, "asset_in")):
            if not new[side][line]:
                continue
            asset = int(legs[side][line])
            row, trader = int(legs["row"][line]), int(legs["signer"][line])
            before = traded.rows(asset, block, now, 1)["count"]
            count = int(before[0]) + 1 if before.size else 1
            if count <= MOST_TRADES:
                traded.add(
                    asset, block, now, row=row, trader=trader, buys=buys, pool=int(legs["pool"][line]),
                    count=count, amount=legs["got" if buys else "paid"][line],
                    money=legs["paid" if buys else "got"][line],
                )  # fmt: skip
            for name, value in zip(names, (row, asset, trader, buys), strict=True):
                found[name].append(value)
    return {name: np.array(column, np.int64) for name, column in found.items()}


def _of_new_tokens(seen: Seen, legs: Columns, first: int) -> Columns:
    """By side, of which legs the asset is a new token: of most neither is. `first` is the first row."""
    blocks = seen.rows["block"][legs["row"] - first]
    known = seen.history("new-tokens.known")
    return {side: (legs[side] > 0) & known.has(legs[side], blocks) for side in ("asset_out", "asset_in")}
