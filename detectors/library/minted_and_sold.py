"""What `hidden_mint` says of mints that are told and that nobody agreed to: made and sold in one transaction,
for nothing, until the pools are nearly empty. No detector.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.base import Finding, Seen, hexed
from detectors.parts.contract import Kind
from detectors.parts.dealings import Dealing, Loss, dealings
from detectors.parts.exploits import roles_of
from detectors.parts.kinds import among, is_some
from detectors.parts.trades import Leg
from detectors.parts.without_others import before_it
from detectors.parts.worth import severity

_MOST_LEGS = 200


@dataclass(frozen=True, slots=True)
class Sold:
    """Of a pool: what it paid of `money` for a token, and which share of all that it held."""

    pool: int
    money: int
    got: int
    share: float


def minted_and_sold(seen: Seen, drained: float) -> Iterator[Finding]:
    """Of transactions whose side is given new units of a token for nothing, and takes the share `drained` of
    a pool's money for them, where at least half of what pools got of it was made there. A reward that is
    claimed and sold, or a share that was paid for, moves a pool by a little of that.
    """
    for deal in dealings(seen, _candidates(seen)):
        if len(deal.legs) > _MOST_LEGS or min(deal.sums().values(), default=0) < 0:
            continue
        for token, minted in _minted(deal).items():
            legs = [leg for leg in deal.legs if leg.asset_in == token]
            sold = max(_sold(legs), key=lambda each: each.share, default=None)
            enough = 2 * minted >= sum(leg.trade.paid for leg in legs)
            if sold is not None and sold.share >= drained and enough and not _paid_for(seen, deal, token):
                yield _finding(seen, deal, token, minted, sold, drained)


def _candidates(seen: Seen) -> list[int]:
    """Transactions that make units of a token and sell some to a pool."""
    legs, net = seen.of("pools").get("legs"), seen.of("net").get("changes")
    if legs is None or net is None:
        return []
    made = (net["account"] == 0) & (net["asset"] != 0) & is_some(net["paid"])
    sold = (legs["transaction"] << 32) | legs["asset_in"]
    moved = (net["transaction"] << 32) | net["asset"]
    found: list[int] = np.unique(net["transaction"][made & np.isin(moved, sold)]).tolist()
    return found


def _minted(deal: Dealing) -> dict[int, int]:
    return {line.asset: -line.more for line in deal.changes if line.account == 0 and line.more < 0}


def _sold(legs: list[Leg]) -> Iterator[Sold]:
    """By pool, from where it stood before the first of some legs."""
    for pool in dict.fromkeys(leg.pool for leg in legs):
        mine = [leg for leg in legs if leg.pool == pool]
        held = before_it(mine[0].trade)
        if held is not None and held[1 - mine[0].trade.side] > 0:
            got = sum(leg.trade.got for leg in mine)
            yield Sold(pool, mine[0].asset_out, got, got / held[1 - mine[0].trade.side])


def _paid_for(seen: Seen, deal: Dealing, token: int) -> bool:
    """Whether somebody who is no pool has more of another asset, and was paid it by the side before the first
    unit was made.
    """
    rows = {name: seen.rows[name][slice(*deal.rows)] for name in ("kind", "source", "target", "money")}
    made = (rows["kind"] == Kind.ERC20) & (rows["source"] == 0) & (rows["money"] == token)
    before = np.arange(made.size) < int(np.argmax(made))
    paid = before & among(rows["source"], list(deal.side)) & (rows["money"] != token)
    payees = set(zip(rows["target"][paid].tolist(), rows["money"][paid].tolist(), strict=True))
    apart = deal.side | deal.pools
    return any(
        (line.account, line.asset) in payees and line.more > 0 and line.account not in apart
        for line in deal.changes
    )


def _finding(seen: Seen, deal: Dealing, token: int, minted: int, sold: Sold, drained: float) -> Finding:
    wallet, wei = seen.address(deal.signer), deal.values.of(sold.money, sold.got)
    loss = Loss(sold.pool, wei, sold.share, (sold.money,), False)
    return Finding(
        block_number=deal.block,
        timestamp=deal.time,
        category="hidden-mint",
        subject_kind="wallet",
        subject=wallet,
        score=round(0.6 + 0.3 * min(1.0, sold.share), 6),
        severity=severity("critical", wei or 0, has_tokens=wei is None),
        transaction=deal.hash,
        roles=roles_of(seen, deal, [loss]),
        rows=seen.evidence(deal.evidence(seen)),
        measured={"drained": round(sold.share, 6), "minted": str(minted), "sellers": len(deal.own)},
        thresholds={"drained": drained},
        explanation=(
            f"{minted} new units of the token {hexed(seen.address(token))} were made for"
            f" {hexed(wallet)}, who gave nothing for them, and sold in the same transaction for"
            f" {sold.share:.0%} of the money in the pool {hexed(seen.address(sold.pool))}."
        ),
        value_wei=wei,
    )
