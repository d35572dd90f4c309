"""Governance attacks: votes that somebody gathered carry out what takes the others' treasury."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Tier, hexed
from detectors.kernels.decoding import Kind
from detectors.parts import worth
from detectors.parts.ballots import Ballot, ballot_of, hired, tied
from detectors.parts.contract import Seen
from detectors.parts.inside import NOBODY, Inside, in_coin, transactions_with
from detectors.parts.kinds import among, is_some, of_kinds
from detectors.parts.people import People
from detectors.parts.takeovers import handed_over, made_money, replaced

HOUR = 3600
LOANS = (Kind.FLASH_LOAN_AAVE, Kind.FLASH_LOAN_BALANCER, Kind.FLASH_LOAN_ERC3156, Kind.FLASH_V3)


@dataclass(frozen=True, slots=True)
class Settings:
    """power: the share of the votes for a motion that whoever proposed it or is paid by it casts, himself, by
    wallets to which he sent their votes, or for those who let him: half decides. share: of what a treasury
    has of an asset goes to them. waited_s: a proposal lay there for so long before borrowed votes carry it
    out (Beanstalk: a day). sudden_s: votes that were sent so shortly before were sent for it (a week: what a
    proposal takes from its announcement to the vote). own_part: who gets less of a payment than this is not
    who it is made for.
    """

    power: float = 0.5
    share: float = 0.25
    waited_s: int = HOUR
    sudden_s: int = 7 * 86_400
    own_part: float = 0.1


@dataclass(frozen=True, slots=True)
class Loss:
    """What a treasury has less of, the share of what it had, and who has more of it."""

    treasury: int
    asset: int
    amount: int
    share: float
    takers: tuple[int, ...]


class GovernanceAttack:
    """Flags who casts the votes of others, or votes gathered for it, and is paid out of a common treasury.

    At the execution of a proposal: its payee is a wallet, takes a quarter or more of what the keeper has of
    an asset, and most votes for it are one hand's: of the proposer or payee, of wallets to which they sent
    their votes, or of those who delegated to them. Or, in one transaction: a flash loan of the votes goes
    into a contract and comes out again whole, while the contract, which the signer had called long before,
    pays what else it has to somebody. Before the harm: at the vote, where most votes for it are the
    proposer's own by three or more wallets to which he sent them, by delegations that he paid for, or by
    votes lent for money.

    Left in peace: grants (a small part), treasuries that move to a contract, motions that many carry.

    A motion that pays nobody takes as well: control of a contract for the proposer or his hands (hard case
    13.P3), a quarter of a token's supply minted for them (P4), code made anew after it was proposed (P2).

    Fails: shares below a quarter (P1: 5 % of Compound's treasury); a payee that is a contract which the thief
    made; rules that were changed before the vote by a fault of the code (P5); treasuries older than the
    stream, unless the votes were got for it; governors with other events than OpenZeppelin's and Compound's.
    Costs a look at each execution and vote. Source: Beanstalk ($182M); Forta's rule of 5 % of votes found 0
    of 3.
    """

    name = "governance-attack"
    catches: tuple[str, ...] = ("governance-attack",)
    needs: Tier = "logs"
    settings = Settings()
    reads: tuple[str, ...] = ("net", "kept", "sides", "motions", "contracts", "prices")
    quiet_seconds = 90 * 86_400

    def score(self, seen: Seen) -> list[Finding]:
        found = [self._carried_out(one) for one in transactions_with(seen, (Kind.PROPOSAL_EXECUTED,))]
        found += [self._borrowed(one) for one in transactions_with(seen, LOANS)]
        found += [self._voted(one, item) for one, item in _last_votes(seen)]
        kept = [each for each in found if each is not None]
        return sorted(kept, key=lambda each: each.block_number)

    def _carried_out(self, one: Inside) -> Finding | None:
        people, rows = People(one.seen, one.of("block")), one.rows
        ballot = ballot_of(people, int(rows["item"][rows["kind"] == Kind.PROPOSAL_EXECUTED][-1]))
        if ballot is None:
            return None
        losses = [loss for loss in self._losses(one) if not _is_moved(one, loss)]
        losses = [loss for loss in losses if loss.share >= self.settings.share]
        if losses and not all(_is_known(one, loss.treasury) for loss in losses):
            losses = losses if hired(people, ballot, self.settings.sudden_s) is not None else []
        party = {ballot.proposer, *(taker for loss in losses for taker in loss.takers)}
        own = tied(people, ballot, party, self.settings.sudden_s)
        power = ballot.power(own)
        if not losses or power < self.settings.power:
            return self._taken_over(one, ballot, own, power)
        how = f"cast {power:.0%} of the votes for a motion of {hexed(one.seen.address(ballot.proposer))}"
        attackers = [*party, *own]
        return self._finding(one, losses, attackers, ballot.proposer, power, ballot.proofs(own), how)

    def _taken_over(self, one: Inside, ballot: Ballot, own: Sequence[int], power: float) -> Finding | None:
        """A motion that pays nobody, and still takes what is the others'."""
        decides, party = power >= self.settings.power, {ballot.proposer, *own}
        found = replaced(one, ballot)
        if found is None and decides:
            found = handed_over(one, party) or made_money(one, party, self.settings.share)
        if found is None:
            return None
        seen, wallet, rows = one.seen, one.seen.address(ballot.proposer), one.rows
        roles: dict[int, RoleName] = dict.fromkeys([ballot.proposer, *own, *found.others], "attacker")
        roles |= {found.what: "infrastructure" if found.others else "victim"}
        told = rows["number"][rows["kind"] == Kind.PROPOSAL_EXECUTED].tolist()
        return Finding(
            block_number=one.of("block"),
            timestamp=one.of("time"),
            category=self.name,
            subject_kind="wallet",
            subject=wallet,
            score=round(0.55 + 0.3 * power, 6),
            severity="high",
            transaction=one.hash,
            roles=tuple((seen.address(who), role) for who, role in roles.items()),
            rows=seen.evidence(sorted({*ballot.proofs(own), *found.rows, *told})),
            measured={"power": round(power, 6), "hands": len(own)},
            thresholds={"power": self.settings.power} if decides else {},
            explanation=f"{hexed(wallet)} cast {power:.0%} of the votes for a motion of his own, which "
            f"{found.how}: {hexed(seen.address(found.what))}.",
        )

    def _voted(self, one: Inside, item: int) -> Finding | None:
        """Votes that were got for the purpose decide: whatever for, it is not what they are given for."""
        people, rows = People(one.seen, one.of("block")), one.rows
        ballot = ballot_of(people, item)
        got = hired(people, ballot, self.settings.sudden_s) if ballot is not None else None
        if ballot is None or got is None or got.share < self.settings.power:
            return None
        seen, wallet = one.seen, one.seen.address(ballot.proposer)
        attackers = dict.fromkeys([ballot.proposer, *got.hands])
        votes = rows["number"][rows["kind"] == Kind.VOTE].tolist()
        return Finding(
            block_number=one.of("block"),
            timestamp=one.of("time"),
            category=self.name,
            subject_kind="wallet",
            subject=wallet,
            score=round(0.4 + 0.15 * got.share, 6),
            severity="medium",
            transaction=one.hash,
            roles=tuple((seen.address(who), "attacker") for who in attackers),
            rows=seen.evidence(sorted({*ballot.proofs(attackers), *got.rows, *votes})),
            measured={"power": round(got.share, 6), "hands": len(attackers)},
            thresholds={"power": self.settings.power},
            explanation=f"{hexed(wallet)} casts {got.share:.0%} of the votes for a motion of his own, "
            f"{got.how}.",
        )

    def _borrowed(self, one: Inside) -> Finding | None:
        rows, people = one.rows, People(one.seen, one.of("block"))
        lent = of_kinds(rows["kind"], LOANS)
        votes, lenders = set(rows["asset"][lent].tolist()), set(rows["emitter"][lent].tolist())
        side = one.side()
        losses = [
            loss
            for loss in self._losses(one)
            if loss.asset not in votes
            and loss.treasury not in lenders | side
            and loss.share >= self.settings.share
            and self._went_round(one, loss.treasury, votes)
            and self._proposed(people, one, loss.treasury)
        ]
        if not losses:
            return None
        attackers = [one.of("signer"), *sorted(side), *(taker for loss in losses for taker in loss.takers)]
        how = "carried out a proposal by votes that were lent for one transaction"
        return self._finding(one, losses, attackers, one.of("signer"), 1.0, [], how)

    def _went_round(self, one: Inside, treasury: int, votes: Iterable[int]) -> bool:
        """Whether what was lent went into a contract and out of it again, whole."""
        changes = one.seen.of("net")["changes"]
        first, end = np.searchsorted(changes["transaction"], [one.number, one.number + 1])
        mine = (changes["account"][first:end] == treasury) & among(changes["asset"][first:end], list(votes))
        same = (changes["received"][first:end] == changes["paid"][first:end]).all(axis=1)
        return bool((mine & same & is_some(changes["paid"][first:end])).any())

    def _proposed(self, people: People, one: Inside, treasury: int) -> bool:
        """Whether the signer had called it before, long enough for a proposal to lie there."""
        rows = people.rows(one.of("signer"))
        called = (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == treasury) & (rows["small"] >= 0)
        return bool((called & (rows["time"] + self.settings.waited_s <= one.of("time"))).any())

    def _losses(self, one: Inside) -> list[Loss]:
        """Of accounts that only have less: what went of which asset, and to whom."""
        lines = [line for line in one.lines() if line.more and line.account != NOBODY]
        gained, found = {line.account for line in lines if line.more > 0}, []
        for line in lines:
            if line.more > 0 or line.account in gained | {one.of("signer")}:
                continue
            least = -line.more * self.settings.own_part
            same = (each for each in lines if each.asset == line.asset)
            takers = tuple(each.account for each in same if each.more >= least)
            if takers:
                found.append(Loss(line.account, line.asset, -line.more, -line.more / line.had, takers))
        return found

    def _finding(
        self,
        one: Inside,
        losses: Sequence[Loss],
        attackers: Sequence[int],
        subject: int,
        power: float,
        proofs: Sequence[int],
        how: str,
    ) -> Finding:
        seen, wallet = one.seen, one.seen.address(subject)
        treasuries = {loss.treasury for loss in losses}
        share = max(loss.share for loss in losses)
        wei, unpriced = in_coin(one, ((loss.asset, loss.amount) for loss in losses))
        roles: dict[int, RoleName] = dict.fromkeys(attackers, "attacker")
        roles |= dict.fromkeys(treasuries, "victim")
        rows = one.rows
        told = rows["number"][rows["kind"] == Kind.PROPOSAL_EXECUTED].tolist()
        numbers = sorted({*proofs, *one.moved(treasuries), *told})
        return Finding(
            block_number=one.of("block"),
            timestamp=one.of("time"),
            category=self.name,
            subject_kind="wallet",
            subject=wallet,
            score=round(0.5 + 0.25 * power + 0.25 * share, 6),
            severity=worth.severity("critical", wei, unpriced),
            transaction=seen.transactions["hash"][one.at].tobytes(),
            roles=tuple((seen.address(who), role) for who, role in roles.items()),
            rows=seen.evidence(numbers),
            measured={"power": round(power, 6), "share": round(share, 6), "assets": len(losses)},
            thresholds={"power": self.settings.power, "share": self.settings.share},
            explanation=f"{hexed(wallet)} {how}, which paid {share:.0%} of what "
            f"{hexed(seen.address(losses[0].treasury))} kept to few wallets.",
            value_wei=wei or None,
        )


def _is_known(one: Inside, treasury: int) -> bool:
    """Whether a treasury was seen to be made, so that all it has is known."""
    return bool(one.seen.history("contracts.made").rows(treasury, one.of("block"), 1)["row"].size)


def _is_moved(one: Inside, loss: Loss) -> bool:
    """Whether contracts were paid, as a treasury that moves is one."""
    made = one.seen.history("contracts.made")
    return all(made.rows(taker, one.of("block"), 1)["row"].size for taker in loss.takers)


def _last_votes(seen: Seen) -> list[tuple[Inside, int]]:
    """Of each block and proposal the transaction with the last vote: a block is judged as at its end."""
    votes = np.flatnonzero(seen.rows["kind"] == Kind.VOTE).tolist()
    columns = (seen.rows[name][votes].tolist() for name in ("block", "item", "transaction"))
    last = {(block, item): number for block, item, number in zip(*columns, strict=True)}
    return [(Inside(seen, number), item) for (_, item), number in last.items()]
