"""Who paid whom by an own transaction, and which of these payments brought money back to where it began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.kernels.followed import follow
from detectors.kernels.handed_on import COIN, COIN_DUST, PRICED
from detectors.kernels.moves import DEGREE, L_AMOUNT, MOVE
from detectors.kernels.signed_payments import GIVEN, MOST_ASSETS, SOLD, signed_payments
from detectors.kernels.tried import ASKED, TRIED
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.kinds import among, is_some
from ingest.decode.shapes import signature

_PAYMENT = ("transaction", "payer", "payee", "asset", "row", "form", "amount")
_EXCHANGE = ("transaction", "account", "asset_in", "asset_out", "row", "paid", "got")
_LINE = ("transaction", "origin", "what", "step", "payer", "payee", "asset", "row", "sent")
_WORDS = {"amount", "paid", "got"}
NO_SELECTOR = -1
TRANSFER = int.from_bytes(signature("transfer(address,uint256)")[:4])
"""The selector of an ERC-20 payment."""


_NO_CHANGES: Columns = {
    "transaction": np.empty(0, np.int64),
    "account": np.empty(0, np.int64),
    "asset": np.empty(0, np.int64),
    "received": np.empty((0, 4), np.uint64),
    "paid": np.empty((0, 4), np.uint64),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: how long payments are remembered: launderers rested 60 days and more, this is twice that.
    cap: lists in use at once. degrees_s, degrees_cap: the same of how many an account deals with. edges:
    payments an account makes or gets within the horizon beyond which it ends a walk; hub: payers and payees
    of one that does so too (as of trails of `layering`); origin_hub: those of one where no round begins, more
    as an origin may do business (as of `exchange-hot-wallet`). least, most: wallets a round goes through.
    priced_s, priced_cap: how long it is remembered what an asset was worth, and of how many.
    hops: lines of rounds in a block, and of trails, beyond which further ones are left out. hands: emptied
    wallets in a row that make a line (hard case 19.P1: two or three lie between a theft and its use).
    gatherers: wallets that gather what one scattered (as `sybil-cluster`: three may be a family). crowd:
    payers of a payee that make it a place where many pay (as a hub).
    """

    horizon_s: int = 120 * 86_400
    cap: int = 8_000_000
    degrees_s: int = 120 * 86_400
    degrees_cap: int = 4_000_000
    priced_s: int = 30 * 86_400
    priced_cap: int = 400_000
    edges: int = 32
    hub: int = 6
    origin_hub: int = 12
    least: int = 2
    most: int = 12
    hops: int = 20_000
    hands: int = 2
    gatherers: int = 4
    crowd: int = 6


