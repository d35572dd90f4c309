"""Sandwiches whose victims' purchases failed: bought before them, sold after them, and nobody in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.base import Finding, Seen, hexed
from detectors.parts.front_and_back import accounts, goes, one_hand, opposite
from detectors.parts.kinds import among
from detectors.parts.trades import Leg, legs_of


@dataclass(frozen=True, slots=True)
class FailedSandwich:
    """What an account did in a pool around `missed`, transactions (by number) that failed."""

    account: int
    pool: int
    token: int
    fronts: tuple[Leg, ...]
    backs: tuple[Leg, ...]
    missed: tuple[int, ...]
    apart: float


def failed_sandwiches(seen: Seen, apart: float, told: set[tuple[int, int]]) -> Iterator[Finding]:
    """Of accounts that are not `told` of (block, account): who buys and sells again, in one block and pool,
    and has between the two others' transactions that failed and name the token; what was sold is within a
    share `apart` of what was bought.
    """
    sent = seen.transactions
    legs = seen.of("pools").get("legs")
    if legs is None or not legs["row"].size or sent["done"].all():
        return
    found: dict[tuple[int, int], FailedSandwich] = {}
    for which in _turned(seen, legs):
        for one in _of_pool(seen, legs_of(seen, which), apart):
            key = one.backs[-1].block, one.account
            if key not in told and (key not in found or len(one.missed) > len(found[key].missed)):
                found[key] = one
    spoken: set[tuple[int, ...]] = set()
    for key in sorted(found):
        ends = tuple(leg.row for leg in (*found[key].fronts, *found[key].backs))
        if ends not in spoken:
            spoken.add(ends)
            yield _finding(seen, found[key], apart)


def _turned(seen: Seen, legs: Mapping[str, np.ndarray]) -> Iterator[np.ndarray]:
    """Legs of each pool and block with a transaction that failed, where two transactions went both ways."""
    sent = seen.transactions
    at = legs["transaction"] - sent["number"][0]
    block, failing = sent["block"][at], np.unique(sent["block"][~sent["done"]])
    which = np.flatnonzero(np.isin(block, failing))
    which = which[np.lexsort((legs["pool"][which], block[which]))]
    if not which.size:
        return
    pools, blocks = legs["pool"][which], block[which]
    begins = np.flatnonzero(np.r_[True, (pools[1:] != pools[:-1]) | (blocks[1:] != blocks[:-1])])
    sold, numbers = legs["asset_in"][which], legs["transaction"][which]
    both = np.ones(begins.size, np.bool_)
    for column in (sold, numbers):
        both &= np.minimum.reduceat(column, begins) < np.maximum.reduceat(column, begins)
    ends = np.r_[begins[1:], which.size]
    for begin, end in zip(begins[both].tolist(), ends[both].tolist(), strict=True):
        yield which[begin:end]


def _of_pool(seen: Seen, legs: Sequence[Leg], apart: float) -> Iterator[FailedSandwich]:
    pair = {leg.asset_in for leg in legs} | {leg.asset_out for leg in legs}
    of: dict[int, list[Leg]] = {}
    for leg in legs:
        of.setdefault(leg.transaction, []).append(leg)
    for account, signs in accounts(seen, pair, of):
        mine = [leg for number in signs for leg in of[number]]
        for money in sorted(pair):
            fronts = [leg for leg in mine if leg.asset_in == money and goes(leg, signs, 1)]
            backs = [leg for leg in mine if leg.asset_out == money and goes(leg, signs, -1)]
            if not fronts or not backs or fronts[-1].transaction >= backs[0].transaction:
                continue
            if not opposite(fronts, backs, signs) or not one_hand(account, fronts, backs):
                continue
            differs = abs(1 - sum(leg.trade.paid for leg in backs) / sum(leg.trade.got for leg in fronts))
            missed = _missed(seen, fronts, backs)
            if differs <= apart and missed:
                token = fronts[0].asset_out
                yield FailedSandwich(
                    account, fronts[0].pool, token, tuple(fronts), tuple(backs), missed, differs
                )


def _missed(seen: Seen, fronts: Sequence[Leg], backs: Sequence[Leg]) -> tuple[int, ...]:
    """Others' transactions between that failed, and that name what was bought, or what it was bought with."""
    sent, own = seen.transactions, {leg.signer for leg in (*fronts, *backs)}
    first, last = fronts[-1].transaction, backs[0].transaction
    names = [seen.address(each) for each in (fronts[0].asset_out, fronts[0].asset_in) if each]
    mine = (sent["number"] > first) & (sent["number"] < last) & ~sent["done"] & (sent["selector"] >= 0)
    mine &= ~among(sent["target"], [fronts[0].asset_out, fronts[0].asset_in])
    return tuple(
        number
        for number, signer in zip(sent["number"][mine].tolist(), sent["signer"][mine].tolist(), strict=True)
        if signer not in own and any(name in seen.call_data(number) for name in names)
    )


def _finding(seen: Seen, one: FailedSandwich, apart: float) -> Finding:
    last, sent = one.backs[-1], seen.transactions
    account, first = seen.address(one.account), int(sent["number"][0])
    signers = dict.fromkeys([one.account, *(leg.signer for leg in (*one.fronts, *one.backs))])
    rows = {row for leg in (*one.fronts, *one.backs) for row in leg.evidence(seen)}
    rows |= {int(seen.rows["number"][sent["first_row"][number - first]]) for number in one.missed}
    return Finding(
        block_number=last.block,
        timestamp=last.time,
        category="sandwich",
        subject_kind="wallet",
        subject=account,
        score=round(0.5 + 0.1 * (1 - one.apart / max(apart, one.apart, 1e-9)), 6),
        severity="low",
        transaction=last.hash,
        roles=(
            *((seen.address(who), "attacker") for who in signers),
            (seen.address(one.pool), "infrastructure"),
        ),
        rows=seen.evidence(sorted(rows)),
        measured={"apart_where_failed": round(one.apart, 6), "victims": 0, "failed": len(one.missed)},
        thresholds={"apart_where_failed": apart},
        explanation=(
            f"{hexed(account)} bought and sold again in one block, in the pool "
            f"{hexed(seen.address(one.pool))}, around {len(one.missed)} transactions of others that name the "
            "token and failed: nobody lost but the fees."
        ),
    )
