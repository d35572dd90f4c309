"""What lending markets tell of a transaction, where their words are borne out by transfers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from detectors.parts.contract import Kind, Seen
from detectors.parts.kinds import among
from detectors.parts.trades import whole

LIQUIDATIONS = (Kind.LIQUIDATION_AAVE, Kind.LIQUIDATION_COMPOUND)
POSITIONS = (Kind.SUPPLY, Kind.WITHDRAW, Kind.BORROW, Kind.REPAY)


@dataclass(frozen=True, slots=True)
class Told:
    """An event: whose position (`third`; of a liquidation the one who is liquidated), `asset` and `amount`;
    of a liquidation also what was repaid.
    """

    kind: Kind
    market: int
    owner: int
    asset: int
    amount: int
    debt: int = 0
    repaid: int = 0


def money_of(seen: Seen, asset: int) -> int:
    """The coin and what wraps it are 0."""
    return 0 if asset in seen.coins["id"] else asset


def transaction_at(seen: Seen, transaction: bytes) -> int:
    """Its number, of a piece in which it is."""
    found = (seen.transactions["hash"] == np.frombuffer(transaction, np.uint8)).all(axis=1)
    return int(seen.transactions["number"][np.flatnonzero(found)[0]])


def told_of(seen: Seen, number: int, kinds: Collection[Kind]) -> list[Told]:
    """Events of one transaction of which exactly what they say moved: anybody can emit them."""
    sent, rows = seen.transactions, seen.rows
    at = number - int(sent["number"][0])
    begin, end = int(sent["first_row"][at]), int(sent["end_row"][at])
    kind = rows["kind"][begin:end]
    here = begin + np.flatnonzero(among(kind, kinds))
    if not here.size:
        return []
    moved = {
        (int(rows["money"][row]), whole(rows["amount"][row]))
        for row in begin + np.flatnonzero(kind == Kind.ERC20)
    }
    events = (_told(seen, int(row)) for row in here)
    return [told for told in events if (told.asset, told.amount) in moved or told.kind in LIQUIDATIONS]


def _told(seen: Seen, row: int) -> Told:
    rows = seen.rows
    kind = Kind(int(rows["kind"][row]))
    names = ("emitter", "third", "money", "source")
    market, third, asset, source = (int(rows[name][row]) for name in names)
    amount = whole(rows["amount"][row])
    if kind in LIQUIDATIONS:
        repaid = whole(rows["amount2"][row])
        return Told(kind, market, source, asset, amount, money_of(seen, third), repaid)
    return Told(kind, market, third, asset, amount)
