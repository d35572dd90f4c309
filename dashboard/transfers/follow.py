"""Follows money from wallets or a transaction, forward or backward in time, hop by hop.

A payment leads on only if it comes after the money arrived (before it left, backward). What a wallet had
anyway cannot be told from what arrived: this is where money may have gone, no proof that it did. A wallet
with very many counterparties, an exchange or a pool, is shown and not followed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard.transfers.values import Asked, Found, Transfer

Way = Literal["forward", "backward"]
MOST_HOPS = 6
BUSY = 60
"""Counterparties in the answer with which a wallet counts as busy, and is not followed further."""
ROWS_OF_A_HOP = 2_000
MOST_WALLETS = 200
Place = tuple[int, int, int]
_START: Place = (-1, -1, -2)
_END: Place = (2**63, 2**31, 2**31)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is followed. `least` is in units of the asset and counts where one is chosen; `token` None with
    `native_only` false: every asset.
    """

    chain_id: int
    start: str
    way: Way = "forward"
    hops: int = 3
    token: str | None = None
    native_only: bool = False
    least: int = 0
    first_block: int | None = None
    last_block: int | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """Transfers in the order in which they were reached; how many hops away each wallet is; which wallets
    were not followed further; and what was left out, in words.
    """

    moves: tuple[Transfer, ...] = ()
    hops: Mapping[str, int] | None = None
    busy: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


Find = Callable[[Asked], Found]


def follow(find: Find, wanted: Wanted) -> Trail:
    """The trail of what `find` knows of transfers."""
    if len(wanted.start) > 42:
        return _from_transaction(find, wanted)
    edge = _START if wanted.way == "forward" else _END
    return _walk(find, wanted, {wanted.start: edge}, [], {wanted.start: 0})


def _from_transaction(find: Find, wanted: Wanted) -> Trail:
    """Hop 1 is the transaction's own transfers; it goes on from whom they paid (who paid, backward)."""
    found = find(Asked(wanted.chain_id, transaction=wanted.start, order="oldest", most=ROWS_OF_A_HOP))
    moves = [row for row in found.transfers if _counts(row, wanted)]
    hops: dict[str, int] = {}
    edges: dict[str, Place] = {}
    for row in moves:
        near, far = _ends(row, wanted.way)
        hops.setdefault(near, 0)
        hops[far] = max(hops.get(far, 0), 1)
        edges[far] = row.place
    return _walk(find, wanted, edges, moves, hops, hop=1, left_out=found.left_out)


def _walk(
    find: Find,
    wanted: Wanted,
    frontier: dict[str, Place],
    moves: list[Transfer],
    hops: dict[str, int],
    hop: int = 0,
    left_out: Sequence[str] = (),
) -> Trail:
    told, busy = list(left_out), list[str]()
    seen = {(row.transaction, row.log_index, row.payer, row.payee) for row in moves}
    while frontier and hop < min(wanted.hops, MOST_HOPS):
        hop += 1
        found = find(_hop(wanted, frontier))
        told += [f"hop {hop}: {words}" for words in found.left_out]
        by_wallet = _timely(found.transfers, wanted, frontier)
        frontier = {}
        for wallet, rows in by_wallet.items():
            if len({_ends(row, wanted.way)[1] for row in rows}) > BUSY:
                busy.append(wallet)
                continue
            for row in rows:
                key = (row.transaction, row.log_index, row.payer, row.payee)
                if key in seen:
                    continue
                seen.add(key)
                far = _ends(row, wanted.way)[1]
                if far not in hops and len(hops) >= MOST_WALLETS:
                    told.append(f"more than {MOST_WALLETS} wallets: narrow it by value, token or time")
                    return Trail(tuple(moves), hops, tuple(busy), tuple(dict.fromkeys(told)))
                moves.append(row)
                if far not in hops:
                    hops[far] = hop
                    frontier[far] = row.place
    return Trail(tuple(moves), hops, tuple(busy), tuple(dict.fromkeys(told)))


def _hop(wanted: Wanted, frontier: Mapping[str, Place]) -> Asked:
    """One question for all wallets of a hop, no wider in blocks than any of them needs."""
    forward = wanted.way == "forward"
    first, last = wanted.first_block, wanted.last_block
    if forward:
        first = max(first or 0, min(place[0] for place in frontier.values()), 0)
    else:
        ends = (max(place[0] for place in frontier.values()), last if last is not None else _END[0])
        last = min(ends)
    return Asked(
        wanted.chain_id,
        tuple(sorted(frontier)),
        "out" if forward else "in",
        wanted.token,
        wanted.native_only,
        first_block=first,
        last_block=last,
        order="oldest" if forward else "newest",
        most=ROWS_OF_A_HOP,
    )


def _timely(
    rows: Sequence[Transfer], wanted: Wanted, frontier: Mapping[str, Place]
) -> dict[str, list[Transfer]]:
    """By wallet of the frontier, what moved after the money arrived there (before it left it, backward)."""
    found: dict[str, list[Transfer]] = defaultdict(list)
    for row in rows:
        near, far = _ends(row, wanted.way)
        if near in frontier and near != far and _counts(row, wanted):
            edge = frontier[near]
            if row.place > edge if wanted.way == "forward" else row.place < edge:
                found[near].append(row)
    return found


def _counts(row: Transfer, wanted: Wanted) -> bool:
    asset = row.token is None if wanted.native_only else wanted.token in (None, row.token)
    low, high = wanted.first_block or 0, _END[0] if wanted.last_block is None else wanted.last_block
    return asset and row.amount >= max(1, wanted.least) and low <= row.block_number <= high


def _ends(row: Transfer, way: Way) -> tuple[str, str]:
    """Where the money is when it is followed, and where it leads."""
    return (row.payer, row.payee) if way == "forward" else (row.payee, row.payer)
