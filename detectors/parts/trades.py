"""Legs and changes of a few transactions as values, for those who look at few: one object a leg."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Array, Columns
from detectors.parts.contract import Kind, Seen
from detectors.parts.without_others import Trade, reserves


@dataclass(frozen=True, slots=True)
class Change:
    """Of an account and asset in a transaction: what it has more (or, negative, less), in units."""

    account: int
    asset: int
    more: int


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg of `pools` with its transaction: who signed, what was called."""

    row: int
    transaction: int
    block: int
    time: int
    hash: bytes
    pool: int
    version: int
    signer: int
    called: int
    asset_in: int
    asset_out: int
    trade: Trade

    def evidence(self, seen: Seen) -> list[int]:
        """Numbers of the Swap log and of the transfers of the pool in its transaction."""
        rows, sent = seen.rows, seen.transactions
        at = self.transaction - int(sent["number"][0])
        mine = slice(int(sent["first_row"][at]), int(sent["end_row"][at]))
        of_pool = (rows["source"][mine] == self.pool) | (rows["target"][mine] == self.pool)
        moved = rows["number"][mine][of_pool & (rows["kind"][mine] == Kind.ERC20)]
        return [*moved.tolist(), self.row]


def legs_of(seen: Seen, which: Sequence[int] | Array) -> list[Leg]:
    """Lines of the table `legs` of the part `pools`, in their order."""
    tables, sent = seen.of("pools"), seen.transactions
    legs, swaps = tables["legs"], tables["swaps"]
    at = np.searchsorted(swaps["row"], legs["row"][which])
    return [_leg(seen, legs, swaps, sent, int(i), int(j)) for i, j in zip(which, at, strict=True)]


def _leg(seen: Seen, legs: Columns, swaps: Columns, sent: Columns, i: int, j: int) -> Leg:
    version, number = int(swaps["version"][j]), int(legs["transaction"][i])
    at = number - int(sent["number"][0])
    before, after = (
        reserves(version, *(whole(swaps[f"{when}{side}"][j]) for side in (0, 1)))
        for when in ("before", "after")
    )
    paid, got = whole(legs["paid"][i]), whole(legs["got"][i])
    return Leg(
        row=int(legs["row"][i]),
        transaction=number,
        block=int(sent["block"][at]),
        time=int(sent["time"][at]),
        hash=sent["hash"][at].tobytes(),
        pool=int(legs["pool"][i]),
        version=version,
        signer=int(legs["signer"][i]),
        called=int(sent["target"][at]),
        asset_in=int(legs["asset_in"][i]),
        asset_out=int(legs["asset_out"][i]),
        trade=Trade(int(swaps["side"][j]), paid, got, before if swaps["priced"][j] else None, after),
    )


def trader(seen: Seen, leg: Leg) -> int:
    """Whose trade it was: the signer's, unless nothing changed for him; then his who has more of what came
    out in the end, or less of what went in.
    """
    lines = changes_of(seen, leg.transaction)
    if any(line.account == leg.signer and line.more for line in lines):
        return leg.signer
    pools = set(seen.of("pools")["swaps"]["pool"].tolist())
    ends = [
        line.account
        for asset, way in ((leg.asset_out, 1), (leg.asset_in, -1))
        for line in lines
        if line.asset == asset and line.more * way > 0 and line.account not in pools
    ]
    return ends[0] if ends else leg.signer


def changes_of(seen: Seen, transaction: int) -> list[Change]:
    """What the part `net` says of a transaction."""
    changes = seen.of("net").get("changes")
    if changes is None:
        return []
    first, end = np.searchsorted(changes["transaction"], [transaction, transaction + 1])
    return [
        Change(
            int(changes["account"][i]),
            int(changes["asset"][i]),
            whole(changes["received"][i]) - whole(changes["paid"][i]),
        )
        for i in range(first, end)
    ]


def whole(limbs: Array) -> int:
    """The number of four limbs, most significant first."""
    return int.from_bytes(limbs.astype(">u8").tobytes(), "big")
