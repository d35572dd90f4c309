"""Who paid whom by an own transaction, and which of these payments brought money back to where it began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.kernels.rounds import DEGREE, MOVE, follow
from detectors.kernels.signed_payments import MOST_ASSETS, signed_payments
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec

_PAYMENT = ("transaction", "payer", "payee", "asset", "row", "form", "amount")
_EXCHANGE = ("transaction", "account", "asset_in", "asset_out", "row", "paid", "got")
_HOP = ("transaction", "origin", "step", "payer", "payee", "asset", "row", "sent", "amount")
_WORDS = {"amount", "paid", "got"}


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: how long payments are remembered: launderers rested 60 days and more, this is twice that.
    cap: lists in use at once. degrees_s, degrees_cap: the same of how many an account deals with. edges:
    payments an account makes or gets within the horizon beyond which it ends a walk; hub: payers and payees
    of one that does so too (as of trails of `layering`); origin_hub: those of one where no round begins, more
    as an origin may do business (as of `exchange-hot-wallet`). least, most: wallets a round goes through.
    hops: lines of rounds in a piece, beyond which they are left out.
    """

    horizon_s: int = 120 * 86_400
    cap: int = 8_000_000
    degrees_s: int = 120 * 86_400
    degrees_cap: int = 4_000_000
    edges: int = 32
    hub: int = 6
    origin_hub: int = 12
    least: int = 2
    most: int = 12
    hops: int = 20_000


@dataclass(frozen=True, slots=True)
class Trails:
    """`payments`, by "transaction": `payer`, `payee`, `asset`, `amount`, `row`, and `form`: 0 the payer got
    nothing for it, 1 it got something, 2 a contract paid whoever called it; `hub`: 1 where the payer was a
    hub (a dozen payers, a dozen payees) before it, 2 where the payee was, 3 where both. Only of what its
    payer signed for (or, 2, its payee): nobody can be put on a trail by logs that others make. Not of
    transactions with more than 512 changes of balances, nor of payers with more than 64 payees in one.

    `exchanges`, by "transaction": `account` gave `paid` of `asset_in` for `got` of `asset_out`.

    `hops`, by "transaction" (of the payment that closes a round): the payments and exchanges of a round from
    its `origin` on: `step`, `payer`, `payee`, `asset`, `amount`, `row`, and its own transaction in `sent`. A
    walk reads at most 32 payments in and out of each of 96 wallets.
    """

    name: str = "trails"
    reads: tuple[str, ...] = ("net",)
    kinds: tuple[Kind, ...] = (
        Kind.TRANSACTION, Kind.INNER_VALUE, Kind.ERC20, Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL,
    )  # fmt: skip
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "moves": HistorySpec(MOVE, own.horizon_s, own.cap),
            "degrees": TableSpec(DEGREE, own.degrees_s, own.degrees_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        changes, sent, rows = seen.of("net").get("changes"), seen.transactions, seen.rows
        if changes is None or not changes["transaction"].size:
            return {}
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
        exchanges = {name: column[: found[1]] for name, column in exchanges.items()}
        hub = np.zeros(found[0], np.int64)
        hops = self._followed(memory, seen, payments, exchanges, hub)
        return {"payments": payments | {"hub": hub}, "exchanges": exchanges, "hops": hops}

    def _followed(
        self,
        memory: PartMemory,
        seen: Seen,
        payments: Mapping[str, Array],
        exchanges: Mapping[str, Array],
        hub: Array,
    ) -> Columns:
        moves, degrees = memory["moves"], memory["degrees"]
        assert isinstance(moves, History)
        assert isinstance(degrees, Table)
        degrees.reserve(2 * payments["row"].size)
        moves.reserve(2 * payments["row"].size + exchanges["row"].size)
        cells, control, current, previous, journal = moves.arrays()
        hops, own, sent = _columns(_HOP, self.settings.hops), self.settings, seen.transactions
        limits = np.array([own.edges, own.hub, own.origin_hub, own.least, own.most], np.int64)
        given: list[Any] = [
            cells,
            cells.view(np.uint64),
            control,
            current,
            previous,
            journal,
            *degrees.arrays(),
        ]
        given += [int(sent["number"][0]), sent["block"], sent["time"]]
        given += [*payments.values(), *exchanges.values(), limits, hub, *hops.values()]
        used = follow(*given)
        return {name: column[:used] for name, column in hops.items()}


def _columns(names: tuple[str, ...], most: int) -> dict[str, Array]:
    return {
        name: np.zeros((most, 4), np.uint64) if name in _WORDS else np.empty(most, np.int64) for name in names
    }