@dataclass(frozen=True, slots=True)
class Trails:
    """`payments`, by "transaction": `payer`, `payee`, `asset`, `amount`, `row`, and `form`: 0 the payer got
    nothing for it, 1 it got something or sold it to the payee, a pool (for coin that a router hands on inside
    of calls, of which logs do not tell), 2 a contract paid whoever called it; `hub`: 1 where the payer was a
    hub (a dozen payers, a dozen payees) before it, 2 where the payee was, 3 where both. Only of what its
    payer signed for (or, 2, its payee): nobody can be put on a trail by logs that others make. Not of
    transactions with more than 512 changes of balances, nor of payers with more than 64 payees in one.

    `exchanges`, by "transaction": `account` gave `paid` of `asset_in` for `got` of `asset_out`.

    `hops`, by "transaction" (of the payment that closes a round): the payments and exchanges of a round from
    its `origin` on: `step`, `payer`, `payee`, `asset`, `amount`, `row`, and its own transaction in `sent`. A
    walk reads at most 32 payments in and out of each of 96 wallets.

    `handed`, by "transaction" (of what completes a trail): payments and exchanges of money that was handed on
    by wallets which serve nothing else (`kernels.handed_on`): `what` (0 a line, 1 scattered and gathered, 2 a
    line whose last wallet makes a contract with this transaction, 3 one whose last wallet fails to hand it on
    by this transaction, 4 one whose last wallet fails in a call with coin, `kernels.tried`), then as `hops`.
    A line is walked back for 64 steps at most; of a longer one nothing is said again.
    """

    name: str = "trails"
    reads: tuple[str, ...] = ("net", "pools", "prices")
    kinds: tuple[Kind, ...] = (
        Kind.TRANSACTION, Kind.INNER_VALUE, Kind.ERC20, Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL,
    )  # fmt: skip
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "moves": HistorySpec(MOVE, own.horizon_s, own.cap),
            "degrees": TableSpec(DEGREE, own.degrees_s, own.degrees_cap),
            "priced": TableSpec(PRICED, own.priced_s, own.priced_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        sent, rows = seen.transactions, seen.rows
        changes = seen.of("net").get("changes") or _NO_CHANGES
        payments = _columns(_PAYMENT, MOST_ASSETS * changes["transaction"].size)
        exchanges = _columns(_EXCHANGE, sent["number"].size)
        found = signed_payments(
            *(sent[name] for name in ("first_row", "end_row", "number", "signer", "target")),
            *(changes[name] for name in ("transaction", "account", "asset", "received", "paid")),
            *(rows[name] for name in ("kind", "target", "money", "number")),
            *payments.values(),
            *exchanges.values(),
        )
        payments = {name: column[: found[0]] for name, column in payments.items()}
        payments["form"][_sold_to_pools(seen, payments)] = SOLD
        exchanges = {name: column[: found[1]] for name, column in exchanges.items()}
        made = np.flatnonzero((rows["kind"] == Kind.TRANSACTION) & (rows["third"] != 0) & rows["flag"])
        makings = [rows[name][made] for name in ("transaction", "signer", "number")]
        tried, price = _tried(seen), seen.of("prices").get("price", {})
        sizes = [payments["row"], exchanges["row"], made, tried[0], price.get("block", made[:0])]
        if not any(column.size for column in sizes):
            return {}
        hub = np.zeros(found[0], np.int64)
        told = self._followed(memory, seen, payments, exchanges, [*makings, *tried], hub)
        return {"payments": payments | {"hub": hub}, "exchanges": exchanges, **told}

    def _followed(
        self,
        memory: PartMemory,
        seen: Seen,
        payments: Mapping[str, Array],
        exchanges: Mapping[str, Array],
        others: list[Array],
        hub: Array,
    ) -> Mapping[str, Columns]:
        moves, degrees, priced = memory["moves"], memory["degrees"], memory["priced"]
        assert isinstance(moves, History)
        assert isinstance(degrees, Table)
        assert isinstance(priced, Table)
        price = _prices(seen)
        priced.reserve(price[0].size)
        degrees.reserve(2 * payments["row"].size)
        moves.reserve(2 * payments["row"].size + exchanges["row"].size)
        cells, control, current, previous, journal = moves.arrays()
        own, sent = self.settings, seen.transactions
        limits = [own.edges, own.hub, own.origin_hub, own.least, own.most]
        limits += [own.hands, own.gatherers, own.crowd, own.hops]
        given: list[Any] = [
            cells,
            cells.view(np.uint64),
            control,
            current,
            previous,
            journal,
            *degrees.arrays(),
            *priced.arrays(),
        ]
        given += [int(sent["number"][0]), sent["block"], sent["time"], *price]
        given += [*payments.values(), *exchanges.values(), *others, np.array(limits, np.int64), hub]
        hops, handed = follow(*given)
        return {"hops": _lines(hops, ("what",)), "handed": _lines(handed)}


def _sold_to_pools(seen: Seen, payments: Mapping[str, Array]) -> Array:
    """Payments for nothing that is seen, to a pool which swapped what it got by them."""
    legs = seen.of("pools").get("legs")
    if legs is None:
        return np.empty(0, np.int64)
    given = np.flatnonzero((payments["form"] == GIVEN) & np.isin(payments["payee"], legs["pool"]))
    if not given.size:
        return given
    swapped = set(zip(*(legs[name].tolist() for name in ("transaction", "pool", "asset_in")), strict=True))
    paid = zip(*(payments[name][given].tolist() for name in ("transaction", "payee", "asset")), strict=True)
    return given[np.array([each in swapped for each in paid], np.bool_)]


def _tried(seen: Seen) -> list[Array]:
    """Payments that failed, and calls that were given coin: transaction, payer, asset, what it is, row, and
    amount (of tokens none is known).
    """
    rows = seen.rows
    failed = (rows["kind"] == Kind.TRANSACTION) & ~rows["flag"]
    coin = failed & is_some(rows["amount"])
    at = np.flatnonzero(coin | (failed & (rows["small"] == TRANSFER)))
    asset = np.where(coin[at] | among(rows["target"][at], seen.coins["id"]), COIN, rows["target"][at])
    what = np.where(among(rows["small"][at], (NO_SELECTOR, TRANSFER)), TRIED, ASKED)
    return [rows["transaction"][at], rows["signer"][at], asset, what, rows["number"][at], rows["amount"][at]]


def _prices(seen: Seen) -> list[Array]:
    """Of what pools price before a block: the block, its time, the asset, and how many units are worth more
    than dust of the coin.
    """
    said = seen.of("prices").get("price")
    if said is None:
        return [np.empty(0, np.int64) for _ in range(4)]
    at = np.searchsorted(seen.blocks["number"], said["block"])
    least = np.clip(np.ceil(COIN_DUST / np.maximum(said["wei"], 1e-40)), 1, 2**62).astype(np.int64)
    return [said["block"], seen.blocks["time"][at], said["id"], least]


def _lines(cells: Array, without: tuple[str, ...] = ()) -> Columns:
    """Lines of rounds or trails, by name."""
    columns = {name: cells[:, at].copy() for at, name in enumerate(_LINE) if name not in without}
    return columns | {"amount": cells[:, L_AMOUNT:].copy().view(np.uint64)}


def _columns(names: tuple[str, ...], most: int) -> dict[str, Array]:
    return {
        name: np.zeros((most, 4), np.uint64) if name in _WORDS else np.empty(most, np.int64) for name in names
    }
