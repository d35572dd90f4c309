"""Price manipulation: a price is moved, somebody believes it, and pays for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Seen, Tier, hexed
from detectors.parts.bare_syncs import Destroyed, bare_syncs, destroyed
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
from detectors.parts.lending import LIQUIDATIONS, Told, told_of
from detectors.parts.lines import Place
from detectors.parts.pledges import Look, Pledge, called_payers, pledges, refused_calls
from detectors.parts.values import values_before
from detectors.parts.worth import severity


@dataclass(frozen=True, slots=True)
class Settings:
    """least_wei, honest, least_gain, push, most_legs: as of `flash-loan-attack`. covered: what was left for a
    loan would be worth less than this share of it had its owner not bought (lenders want 1.2 times the loan
    and more, so an honest one stays far above). dearer: so many times dearer he made it, or what was taken
    out of a pool without a trade made the rest. attempt: the same where the next call failed (a lender of
    70 % gives more than its worth for a token 1.4 times too dear). drained: the share of a pool's money that
    went then. seized: collateral was worth so many times the debt that was paid for it (bonuses end at
    1.15, thin pools are off by half, wrong feeds by far more).
    window_s, most_rows: how far back purchases are looked for: all that the row log holds, as thieves wait
    for weeks.
    """

    least_wei: int = 10**17
    honest: float = 0.75
    least_gain: float = 0.1
    push: float = 1.02
    most_legs: int = 200
    covered: float = 0.95
    dearer: float = 1.1
    attempt: float = 1.5
    drained: float = 0.05
    seized: float = 2.0
    window_s: int = 90 * 86_400
    most_rows: int = 400


class PriceManipulation:
    """Catches who moves a price and has somebody pay by it. At once: a pool is traded one way and back in one
    transaction, and somebody beside pools and the trader's side got back less than three quarters of what it
    paid, at prices before the block, while the side gained. Step by step: a wallet drew from a contract, by a
    call of its own, more than what it had left there would be worth had it not bought that itself, or others
    for it; at whatever pace, and less what others sold against it; a claim of what was registered at such a
    price too (10.P2). By destruction: tokens left a pool that synced without a trade, and the rest was sold
    to it for its money (P1). By a feed: collateral was seized for a debt of much less, at prices of pools
    that nobody moved (P3).

    Large swaps, slices and sandwiches have nobody who pays by the price (N1); who evens out pools pays and is
    paid by pools alone (N2); leverage at a fair price is covered by what was bought; a token that burns a
    little of each sale moves little. Fails: attempts in one transaction that was
    reverted, as it leaves no log; sales that are
    paid out in the pumped token itself; loans by a wrong feed (P3) without a liquidation; pools of unknown
    kinds (P4); over several transactions only purchases in pools of Uniswap's second version with what is
    lent are seen; reserves destroyed in one transaction and used in another. Costs a look at transactions
    that trade a pool both ways, and a look into the row log for each contract that pays its caller. Source:
    DeFiRanger (432 attacks in 350M transactions), DeFiScope P .96 R .80.
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
        found += self._refused(seen)
        found += self._destroyed(seen)
        found += self._seized(seen)
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
            values = values_before(seen, int(sent["block"][number - int(sent["number"][0])]))
            if (values.of(asset, units) or 0) < own.least_wei:
                continue
            look, owner, holder, place = self._look(seen, number)
            for pledge in pledges(look, owner, holder, asset):
                lost = values.of(asset, pledge.drawn - pledge.worth) or 0
                is_short = pledge.worth < own.covered * pledge.drawn
                if is_short and pledge.times >= own.dearer and lost >= own.least_wei:
                    yield _step_by_step(seen, pledge, place, lost, own)

    def _refused(self, seen: Seen) -> Iterator[Finding]:
        """Where the call that was to bring the gain failed."""
        for number in refused_calls(seen):
            look, owner, holder, place = self._look(seen, number)
            for pledge in pledges(look, owner, holder):
                is_new = pledge.drawn <= 0 < pledge.pledged
                if is_new and pledge.times >= self.settings.attempt:
                    yield _attempt(seen, pledge, place, look.until - 1, self.settings)

    def _look(self, seen: Seen, number: int) -> tuple[Look, int, int, Place]:
        """At the rows up to a transaction; its signer, whom it calls, and where a finding about it stands."""
        own, sent = self.settings, seen.transactions
        at = number - int(sent["number"][0])
        block, time = int(sent["block"][at]), int(sent["time"][at])
        until = int(seen.rows["number"][int(sent["end_row"][at]) - 1]) + 1
        look = Look(seen, block, time - own.window_s, own.most_rows, until)
        place = Place(block_number=block, timestamp=time, transaction=sent["hash"][at].tobytes())
        return look, int(sent["signer"][at]), int(sent["target"][at]), place

    def _destroyed(self, seen: Seen) -> Iterator[Finding]:
        own, bare = self.settings, bare_syncs(seen)
        for deal in dealings(seen, bare):
            if len(deal.legs) > own.most_legs:
                continue
            for gone in destroyed(seen, deal, bare[deal.number]):
                lost = deal.values.of(gone.money, gone.lost) or 0
                gain = deal.values.of(gone.money, deal.more(gone.money)) or 0
                emptied = gone.lost >= own.drained * gone.held
                if (
                    gone.times >= own.dearer
                    and emptied
                    and lost >= own.least_wei
                    and gain >= own.least_gain * lost
                ):
                    yield _by_destruction(seen, deal, gone, lost, gain, own)

    def _seized(self, seen: Seen) -> Iterator[Finding]:
        own, rows = self.settings, seen.rows
        told = np.isin(rows["kind"], LIQUIDATIONS)
        for deal in dealings(seen, rows["transaction"][told].tolist() if told.any() else []):
            deal.values.assumed.clear()
            found = [
                (seized - repaid, each)
                for each in told_of(seen, deal.number, LIQUIDATIONS)
                if (seized := deal.values.of(each.asset, each.amount)) is not None
                and (repaid := deal.values.at_price(each.debt, each.repaid)) is not None
                and seized >= own.seized * repaid
                and seized - repaid >= own.least_wei
            ]
            if found:
                yield _by_feed(seen, deal, found, own)


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
    covered = pledge.worth / pledge.drawn
    return Finding(
        **place,
        category="price-manipulation",
        subject_kind="wallet",
        subject=owner,
        score=_score(pledge.times, 1 - covered),
        severity=severity("critical", lost, has_tokens=False),
        roles=_roles(seen, pledge),
        rows=seen.evidence(_evidence(pledge)),
        measured={
            "least_wei": str(lost),
            "dearer": round(pledge.times, 6),
            "covered": round(covered, 6),
            "purchases": len(pledge.purchases),
        },
        thresholds=_thresholds(own, dearer=own.dearer, covered=own.covered),
        explanation=(
            f"{hexed(owner)} made a token {pledge.times:.2f} times dearer by {len(pledge.purchases)}"
            f" purchases, left it with {hexed(holder)}, and drew {lost} wei more than it is worth without."
        ),
        proven=True,
        value_wei=lost,
    )


