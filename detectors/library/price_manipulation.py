"""Price manipulation: a price is moved, somebody believes it, and pays for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Seen, Tier, hexed
from detectors.parts.dealings import (
    ASSUMED,
    Dealing,
    Loss,
    Push,
    dealings,
    moved_sentence,
    roles_of,
    total,
    used_push,
)
from detectors.parts.lines import Place
from detectors.parts.pledges import Pledge, called_payers, pledges
from detectors.parts.values import values_before
from detectors.parts.worth import severity


@dataclass(frozen=True, slots=True)
class Settings:
    """least_wei, honest, least_gain, push, most_legs: as of `flash-loan-attack`. covered: what was left for a
    loan was worth less than this share of it before its owner bought (lenders want 1.2 times the loan and
    more, so an honest one stays far above). dearer: so many times dearer he made it. window_s: purchases
    older than that have become the market. most_rows: of a wallet that is looked at.
    """

    least_wei: int = 10**17
    honest: float = 0.75
    least_gain: float = 0.1
    push: float = 1.02
    most_legs: int = 200
    covered: float = 0.95
    dearer: float = 1.1
    window_s: int = 86_400
    most_rows: int = 400


class PriceManipulation:
    """Catches who moves a pool's price and has a protocol pay by it. In one transaction: a pool is traded one
    way and back, and somebody beside pools and the trader's side got back less than three quarters of what it
    paid, at prices before the block, while the side gained. Over several: a wallet drew from a contract, by a
    call of its own, more than what it had left there was worth before it (or others for it) bought that,
    within a day.

    Large swaps, slices and sandwiches have nobody who pays by the price (10.N1); who evens out pools pays and
    is paid by pools alone (N2); leverage at a fair price is covered by what was bought (hard negatives).
    Fails: where reserves were destroyed and no swap tells (10.P1); sales and bonds read from the pair whose
    claim comes later by another contract (P2); a wrong feed without a push (P3); pools of unknown kinds (P4);
    over several transactions only purchases in pools of Uniswap's second version with what is lent are seen.
    Costs a look at transactions that trade a pool both ways, and a look into the row log for each contract
    that pays its caller. Source: DeFiRanger (432 attacks in 350M transactions), DeFiScope P .96 R .80.
    """

    name = "price-manipulation"
    catches: tuple[str, ...] = ("price-manipulation",)
    needs: Tier = "logs"
    settings = Settings()
    reads: tuple[str, ...] = ("loans", "net", "pools", "prices", "sides")
    excused_by: tuple[str, ...] = ("liquidation", "arbitrage")
    quiet_seconds = 86_400

    def score(self, seen: Seen) -> list[Finding]:
        found = [said for deal in self._both_ways(seen) if (said := self._at_once(seen, deal)) is not None]
        found += self._drawn(seen)
        return sorted(found, key=lambda finding: finding.block_number)

    def _both_ways(self, seen: Seen) -> list[Dealing]:
        """Transactions that trade a pool one way and the other."""
        legs = seen.of("pools").get("legs")
        if legs is None or legs["row"].size < 2:
            return []
        order = np.lexsort((legs["row"], legs["pool"], legs["transaction"]))
        sent, pool, into = (legs[name][order] for name in ("transaction", "pool", "asset_in"))
        turns = (np.diff(sent) == 0) & (np.diff(pool) == 0) & (np.diff(into) != 0)
        deals = dealings(seen, sent[1:][turns].tolist())
        return [deal for deal in deals if len(deal.legs) <= self.settings.most_legs]

    def _at_once(self, seen: Seen, deal: Dealing) -> Finding | None:
        own = self.settings
        push, losses, gain = used_push(deal, own.push), deal.losses(own.least_wei, own.honest), deal.gain()
        if push is None or not losses or gain < own.least_gain * total(losses):
            return None
        return _at_once(seen, deal, losses, push, gain, own)

    def _drawn(self, seen: Seen) -> Iterator[Finding]:
        own, sent = self.settings, seen.transactions
        for number, asset, units in called_payers(seen):
            at = number - int(sent["number"][0])
            block, time = int(sent["block"][at]), int(sent["time"][at])
            owner, holder = int(sent["signer"][at]), int(sent["target"][at])
            values = values_before(seen, block)
            if (values.of(asset, units) or 0) < own.least_wei:
                continue
            until = int(seen.rows["number"][int(sent["end_row"][at]) - 1]) + 1
            since = time - own.window_s
            for pledge in pledges(seen, block, owner, holder, asset, since, own.most_rows, until):
                lost = values.of(asset, pledge.drawn - pledge.worth) or 0
                is_short = pledge.worth < own.covered * pledge.drawn
                if is_short and pledge.times >= own.dearer and lost >= own.least_wei:
                    place = Place(block_number=block, timestamp=time, transaction=sent["hash"][at].tobytes())
                    yield _step_by_step(seen, pledge, place, lost, own)


def _thresholds(own: Settings, **more: float) -> dict[str, int | float | str]:
    return {"least_wei": str(own.least_wei), **more}


def _score(times: float, share: float) -> float:
    """How far the price was moved, and how much of the loss the side has."""
    return round(min(1.0, 0.6 + 0.2 * min(1.0, (times - 1) / 0.5) + 0.2 * min(1.0, share)), 6)


def _at_once(seen: Seen, deal: Dealing, losses: list[Loss], push: Push, gain: int, own: Settings) -> Finding:
    lost, guess = total(losses), bool(deal.values.used)
    signer, loser = hexed(seen.address(deal.signer)), hexed(seen.address(losses[0].account))
    sentences = [
        f"{signer} traded a pool one way and back in one transaction, and {loser} lost {lost} wei",
        f"in between; the side has {gain} more.",
        moved_sentence(seen, push),
        *([ASSUMED] if guess else []),
    ]
    return Finding(
        block_number=deal.block,
        timestamp=deal.time,
        category="price-manipulation",
        subject_kind="wallet",
        subject=seen.address(deal.signer),
        score=_score(push.times, gain / lost),
        severity=severity("critical", lost, has_tokens=False),
        transaction=deal.hash,
        roles=roles_of(seen, deal, losses),
        rows=seen.evidence(deal.evidence(seen)),
        measured={
            "least_wei": str(lost),
            "push": round(push.times, 6),
            "honest": round(1 - max(loss.share for loss in losses), 6),
            "least_gain": round(gain / lost, 6),
            "gain_wei": str(gain),
            "prices": "assumed" if guess else "before the block",
        },
        thresholds=_thresholds(own, push=own.push, honest=own.honest, least_gain=own.least_gain),
        explanation=" ".join(sentences),
        proven=not guess,
        value_wei=lost,
    )


def _step_by_step(seen: Seen, pledge: Pledge, place: Place, lost: int, own: Settings) -> Finding:
    owner, holder = seen.address(pledge.owner), seen.address(pledge.holder)
    roles: dict[int, RoleName] = {pledge.owner: "attacker", pledge.holder: "victim"}
    for bought in pledge.purchases:
        roles.setdefault(bought.signer, "attacker")
        roles.setdefault(bought.pool, "infrastructure")
    numbers = sorted({*pledge.rows, *(row for bought in pledge.purchases for row in bought.rows)})
    covered = pledge.worth / pledge.drawn
    return Finding(
        **place,
        category="price-manipulation",
        subject_kind="wallet",
        subject=owner,
        score=_score(pledge.times, 1 - covered),
        severity=severity("critical", lost, has_tokens=False),
        roles=tuple((seen.address(number), role) for number, role in roles.items()),
        rows=seen.evidence(numbers),
        measured={
            "least_wei": str(lost),
            "dearer": round(pledge.times, 6),
            "covered": round(covered, 6),
            "purchases": len(pledge.purchases),
        },
        thresholds=_thresholds(own, dearer=own.dearer, covered=own.covered),
        explanation=(
            f"{hexed(owner)} made a token {pledge.times:.2f} times dearer by {len(pledge.purchases)}"
            f" purchases, left it with {hexed(holder)}, and drew {lost} wei more than it was worth before."
        ),
        proven=True,
        value_wei=lost,
    )
