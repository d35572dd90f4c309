"""What wallets hold, by what was seen, and what a payment takes of it: known of both sides just before each
transfer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.kernels.holdings import ASSET, FIRSTS, HOLDING, PAIR, ROW, SAID, WALLET
from detectors.kernels.known_before import know_before
from detectors.kernels.rows.asking import selectors
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import Horizons
from detectors.parts.kinds import among, is_some, marks

TRANSFERS = (
    Kind.TRANSACTION, Kind.ERC20, Kind.ERC721, Kind.ERC1155, Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL,
)  # fmt: skip
_TRANSFERS, _WRAPS = marks(*TRANSFERS), marks(Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL)
TOUCHES = {"wallets": 3, "holdings": 2, "pairs": 1, "assets": 1}
"""Rows of each table that one transfer can touch; of `firsts` two."""
WALLET_CALLS = selectors(
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
    "execute(address,uint256,bytes)",
    "execute(bytes32,bytes)",
    "executeBatch(address[],bytes[])",
    "executeBatch(address[],uint256[],bytes[])",
    "executeBatch((address,uint256,bytes)[])",
)
"""What asks a contract wallet for payments: Safe, ERC-7579 and the accounts of ERC-4337."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """`known`, by "row", of each transfer (native value of transactions, tokens, items, wrapped coin; also of
    nothing): what was known just before it, of its payer and payee (`source`, `target` of the row).

    `direct`: the payer sent the transaction itself, straight to the payee or by the token's own transfer,
    asked for. `own_call`: the payer is a contract wallet, and was called to do something. `emptied`: 1, at
    least 95 % of a fully known balance left, in one bite or several; 2, more than was known and more than
    ever before. `partly` (1): a quarter of a known balance went, in one bite or several, or half the largest
    payment of an unknown one. `tokens_left`: tokens in use of which some was left after the payer's own last
    payment of them. `native_left`: native value the payer has left, wei clipped to 64 bits.
    `from_paid_asset`, `to_paid_asset`: own payments of this asset before. `asset_payers`: wallets that paid
    with it by direct payments. `other_payees`: distinct payees of the payer, but for this one, by payments
    that it signed itself and that did not empty it. `from_funder`, `to_funder`: the first sender of native
    value, 0 not known, also where the wallet's money is older than the stream; `from_first_payer`,
    `to_first_payer`: the same, whatever it had before. `funder_payees`: distinct payees of that funder.
    `funded_well` (1): the funder's money is a twentieth at least of the most the payer had at once. `lent`:
    gwei that the payee paid the payer beyond what it got back; `paid_back` (1): this native value is no more
    than that. `to_matters` (1): at least a twentieth of the payee's largest payment of an asset that it has
    paid with itself, or of what is usual of one in use. `to_usual`: gwei that wallets paid a busy payee and
    kept some, 0 where it is none; `to_knows_as_much` (1): a busy payee that paid as much of this asset
    itself, or was paid three times as much of it by wallets that kept some. `met`: payments from payer to
    payee before. `new_asset` (1): the payee never held it. `unusual`: how many spreads the amount lies from
    what is usual of the asset, 0 for its first twenty.

    What calls inside of a transaction moved is not in it. Anybody can tell of transfers in somebody's name:
    what a payer signed for lasts, what is only told lies in a small table apart (`memory.claims`).
    """

    name: str = "holdings"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = TRANSFERS
    settings: Horizons = field(default_factory=Horizons)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        layouts = {"wallets": WALLET, "holdings": HOLDING, "pairs": PAIR, "assets": ASSET}
        found = {"firsts": TableSpec(FIRSTS, own.firsts_s, own.firsts_cap)}
        for name, layout in layouts.items():
            horizon_s = getattr(own, f"{name}_s")
            found[name] = TableSpec(layout, horizon_s, getattr(own, f"{name}_cap"))
            found[f"told_{name}"] = TableSpec(layout, horizon_s, own.told_cap)
        return found

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        rows, which = seen.rows, transfers(seen)
        if not which.size:
            return {}
        direct = (rows["kind"][which] == Kind.TRANSACTION) | rows["asked"][which]
        said = np.zeros((which.size, len(SAID)), np.int64)
        unusual = np.zeros(which.size)
        given = _rows(seen, which, direct)
        held = [_arrays(memory, which.size, name, touches) for name, touches in TOUCHES.items()]
        firsts = memory["firsts"]
        assert isinstance(firsts, Table)
        firsts.reserve(2 * which.size)
        asked: list[Any] = [*held, firsts.arrays(), given, rows["amount"][which], said, unusual]
        know_before(*asked)
        columns = {name: said[:, at].copy() for at, name in enumerate(SAID)}
        own_call = _own_call(seen, which)
        known = {"row": rows["number"][which], "direct": direct, "own_call": own_call, **columns}
        return {"known": known | {"unusual": unusual}}


def transfers(seen: Seen) -> Array:
    """Positions of the rows that are transfers."""
    rows = seen.rows
    some = _TRANSFERS[rows["kind"]]
    moved = rows["flag"] & (rows["target"] != 0) & is_some(rows["amount"])
    return np.flatnonzero(some & ((rows["kind"] != Kind.TRANSACTION) | moved))


def opening(seen: Seen, which: Array) -> Array:
    """Which of some transfers are the first of their transactions."""
    found: Array = np.diff(seen.rows["transaction"][which], prepend=-1) != 0
    return found


def _rows(seen: Seen, which: Array, direct: Array) -> Array:
    """As the kernel reads them."""
    rows = seen.rows
    payer, payee, asset = (rows[name][which] for name in ("source", "target", "asset"))
    columns = {
        "payer": payer, "payee": payee, "signer": rows["signer"][which], "asset": asset, "direct": direct,
        "opens": opening(seen, which), "wraps": _WRAPS[rows["kind"][which]], "time": rows["time"][which],
        "block": rows["block"][which], "payer_since": seen.appeared(payer),
        "payee_since": seen.appeared(payee), "asset_since": seen.appeared(asset),
    }  # fmt: skip
    found = np.empty((which.size, len(ROW)), np.int64)
    for at, name in enumerate(ROW):
        found[:, at] = columns[name]
    return found


def _own_call(seen: Seen, which: Array) -> Array:
    """Whether the payer is who the transaction calls, and asks to do something."""
    rows, sent = seen.rows, seen.transactions
    at = rows["transaction"][which] - int(sent["number"][0])
    called: Array = sent["target"][at] == rows["source"][which]
    return called & among(sent["selector"][at], WALLET_CALLS)


def _arrays(memory: PartMemory, rows: int, name: str, touches: int) -> tuple[Array, ...]:
    """Of the lasting table and of that of what is only told, with room for what the rows can touch."""
    found: tuple[Array, ...] = ()
    for table in (memory[name], memory[f"told_{name}"]):
        assert isinstance(table, Table)
        table.reserve(touches * rows)
        found += table.arrays()
    return found