def _attempt(seen: Seen, pledge: Pledge, place: Place, row: int, own: Settings) -> Finding:
    owner, holder = seen.address(pledge.owner), seen.address(pledge.holder)
    return Finding(
        **place,
        category="price-manipulation",
        subject_kind="wallet",
        subject=owner,
        score=0.5,
        severity="low",
        roles=_roles(seen, pledge),
        rows=seen.evidence([*_evidence(pledge), row]),
        measured={"attempt": round(pledge.times, 6), "purchases": len(pledge.purchases)},
        thresholds={"attempt": own.attempt},
        explanation=(
            f"{hexed(owner)} made a token {pledge.times:.2f} times dearer by {len(pledge.purchases)}"
            f" purchases and left it with {hexed(holder)}, which refused the next call."
        ),
    )


def _roles(seen: Seen, pledge: Pledge) -> tuple[tuple[bytes, RoleName], ...]:
    """The owner and who bought for him; who holds the pledge; the pools."""
    roles: dict[int, RoleName] = {pledge.owner: "attacker", pledge.holder: "victim"}
    for bought in pledge.purchases:
        roles.setdefault(bought.signer, "attacker")
        roles.setdefault(bought.pool, "infrastructure")
    return tuple((seen.address(number), role) for number, role in roles.items())


def _evidence(pledge: Pledge) -> list[int]:
    return sorted({*pledge.rows, *(row for bought in pledge.purchases for row in bought.rows)})


def _by_destruction(
    seen: Seen, deal: Dealing, gone: Destroyed, lost: int, gain: int, own: Settings
) -> Finding:
    signer, pool = hexed(seen.address(deal.signer)), hexed(seen.address(gone.pool))
    share = gone.lost / gone.held
    victim = Loss(gone.pool, lost, share, (gone.money,), False)
    return Finding(
        **_place(deal),
        category="price-manipulation",
        subject_kind="wallet",
        subject=seen.address(deal.signer),
        score=_score(gone.times, share),
        severity=severity("critical", lost, has_tokens=False),
        roles=roles_of(seen, deal, [victim]),
        rows=seen.evidence(deal.evidence(seen)),
        measured={
            "least_wei": str(lost),
            "dearer": round(gone.times, 6),
            "drained": round(share, 6),
            "least_gain": round(gain / lost, 6),
        },
        thresholds=_thresholds(own, dearer=own.dearer, drained=own.drained, least_gain=own.least_gain),
        explanation=(
            f"Tokens were taken out of the pool {pool} without a trade, which made the rest {gone.times:.2f}"
            f" times dearer, and {signer} sold to it for {lost} wei of what it held."
        ),
        proven=True,
        value_wei=lost,
    )


def _by_feed(seen: Seen, deal: Dealing, found: list[tuple[int, Told]], own: Settings) -> Finding:
    lost, (_, most) = sum(wei for wei, _ in found), max(found, key=lambda each: each[0])
    repaid = deal.values.at_price(most.debt, most.repaid) or 1
    times = (deal.values.of(most.asset, most.amount) or 0) / repaid
    owners = dict.fromkeys(told.owner for _, told in found)
    victims = [Loss(owner, lost, 1.0, (most.asset,), False) for owner in owners]
    signer, owner = hexed(seen.address(deal.signer)), hexed(seen.address(most.owner))
    return Finding(
        **_place(deal),
        category="price-manipulation",
        subject_kind="wallet",
        subject=seen.address(deal.signer),
        score=_score(times, 1 - 1 / times),
        severity=severity("critical", lost, has_tokens=False),
        roles=roles_of(seen, deal, victims),
        rows=seen.evidence(deal.evidence(seen)),
        measured={"least_wei": str(lost), "seized": round(times, 6), "owners": len(owners)},
        thresholds=_thresholds(own, seized=own.seized),
        explanation=(
            f"{signer} was given collateral of {owner} for a debt of {times:.2f} times less, at prices of"
            f" pools that nobody moved: {lost} wei."
        ),
        value_wei=lost,
    )


def _place(deal: Dealing) -> Place:
    return Place(block_number=deal.block, timestamp=deal.time, transaction=deal.hash)
