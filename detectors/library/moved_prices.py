"""What `price_manipulation` says, by how a price was moved and used; `cuts` are its settings. No detector."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Seen, hexed
from detectors.parts.bare_syncs import Destroyed
from detectors.parts.dealings import Dealing, Loss, Push
from detectors.parts.exploits import ASSUMED, moved_sentence, roles_of, total
from detectors.parts.lending import Told
from detectors.parts.lines import Place
from detectors.parts.pledges import Pledge
from detectors.parts.worth import severity

Cut = int | float | str


def _score(times: float, share: float) -> float:
    """How far the price was moved, and how much of the loss the side has."""
    return round(min(1.0, 0.6 + 0.2 * min(1.0, (times - 1) / 0.5) + 0.2 * min(1.0, share)), 6)


def by_round_trip(
    seen: Seen, deal: Dealing, losses: list[Loss], push: Push, gained: float, cuts: Mapping[str, Cut]
) -> Finding:
    """`gained`: the share of the losses that the side has more. Where the coin prices none of them, sums are
    told as shares.
    """
    unknown, lost, guess = losses[0].wei is None, total(losses), bool(deal.values.used)
    signer, loser = hexed(seen.address(deal.signer)), hexed(seen.address(losses[0].account))
    sums = f"{lost} wei in between, of which the side has {gained:.0%}"
    if unknown:
        sums = f"{losses[0].share:.0%} of what it paid in between"
    sentences = [
        f"{signer} traded a pool one way and back in one transaction, and {loser} lost {sums}.",
        moved_sentence(seen, push),
        *([ASSUMED] if guess or unknown else []),
    ]
    return Finding(
        block_number=deal.block,
        timestamp=deal.time,
        category="price-manipulation",
        subject_kind="wallet",
        subject=seen.address(deal.signer),
        score=_score(push.times, gained),
        severity=severity("critical", lost, has_tokens=unknown),
        transaction=deal.hash,
        roles=roles_of(seen, deal, losses),
        rows=seen.evidence(deal.evidence(seen)),
        measured={
            "least_wei": str(lost),
            "push": round(push.times, 6),
            "honest": round(1 - max(loss.share for loss in losses), 6),
            "least_gain": round(gained, 6),
            "gain_wei": str(deal.gain()),
            "prices": "assumed" if guess or unknown else "before the block",
        },
        thresholds={name: cuts[name] for name in ("least_wei", "push", "honest", "least_gain")},
        explanation=" ".join(sentences),
        proven=not guess and not unknown,
        value_wei=None if unknown else lost,
    )


def by_pledge(seen: Seen, pledge: Pledge, place: Place, lost: int, cuts: Mapping[str, Cut]) -> Finding:
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
        thresholds={name: cuts[name] for name in ("least_wei", "dearer", "covered")},
        explanation=(
            f"{hexed(owner)} made a token {pledge.times:.2f} times dearer by {len(pledge.purchases)}"
            f" purchases, left it with {hexed(holder)}, and drew {lost} wei more than it is worth without."
        ),
        proven=True,
        value_wei=lost,
    )


def by_attempt(seen: Seen, pledge: Pledge, place: Place, row: int, cuts: Mapping[str, Cut]) -> Finding:
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
        thresholds={"attempt": cuts["attempt"]},
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


def by_destruction(
    seen: Seen, deal: Dealing, gone: Destroyed, lost: int | None, gained: float, cuts: Mapping[str, Cut]
) -> Finding:
    """`lost` in wei, None where nothing prices it; `gained`: the share of it that the side has."""
    signer, pool = hexed(seen.address(deal.signer)), hexed(seen.address(gone.pool))
    share = gone.lost / gone.held
    victim = Loss(gone.pool, lost, share, (gone.money,), False)
    worth = f"{share:.0%}" if lost is None else f"{lost} wei"
    return Finding(
        **_place(deal),
        category="price-manipulation",
        subject_kind="wallet",
        subject=seen.address(deal.signer),
        score=_score(gone.times, share),
        severity=severity("critical", lost or 0, has_tokens=lost is None),
        roles=roles_of(seen, deal, [victim]),
        rows=seen.evidence(deal.evidence(seen)),
        measured={
            "least_wei": str(lost or 0),
            "dearer": round(gone.times, 6),
            "drained": round(share, 6),
            "least_gain": round(gained, 6),
        },
        thresholds={name: cuts[name] for name in ("least_wei", "dearer", "drained", "least_gain")},
        explanation=(
            f"Tokens were taken out of the pool {pool} without a trade, which made the rest {gone.times:.2f}"
            f" times dearer, and {signer} sold to it for {worth} of what it held."
        ),
        proven=lost is not None,
        value_wei=lost,
    )


def by_feed(seen: Seen, deal: Dealing, found: list[tuple[int, Told]], cuts: Mapping[str, Cut]) -> Finding:
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
        thresholds={name: cuts[name] for name in ("least_wei", "seized")},
        explanation=(
            f"{signer} was given collateral of {owner} for a debt of {times:.2f} times less, at prices of"
            f" pools that nobody moved: {lost} wei."
        ),
        value_wei=lost,
    )


def _place(deal: Dealing) -> Place:
    return Place(block_number=deal.block, timestamp=deal.time, transaction=deal.hash)
