"""Sales of things, each against money in one transaction: an item for a price, or a new token to a pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY

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
    lines = np.flatnonzero(np.isin(rows["kind"], ITEMS) & (rows["source"] > 0) & (rows["target"] > 0))
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
    for line in range(legs["row"].size if legs is not None else 0):
        assert legs is not None
        at = int(legs["row"][line]) - first
        block, now = int(rows["block"][at]), int(rows["time"][at])
        for buys, asset in ((1, int(legs["asset_out"][line])), (0, int(legs["asset_in"][line]))):
            if asset <= 0 or not seen.history("new-tokens.known").rows(asset, block, 1)["maker"].size:
                continue
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


"""Sales of a token to its pools, those that worked and those that failed: a reading of `tokens`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detectors.kernels.decoding import Kind
from detectors.parts.launches import Life
from detectors.parts.people import People, whole
from detectors.parts.tokens import What

MOST_BUYERS = 60
"""Whose failed sales are looked for, the newest."""


@dataclass(frozen=True, slots=True)
class Sale:
    """`units` asked to be sold; `through`: the part of it that came to pools, -1 of a sale that failed."""

    who: int
    token: int
    row: int
    block: int
    units: float
    through: float


def sales(life: Life) -> list[Sale]:
    """A sale for each transaction, by its signer, where the token left himself. What he put into a pool as
    liquidity beside it came through as well.
    """
    sold: dict[int, list[float]] = {}
    last: dict[int, Sale] = {}
    for line in life.of(What.SOLD, What.ADDED):
        came = sold.setdefault(line.transaction, [0.0])
        came[0] += line.amount
        if line.what == What.SOLD and line.asked > 0:
            through = min(1.0, came[0] / line.asked)
            last[line.transaction] = Sale(line.who, life.token, line.row, line.block, line.asked, through)
    return sorted(last.values(), key=lambda sale: sale.row)


def failed_sales(people: People, life: Life, buyers: Iterable[int]) -> list[Sale]:
    """Of buyers, after they had bought."""
    bought: dict[int, int] = {}
    for line in life.of(What.BOUGHT):
        bought.setdefault(line.who, line.row)
    found = []
    for who in sorted(set(buyers), key=lambda who: -bought[who])[:MOST_BUYERS]:
        rows = people.rows(who)
        failed = (rows["kind"] == Kind.TRANSACTION) & (rows["source"] == who) & (rows["flag"] == 0)
        failed &= (rows["small"] >= 0) & (rows["row"] > bought[who])
        for at in failed.nonzero()[0].tolist():
            sale = wanted(people, who, int(rows["target"][at]), int(rows["row"][at]))
            if sale is not None and sale.token == life.token:
                found.append(sale)
    return sorted(found, key=lambda sale: sale.row)


def has_failed(people: People, who: int) -> bool:
    """Whether a call of somebody ever failed."""
    rows = people.rows(who)
    return bool(((rows["kind"] == Kind.TRANSACTION) & (rows["source"] == who) & (rows["flag"] == 0)).any())


def wanted(people: People, who: int, called: int, row: int) -> Sale | None:
    """What somebody wanted to sell whose call failed: the token that he let the called one have last."""
    rows = people.rows(who)
    allowed = (rows["kind"] == Kind.APPROVAL_ERC20) & (rows["source"] == who) & (rows["target"] == called)
    allowed &= (rows["row"] < row) & (rows["signer"] == who)
    which = np.flatnonzero(allowed)
    if not which.size or not rows["flag"][which[0]]:
        return None
    at = int(which[0])
    (units,) = whole(rows["amount"][at : at + 1])
    block = int(rows["block"][rows["row"] == row][0]) if (rows["row"] == row).any() else people.block
    return Sale(who, int(rows["asset"][at]), row, block, float(units), -1.0)
