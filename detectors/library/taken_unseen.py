"""What `asset_drain` says of thefts from contracts of which nothing was seen before: by the shape of one
transaction alone. No detector.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Seen, hexed
from detectors.memory.layout import Array, Columns
from detectors.parts import worth
from detectors.parts.inside import NOBODY, Inside, in_coin
from detectors.parts.kinds import among, is_some
from detectors.parts.one_sided import Loot, loot
from detectors.parts.people import People


def candidates(seen: Seen, net: Columns, out: Array, before: Array) -> list[int]:
    """Transactions in which accounts beside the signer lost more than was seen to come, of several assets or
    of one that they were paid, too. `out`: what lines of `net` lost; `before`: what was there, as seen.
    """
    signer = seen.transactions["signer"][net["transaction"] - seen.transactions["number"][0]]
    lost = (out > 0) & (before < out) & (net["account"] != NOBODY) & (net["account"] != signer)
    lost &= net["account"] != net["asset"]
    # Who gained something and lost one asset has traded: a transaction of trades alone is not looked at.
    account = net["transaction"] << 32 | net["account"]
    gained, times = np.isin(account, account[out < 0]), _times(account[lost])
    pays = lost & (~gained | np.isin(account, times))
    turned = pays & is_some(net["received"])
    sent, _ = np.unique(np.stack([net["transaction"][pays], net["asset"][pays]]), axis=1)
    several = sent[1:][sent[1:] == sent[:-1]]
    found: list[int] = np.unique(np.concatenate([several, net["transaction"][turned]])).tolist()
    return found


def _times(values: Array) -> Array:
    """Those that are there twice."""
    each, count = np.unique(values, return_counts=True)
    found: Array = each[count > 1]
    return found


def unseen(seen: Seen, number: int, most_takers: int) -> Finding | None:
    """What is to be said of a transaction, if anything: nothing where somebody of it is known."""
    one = Inside(seen, number)
    taken = loot(one, most_takers)
    if taken is None or not _is_strange(one, taken):
        return None
    return _told(one, taken, {"assets": 1 if taken.turned else 2, "payees": most_takers})


def _is_strange(one: Inside, taken: Loot) -> bool:
    """Whether takers and losers had never to do with each other, takers are no busy places, and of no loser
    it was seen how it was made.
    """
    people, first = People(one.seen, one.of("block")), int(one.rows["number"][0])
    made = one.seen.history("contracts.made")
    if any(made.rows(loser, one.of("block"), 1)["row"].size for loser in taken.losers):
        return False
    for taker in taken.takers:
        rows = people.rows(taker)
        if not people.is_fully_known(taker) or people.is_hub(taker):
            return False
        with_it = among(rows["source"], taken.losers) | among(rows["target"], taken.losers)
        if (with_it & (rows["row"] < first)).any():
            return False
    return True


def _told(one: Inside, taken: Loot, thresholds: Mapping[str, int]) -> Finding:
    seen, people = one.seen, People(one.seen, one.of("block"))
    wei, unpriced = in_coin(one, ((asset, units) for _, asset, units in taken.lost))
    side = {who for who in (*taken.hands, *one.side()) if not people.is_hub(who)}
    main = max(taken.takers, key=lambda who: (_assets(one, who), who in side))
    roles: dict[int, RoleName] = dict.fromkeys((main, *taken.takers, *sorted(side)), "attacker")
    roles |= dict.fromkeys(taken.losers, "victim")
    subject, (loser, *others) = seen.address(main), (hexed(seen.address(who)) for who in taken.losers)
    assets = len({asset for _, asset, _ in taken.lost})
    whose = f"{loser} and {len(others)} others" if others else loser
    how = (
        f"was paid first and paid back {taken.turned:.1%} more"
        if taken.turned
        else f"lost {assets} assets" + (" for others that nobody prices" if taken.swapped else " for nothing")
    )
    graded = 0.4 + 0.05 * min(assets, 4) + 0.1 * (bool(others) + taken.swapped + bool(taken.hands))
    graded += 0.2 * min(1.0, taken.turned)
    return Finding(
        block_number=one.of("block"),
        timestamp=one.of("time"),
        category="asset-drain",
        subject_kind="wallet",
        subject=subject,
        score=round(min(1.0, graded), 6),
        severity=worth.severity("critical", wei, unpriced),
        transaction=one.hash,
        roles=tuple((seen.address(who), role) for who, role in roles.items()),
        rows=seen.evidence(sorted(one.moved({*taken.losers, *taken.takers, *taken.hands}))),
        measured={
            "assets": assets, "losers": len(taken.losers), "payees": len(taken.takers),
            "turned": round(taken.turned, 6), "swapped": int(taken.swapped), "before": "not known",
        },
        thresholds=thresholds,
        explanation=f"In one transaction {whose} {how}, and {hexed(subject)} has it, who gave nothing. What"
        " they had before is not known.",
        value_wei=wei or None,
    )  # fmt: skip


def _assets(one: Inside, account: int) -> int:
    return sum(line.account == account and line.more > 0 for line in one.lines())
