"""Flash-loan attacks: somebody borrows what he does not have, and a protocol pays for it at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.base import Finding, Seen, Tier, hexed
from detectors.library.failed_flash_loans import failed_flash_loans
from detectors.parts.dealings import Dealing, Loss, Push, dealings
from detectors.parts.exploits import (
    ASSUMED,
    is_told,
    losses_in_money,
    moved_sentence,
    roles_of,
    settled,
    total,
    used_push,
)
from detectors.parts.loans import BY_EVENT, BY_SWAP, BY_TRANSFERS
from detectors.parts.turned import Turned, turned
from detectors.parts.worth import severity

_HOW = {BY_EVENT: "by event", BY_TRANSFERS: "by transfers", BY_SWAP: "by a swap that pays first"}


_IN_KIND = "what was lent, to the borrower's side."
_FOR_NOTHING = "for nothing what has no price; the borrower's side has more, and gave nothing."


@dataclass(frozen=True, slots=True)
class Settings:
    """least_wei: a loss below is not looked at (a tenth of a coin: what fees and rounding do not reach).
    honest: who got back this share of what he paid, at prices before the block, traded (chain-notes.md: 11 of
    30,277 ordinary transactions are below). least_gain: what the borrower's side gained, as a share of the
    loss. least_share, in_kind: where what was lent has no price, what somebody lost of it, as a share of the
    loan, and how much of that the borrower's side has. push: a price is moved from that many times on (1 %
    more than the dearest pool's fee). most_legs: of transactions with more than so many trades nothing is
    said. users: of a loan that failed, people who used the contract that refused, from which on it is
    everybody's (as in `suspicious-contract`).
    """

    least_wei: int = 10**17
    honest: float = 0.75
    least_gain: float = 0.1
    least_share: float = 0.01
    in_kind: float = 0.5
    push: float = 1.02
    most_legs: int = 200
    users: int = 24


class FlashLoanAttack:
    """Catches who borrows and pays back in one transaction and gains by it at the cost of somebody who is
    neither lender nor pool: a protocol got back less than three quarters of what it paid, at prices before
    the block, and the borrower's side has more. The score grows with what is there of the mechanism: a pool's
    price was moved before the loss (and traded back after it), and how much of the loss the side gained.

    A loan is one by event, or by what left a holder and came back (`loans`), so calls in a constructor, from
    a wallet with code, of unknown lenders and V4-like vaults are alike (9.P1 to P3); an explanation never
    lowers a loss that a moved price made (9.P5). Where the loser's asset has no price and is sold to pools of
    unknown kinds, it is enough that the loser got nothing and the side gave nothing; where the pool that was
    moved trades for another money, losses are told in that. A venue of an unknown kind that the side traded
    one way and back counts as moved. Arbitrage has no loser beside pools (N1); collateral, debt and shares
    that change hands for what was paid are seen as minted or burnt receipts, as a third who was paid with the
    loan, or told by the lender's event (N2). None of that explains what the side keeps of the loss in kind,
    nor shares that it took and burnt.

    What was refused is said with severity low, where there are traces: in a failed call of the signer's own
    contract a lender called back, a pool was swapped in, and then another's contract that few use failed.

    Fails: victims of many that refuse; a gain that stays in the protocol and is taken by a later call (9.P4),
    or that is put into another market at once, for its shares; losers paid in what has no price, where no
    price was moved; loans that a third hand pays back; victims that are pools of unknown kinds and lost less
    than a quarter. Abused by: nobody can be made an attacker but who
    signs. Costs a look at the transactions with a loan, one in a hundred. Source: DeFiRanger (432 attacks in
    350M transactions), LeiShen P .789, DeFiScope P .96 R .80.
    """

    name = "flash-loan-attack"
    catches: tuple[str, ...] = ("flash-loan-attack",)
    needs: Tier = "logs"
    settings = Settings()
    reads: tuple[str, ...] = ("loans", "net", "pools", "prices", "sides", "contracts")
    excused_by: tuple[str, ...] = ("liquidation", "arbitrage", "collateral-swap")

    def score(self, seen: Seen) -> list[Finding]:
        loans = seen.of("loans").get("loans")
        found = list(failed_flash_loans(seen, self.settings.users))
        if loans is None:
            return found
        for deal in dealings(seen, np.unique(loans["transaction"]).tolist()):
            said = self._finding(seen, deal) if len(deal.legs) <= self.settings.most_legs else None
            found += [said] if said is not None else []
        return sorted(found, key=lambda finding: finding.block_number)

    def _finding(self, seen: Seen, deal: Dealing) -> Finding | None:
        own = self.settings
        push = used_push(deal, own.push)
        turn = turned(seen, deal) if push is None else None
        losses = deal.losses(own.least_wei, own.honest, by_sale=push is not None)
        if push is None:
            losses = [loss for loss in losses if not loss.blind and (turn or not settled(deal, loss))]
        gain = deal.gain()
        if not losses or gain < own.least_gain * total(losses):
            losses = self._in_money(deal, push) if push is not None else []
            losses = losses or self._unpriced(seen, deal, used=push is not None or turn is not None)
        return _told(seen, deal, losses, push or turn, gain, own) if losses else None

    def _in_money(self, deal: Dealing, push: Push) -> list[Loss]:
        """What was lost by prices in another asset than the coin, where the side gained by it."""
        own = self.settings
        losses, gained = losses_in_money(deal, push, own.least_share, own.honest)
        return losses if gained >= own.least_gain else []

    def _unpriced(self, seen: Seen, deal: Dealing, used: bool) -> list[Loss]:
        """What was lost of assets without a price; `used`: a price was moved, so no claim explains it."""
        kinds = [deal.losses_in_kind(self.settings.least_share, self.settings.in_kind)]
        losses = deal.losses_for_nothing()
        kinds += [losses] if used or is_told(seen, deal, losses) else []
        kept = ([loss for loss in each if used or not settled(deal, loss)] for each in kinds)
        return next((each for each in kept if each), [])


def _told(
    seen: Seen, deal: Dealing, losses: list[Loss], moved: Push | Turned | None, gain: int, own: Settings
) -> Finding:
    lost, unknown, guess = total(losses), losses[0].wei is None, bool(deal.values.used)
    in_kind = {loan.asset for loan in deal.loans}.issuperset(losses[0].assets)
    share = float(in_kind) if unknown else min(1.0, gain / lost)
    push = moved if isinstance(moved, Push) else None
    further = 0.0 if push is None else min(1.0, (push.times - 1) / 0.5)
    signer, loser = hexed(seen.address(deal.signer)), hexed(seen.address(losses[0].account))
    by_share = unknown and losses[0].share < 1
    sums = f"{lost} wei in it, and the borrower's side has {gain} more."
    if by_share:
        sums = f"{losses[0].share:.0%} of what it paid."
    elif unknown:
        sums = _IN_KIND if in_kind else _FOR_NOTHING
    sentences = [
        f"{signer} borrowed and paid back in one transaction, and {loser} lost",
        sums,
        *([] if moved is None else [moved_sentence(seen, moved)]),
        *([ASSUMED] if guess or by_share else []),
    ]
    return Finding(
        block_number=deal.block,
        timestamp=deal.time,
        category="flash-loan-attack",
        subject_kind="wallet",
        subject=seen.address(deal.signer),
        score=round(min(1.0, 0.5 + 0.15 * share + 0.15 * (moved is not None) + 0.2 * further), 6),
        severity=severity("critical", lost, has_tokens=unknown),
        transaction=deal.hash,
        roles=roles_of(seen, deal, losses),
        rows=seen.evidence(deal.evidence(seen)),
        measured={
            "least_wei": str(lost),
            "honest": round(1 - max(loss.share for loss in losses), 6),
            "least_gain": round(share, 6),
            "least_share": own.least_share,
            "in_kind": round(share, 6),
            "push": 1.0 if push is None else round(push.times, 6),
            "gain_wei": str(gain),
            "loans": len(deal.loans),
            "loan": _HOW[max(deal.loans, key=lambda each: each.lent).how],
            "prices": "assumed" if guess or by_share else "before the block",
        },
        thresholds={
            "least_wei": str(own.least_wei), "honest": own.honest, "least_gain": own.least_gain,
            "least_share": own.least_share, "in_kind": own.in_kind, "push": own.push,
        },
        explanation=" ".join(sentences),
        proven=push is not None and not guess and not unknown,
        value_wei=None if unknown else lost,
    )  # fmt: skip
