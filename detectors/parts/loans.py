"""What was lent and paid back within one transaction, whether an event says so or only the transfers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.out_and_back import out_and_back, pays_first
from detectors.memory.layout import Array, Columns
from detectors.parts.contract import PartMemory, Seen, TableSpec
from detectors.parts.kinds import among, of_kinds
from detectors.parts.limbs import floats

EVENTS = (Kind.FLASH_LOAN_AAVE, Kind.FLASH_LOAN_BALANCER, Kind.FLASH_LOAN_ERC3156, Kind.FLASH_V3)
BY_EVENT, BY_TRANSFERS, BY_SWAP = 1, 2, 3
_LINE = ("transaction", "holder", "asset", "out", "back", "borrower", "payer")
_LOAN = ("transaction", "lender", "borrower", "payer", "asset", "out", "back", "how", "lent", "fee")
_MOST_ROWS = 256
_MOST_OF = 0.9
"""The share of a loan that another was handed before he pays it back."""
MOST_LEFT = 0.0105
"""What a lender may have more in the end, as a share of what it lent."""


@dataclass(frozen=True, slots=True)
class Settings:
    """most_left: what a lender may have more in the end, as a share of what it lent: fees are below a
    hundredth (Aave .05 to .09 %, flash swaps .30 %), and what pays more is a trade.
    """

    most_left: float = MOST_LEFT


@dataclass(frozen=True, slots=True)
class Loans:
    """`loans`, by "transaction": `transaction`, `lender` (who held what was lent), `borrower` (whom it paid,
    and who paid back), `asset`, `lent` and `fee` (float64, units), `out` and `back` (numbers of the rows in
    which it went and came), `how`: 1 an event of a lender says so, 2 only transfers do, 3 a pool of Uniswap's
    second version paid before it was paid in another asset (`fee` is 0).

    Without an event: the lender pays before it is paid, ends with what it had and no more than a fee beyond,
    signed nothing, is neither the token nor called, has no leg, and the borrower does something else with
    somebody else in between. The zero address may lend (a flash mint). Who pays back may be another, where a
    lender's event tells of the loan, or where the borrower handed most of it to him. Fails: a loan whose
    lender is called first, without an event; without one, a loan that goes over two hands before it is paid
    back by the last. Source: `chain-notes.md`, 0 false of 31,136.
    """

    name: str = "loans"
    reads: tuple[str, ...] = ("pools",)
    kinds: tuple[Kind, ...] = (Kind.ERC20,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        return {}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        lines = self._out_and_back(seen)
        loans = _kept(seen, lines) if lines["holder"].size else _none()
        swaps = _by_swap(seen)
        if not loans["lender"].size and not swaps["lender"].size:
            return {}
        joined = {name: np.concatenate([loans[name], swaps[name]]) for name in _LOAN}
        order = np.lexsort((joined["out"], joined["transaction"]))
        return {"loans": {name: column[order] for name, column in joined.items()}}

    def _out_and_back(self, seen: Seen) -> dict[str, Array]:
        rows, sent, coins = seen.rows, seen.transactions, seen.coins
        room = 2 * rows["number"].size
        longest = int((sent["end_row"] - sent["first_row"]).max(initial=1))
        lines: list[Array] = [np.empty(room, np.int64) for _ in range(4)]
        lines += [np.empty(room), np.empty(room), *(np.empty(room, np.int64) for _ in range(2))]
        found: dict[str, Array] = {name: np.empty(room, np.int64) for name in _LINE}
        found |= {"lent": np.empty(room), "left": np.empty(room)}
        used = out_and_back(  # type: ignore[call-arg]
            self.settings.most_left,
            *(sent[name] for name in ("first_row", "end_row", "number", "block")),
            *(coins[name] for name in ("id", "since")),
            *(rows[name] for name in ("kind", "flag", "asset", "money", "source", "target")),
            floats(rows["amount"]), np.zeros(1 << (4 * longest).bit_length(), np.int64), *lines,
            *found.values(),
        )  # fmt: skip
        return {name: column[:used] for name, column in found.items()}


def _none() -> dict[str, Array]:
    return {name: np.zeros(0, np.float64 if name in ("lent", "fee") else np.int64) for name in _LOAN}


def _kept(seen: Seen, lines: Mapping[str, Array]) -> dict[str, Array]:
    """Of what left and came back: what is a loan."""
    how = [_how(seen, lines, i) for i in range(lines["holder"].size)]
    loans = {name: lines[name] for name in ("transaction", "borrower", "payer", "asset", "lent")}
    loans |= {
        "lender": lines["holder"],
        "fee": np.maximum(lines["left"], 0.0),
        "how": np.array(how, np.int64),
    }
    loans |= {name: seen.rows["number"][lines[name]] for name in ("out", "back")}
    return {name: loans[name][loans["how"] > 0] for name in _LOAN}


def _how(seen: Seen, lines: Mapping[str, Array], i: int) -> int:
    rows, sent, legs = seen.rows, seen.transactions, seen.of("pools").get("legs")
    t, holder, asset, borrower, payer = (
        int(lines[name][i]) for name in ("transaction", "holder", "asset", "borrower", "payer")
    )
    at = t - int(sent["number"][0])
    mine = slice(int(sent["first_row"][at]), int(sent["end_row"][at]))
    told = of_kinds(rows["kind"][mine], EVENTS) & (rows["money"][mine] == asset)
    named = (rows["target"][mine] == borrower) | (rows["source"][mine] == borrower)
    named |= rows["emitter"][mine] == holder
    if (told & named).any() or _of_pool(seen, mine, holder, borrower):
        return BY_EVENT
    if holder in (int(sent["signer"][at]), int(sent["target"][at]), asset) or (holder == 0 and asset == 0):
        return 0
    if legs is not None and (legs["pool"][legs["transaction"] == t] == holder).any():
        return 0
    between = slice(int(lines["out"][i]) + 1, int(lines["back"][i]))
    if payer != borrower and not _is_handed_on(seen, between, (borrower, payer, asset), lines["lent"][i]):
        return 0
    ours = among(rows["source"][between], (borrower, payer))
    ours |= among(rows["target"][between], (borrower, payer))
    other = (rows["source"][between] != holder) & (rows["target"][between] != holder)
    other &= (rows["source"][between] != borrower) | (rows["target"][between] != payer)
    return BY_TRANSFERS if (ours & other & (rows["kind"][between] == Kind.ERC20)).any() else 0


def _is_handed_on(seen: Seen, between: slice, parties: tuple[int, int, int], lent: float) -> bool:
    """Whether a borrower gave another most of what was lent to him."""
    borrower, payer, asset = parties
    rows = {name: seen.rows[name][between] for name in ("source", "target", "money", "kind", "amount")}
    handed = (rows["source"] == borrower) & (rows["target"] == payer) & (rows["money"] == asset)
    handed &= rows["kind"] == Kind.ERC20
    return bool(floats(rows["amount"][handed]).sum() >= _MOST_OF * lent)


def _of_pool(seen: Seen, mine: slice, holder: int, borrower: int) -> bool:
    """Whether a pool of Uniswap's third version says that it lent: its event names no token."""
    kind, emitter = seen.rows["kind"][mine], seen.rows["emitter"][mine]
    return bool(((kind == Kind.FLASH_V3) & (emitter == holder)).any())


