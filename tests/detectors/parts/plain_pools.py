"""What `pools` must say, the plain way: lists, dictionaries and whole numbers over the frames of a chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ingest.model.batch import Batch
from tests.fixtures.market import MINT_V2, PAIR_CREATED, SWAP_V2, SWAP_V3, SYNC, WETH

Log = dict[str, Any]
COIN = b""


def money(token: bytes) -> bytes:
    return COIN if token == WETH else token


def words(log: Log) -> list[int]:
    data = log["data"]
    return [int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]


def signed(value: int) -> int:
    return value - 2**256 if value >= 2**255 else value


@dataclass
class Known:
    """A pool as it is remembered."""

    tokens: list[bytes | None] = field(default_factory=lambda: [None, None])
    sure: bool = False
    version: int = 0
    state: tuple[int, int] = (0, 0)
    synced: bytes | None = None


@dataclass
class Plain:
    """Takes batches in order; `swaps` and `legs` are what was said, as tuples."""

    pools: dict[bytes, Known] = field(default_factory=dict)
    swaps: list[tuple[Any, ...]] = field(default_factory=list)
    legs: list[tuple[Any, ...]] = field(default_factory=list)

    def take(self, batch: Batch) -> None:
        moves = batch.transfers.filter(pl.col("standard") == "erc20")
        for sent in batch.transactions.iter_rows(named=True):
            mine = pl.col("transaction_hash") == sent["transaction_hash"]
            logs = {row["log_index"]: row for row in batch.logs.filter(mine).iter_rows(named=True)}
            moved = {row["log_index"]: row for row in moves.filter(mine).iter_rows(named=True)}
            self._take(sent, logs, moved)

    def _take(self, sent: Log, logs: dict[int, Log], moved: dict[int, Log]) -> None:
        found = {at: self._tokens(at, logs, moved) for at, log in logs.items() if _swap(log) is not None}
        for at, log in logs.items():
            if log["topic0"] == PAIR_CREATED:
                known = self._pool(log["data"][12:32])
                if known.tokens == [None, None]:
                    known.tokens = [log["topic1"][12:], log["topic2"][12:]]
            elif log["topic0"] == SYNC:
                known = self._of(log["address"], 2)
                known.state, known.synced = (words(log)[0], words(log)[1]), sent["transaction_hash"]
            elif at in found:
                self._swap(sent, log, found[at])

    def _pool(self, where: bytes) -> Known:
        return self.pools.setdefault(where, Known())

    def _of(self, where: bytes, version: int) -> Known:
        known = self._pool(where)
        if known.version != version:
            known.version, known.state, known.synced = version, (0, 0), None
        return known

    def _swap(self, sent: Log, log: Log, found: tuple[Any, Any, int]) -> None:
        amounts = _swap(log)
        assert amounts is not None
        version = 2 if log["topic0"] == SWAP_V2 else 3
        known, (in0, out0, in1, out1) = self._of(log["address"], version), amounts
        before = None
        if version == 3:
            before = known.state if known.state[1] else None
            known.state = (words(log)[2], words(log)[3])
        elif known.synced == sent["transaction_hash"]:
            held = (known.state[0] + out0 - in0, known.state[1] + out1 - in1)
            before = held if min(held) >= 0 else None
        side, (into, out, how) = _side(amounts), found
        if side >= 0 and (into is None or out is None) and None not in known.tokens:
            into, out = money(known.tokens[side] or b""), money(known.tokens[1 - side] or b"")
            how = 5
        place = (log["block_number"], log["log_index"], log["address"])
        self.swaps.append((*place, version, side, before, known.state))
        if side < 0 or into is None or out is None or into == out:
            return
        if how < 4 or (how == 4 and not known.sure):
            known.tokens[side], known.tokens[1 - side], known.sure = into, out, how < 4
        paid, got = (in0 - out0, out1 - in1) if side == 0 else (in1 - out1, out0 - in0)
        self.legs.append((*place, sent["from_address"], into, paid, out, got, how))

    def _tokens(self, at: int, logs: dict[int, Log], moved: dict[int, Log]) -> tuple[Any, Any, int]:
        """(asset in, asset out, how) by the transfers around a swap."""
        amounts = _swap(logs[at])
        assert amounts is not None
        side, pool = _side(amounts), logs[at]["address"]
        if side < 0:
            return None, None, 0
        bounds = [n for n, log in logs.items() if log["address"] == pool and _bounds(log)]
        begin, end = (
            max((n for n in bounds if n < at), default=-1),
            min((n for n in bounds if n > at), default=10**9),
        )
        spans = [(begin, at), (at, end), (-1, 10**9)]
        remembered = self.pools.get(pool, Known()).tokens
        told = []
        for way, other, index in (
            ("to_address", "from_address", side),
            ("from_address", "to_address", 1 - side),
        ):
            mine = {
                n: (money(row["token"]), int.from_bytes(row["amount"], "big"))
                for n, row in moved.items()
                if row[way] == pool and row[other] != pool and row["token"] != pool
                and int.from_bytes(row["amount"], "big")
            }  # fmt: skip
            wanted = amounts[2 * index] if way == "to_address" else amounts[2 * index + 1]
            prefer = money(remembered[index] or b"?") if remembered[index] else None
            told.append(_found(mine, spans, wanted, prefer))
        (into, by_in), (out, by_out) = told
        return into, out, max(by_in, by_out)


def _found(
    mine: dict[int, tuple[bytes, int]], spans: list[tuple[int, int]], wanted: int, prefer: bytes | None
) -> tuple[bytes | None, int]:
    inside = [[mine[n] for n in sorted(mine) if first < n < last] for first, last in spans]
    for how, moves in enumerate(inside, start=1):
        exact = list(_exact(moves, wanted))
        if exact:
            return (prefer if prefer in exact else exact[0]), how
    for moves in (inside[0], inside[2]):
        assets = {asset for asset, _ in moves}
        if len(assets) == 1:
            return assets.pop(), 4
    return None, 4


def _exact(moves: list[tuple[bytes, int]], wanted: int) -> Iterator[bytes]:
    yield from (asset for asset, amount in moves if amount == wanted)
    for one in dict.fromkeys(asset for asset, _ in moves):
        if sum(amount for asset, amount in moves if asset == one) == wanted:
            yield one


def _bounds(log: Log) -> bool:
    return log["topic0"] in (SWAP_V2, SWAP_V3, MINT_V2)


def _swap(log: Log) -> tuple[int, int, int, int] | None:
    """In and out of the first token, in and out of the second."""
    if log["topic0"] == SWAP_V2:
        in0, in1, out0, out1 = words(log)
        return in0, out0, in1, out1
    if log["topic0"] == SWAP_V3:
        first, second = (signed(word) for word in words(log)[:2])
        return max(first, 0), max(-first, 0), max(second, 0), max(-second, 0)
    return None


def _side(amounts: tuple[int, int, int, int]) -> int:
    in0, out0, in1, out1 = amounts
    if in0 > out0 and out1 > in1:
        return 0
    return 1 if in1 > out1 and out0 > in0 else -1
