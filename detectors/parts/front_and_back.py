"""Who trades in a pool before and after others in one block: accounts, and which way they went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from detectors.memory.layout import Array, Columns
from detectors.parts.contract import Seen
from detectors.parts.trades import Leg, changes_of

Signs = dict[int, int]
"""By asset: 1 where somebody has more of it after a transaction, -1 where less."""


def both_ways(seen: Seen, legs: Columns) -> Iterator[Array]:
    """Legs of each pool and block in which two transactions trade one way and a third the other way after
    them, by their place in the table.
    """
    sent = seen.transactions
    block = sent["block"][legs["transaction"] - sent["number"][0]]
    order = np.lexsort((legs["row"], legs["pool"], block))
    moved = (np.diff(block[order]) != 0) | (np.diff(legs["pool"][order]) != 0)
    ends = [*(np.flatnonzero(moved) + 1).tolist(), order.size]
    sold, sent_in, first = legs["asset_in"][order].tolist(), legs["transaction"][order].tolist(), 0
    for end in ends:
        if end - first >= 3 and _turns(sold[first:end], sent_in[first:end]):
            yield order[first:end]
        first = end


def _turns(sold: Sequence[int], sent_in: Sequence[int]) -> bool:
    """Whether two transactions sell one asset and a later one another."""
    seen: dict[int, set[int]] = {}
    for asset, transaction in zip(sold, sent_in, strict=True):
        if any(len(others - {transaction}) > 1 for other, others in seen.items() if other != asset):
            return True
        seen.setdefault(asset, set()).add(transaction)
    return False


def accounts(
    seen: Seen, pair: set[int], of: Mapping[int, Sequence[Leg]]
) -> list[tuple[int, Mapping[int, Signs]]]:
    """Who has more or less of a token of the pool after two transactions or more, and by transaction whether
    it is more or less; signers first.
    """
    found: dict[int, dict[int, Signs]] = {}
    for transaction in of:
        for change in changes_of(seen, transaction):
            if change.asset in pair and change.more:
                signs = found.setdefault(change.account, {}).setdefault(transaction, {})
                signs[change.asset] = 1 if change.more > 0 else -1
    legs = [leg for each in of.values() for leg in each]
    signers, mute = {leg.signer for leg in legs}, pair | {leg.pool for leg in legs} | {0}
    kept = [(account, signs) for account, signs in found.items() if len(signs) > 1 and account not in mute]
    return sorted(kept, key=lambda each: (each[0] not in signers, each[0]))


def goes(leg: Leg, signs: Mapping[int, Signs], way: int) -> bool:
    """Whether an account bought by a leg (1) or sold (-1): has more of one token, or less of the other."""
    own = signs[leg.transaction]
    token, money = (leg.asset_out, leg.asset_in) if way > 0 else (leg.asset_in, leg.asset_out)
    return own.get(token) == way or own.get(money) == -way


def opposite(fronts: Sequence[Leg], backs: Sequence[Leg], signs: Mapping[int, Signs]) -> bool:
    """Whether one asset went one way at first, and the other way at last."""
    for asset in (fronts[0].asset_in, fronts[0].asset_out):
        at_first = {signs[leg.transaction].get(asset) for leg in fronts} - {None}
        at_last = {signs[leg.transaction].get(asset) for leg in backs} - {None}
        if len(at_first) == len(at_last) == 1 and at_first != at_last:
            return True
    return False


def one_hand(account: int, fronts: Sequence[Leg], backs: Sequence[Leg]) -> bool:
    """Whether it is somebody's own account, and no vault that others trade through: it signed one of them, or
    one signer, or everybody by calling it, stands at both ends.
    """
    before, after = {leg.signer for leg in fronts}, {leg.signer for leg in backs}
    called = {leg.called for leg in (*fronts, *backs)}
    return account in before | after or bool(before & after) or called == {account}