def _by_swap(seen: Seen) -> dict[str, Array]:
    legs, rows = seen.of("pools").get("legs"), seen.rows
    if legs is None or not legs["row"].size:
        return _none()
    first = int(rows["number"][0])
    at = legs["row"] - first
    second = np.flatnonzero(rows["kind"][at] == Kind.SWAP_V2)
    out, borrower = np.empty(second.size, np.int64), np.empty(second.size, np.int64)
    pays_first(  # type: ignore[call-arg]
        _MOST_ROWS, at[second], *(legs[name][second] for name in ("pool", "asset_in", "asset_out")),
        *(rows[name] for name in ("transaction", "kind", "money", "source", "target", "emitter")),
        int(Kind.SWAP_V2), out, borrower,
    )  # fmt: skip
    lent = out >= 0
    chosen = second[lent]
    return {
        "transaction": legs["transaction"][chosen],
        "lender": legs["pool"][chosen],
        "borrower": borrower[lent],
        "payer": borrower[lent],
        "asset": legs["asset_out"][chosen],
        "out": rows["number"][out[lent]],
        "back": legs["row"][chosen],
        "how": np.full(chosen.size, BY_SWAP, np.int64),
        "lent": floats(legs["got"][chosen]),
        "fee": np.zeros(chosen.size),
    }
