"""Legs and changes of a few transactions as values, for those who look at few: one object a leg."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Array, Columns
from detectors.parts.contract import Kind, Seen
from detectors.parts.people import whole as wholes
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
    which = np.asarray(which, np.int64)
    at = np.searchsorted(swaps["row"], legs["row"][which])
    own = legs["transaction"][which] - int(sent["number"][0])
    traded = _trades(swaps, at, *(wholes(legs[name][which]) for name in ("paid", "got")))
    sides = (legs[name][which].tolist() for name in ("pool", "signer", "asset_in", "asset_out"))
    columns = zip(
        legs["row"][which].tolist(), legs["transaction"][which].tolist(), sent["block"][own].tolist(),
        sent["time"][own].tolist(), sent["hash"][own], swaps["version"][at].tolist(),
        sent["target"][own].tolist(), *sides, traded, strict=True,
    )  # fmt: skip
    return [
        Leg(row, sent_in, block, time, name.tobytes(), pool, version, signer, called, paid, got, trade)
        for row, sent_in, block, time, name, version, called, pool, signer, paid, got, trade in columns
    ]


def _trades(swaps: Columns, at: Array, paid: list[int], got: list[int]) -> Iterator[Trade]:
    """What some swaps, by their place in the table, did to their pools."""
    names = ("before0", "before1", "after0", "after1")
    told = zip(*(wholes(swaps[name][at]) for name in names), strict=True)
    own = (swaps[name][at].tolist() for name in ("version", "side", "priced"))
    for version, side, priced, (first, second, *then), pays, gets in zip(*own, told, paid, got, strict=True):
        before = reserves(version, first, second) if priced else None
        yield Trade(side, pays, gets, before, reserves(version, *then))


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
    """What the part `net` says of a transaction: whoever looks at a pool asks, and so do others."""
    return seen.once(("changes of", transaction), lambda: _changes(seen, transaction))


def _changes(seen: Seen, transaction: int) -> list[Change]:
    changes = seen.of("net").get("changes")
    if changes is None:
        return []
    first, end = np.searchsorted(changes["transaction"], [transaction, transaction + 1])
    who, what = (changes[name][first:end].tolist() for name in ("account", "asset"))
    came, went = (wholes(changes[name][first:end]) for name in ("received", "paid"))
    lines = zip(who, what, came, went, strict=True)
    return [Change(account, asset, got - paid) for account, asset, got, paid in lines]


def whole(limbs: Array) -> int:
    """The number of four limbs, most significant first."""
    return int.from_bytes(limbs.astype(">u8").tobytes(), "big")
