"""Ponzi schemes: who came first is paid out of what later ones pay in, by a contract or by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Tier, hexed
from detectors.kernels.decoding import Kind
from detectors.parts import worth
from detectors.parts.contract import Columns, Seen
from detectors.parts.kinds import among, is_some, of_kinds
from detectors.parts.lines import place_of
from detectors.parts.people import People, whole

DAY = 86_400
MOST_ROWS = 1_500
"""Rows of an account that are read: with more it is an exchange's, and what came before is not known."""
CAPITAL = 50
"""Times the usual gift."""
_MONEY = (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.ERC20)


@dataclass(frozen=True, slots=True)
class Settings:
    """givers, repaid: how many gave, and how many of them were paid. rounds: payments back between which
    others gave anew: one round is a refund. share: of what left it, part that went to those who had
    given; explained: part of that which no other income can have paid. reached: part of those who gave
    before the last round that were paid, less where they got less than they gave: a lottery pays few, and
    much. times: of what somebody gave, most that is usual. unasked: part of the payments that nobody
    called for himself, as one does who takes out his own. runners: others who sign payments: many send
    through a router. queue: how many, all of those who came first, were paid in the order in which they
    gave, each more than he gave, from which on it need not have reached many; alike: the same where each
    got the same multiple by the entries of others, from which on it does not matter how much else left,
    as the fee of one large gift. least_back, rest_seconds: how many got all of it back, how long after
    the last had given.
    """

    givers: int = 4
    repaid: int = 2
    rounds: int = 2
    share: float = 0.75
    explained: float = 0.8
    reached: float = 0.4
    times: float = 4.0
    unasked: float = 0.5
    runners: int = 3
    queue: int = 4
    alike: int = 3
    least_back: int = 2
    rest_seconds: int = DAY


@dataclass(frozen=True, slots=True)
class Payment:
    """To (`into`) or from an account, in one asset."""

    into: bool
    who: int
    amount: int
    row: int
    time: int
    signer: int
    transaction: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """The flows of an account in one asset, as far as its last payment to one who had given."""

    pot: int
    asset: int
    payments: tuple[Payment, ...]

    @property
    def given(self) -> dict[int, int]:
        return _sums(self.payments, into=True)

    @property
    def paid(self) -> dict[int, int]:
        """To those who had given before."""
        seen: set[int] = set()
        sums: dict[int, int] = {}
        for each in self.payments:
            if each.into:
                seen.add(each.who)
            elif each.who in seen:
                sums[each.who] = sums.get(each.who, 0) + each.amount
        return sums

    @property
    def share(self) -> float:
        """Of all that left, what went to those who had given."""
        out = sum(each.amount for each in self.payments if not each.into)
        return sum(self.paid.values()) / out if out else 0.0

    def rounds(self) -> int:
        """Payments to those who had given, with another's gift between."""
        seen: set[int] = set()
        count, fresh = 0, True
        for each in self.payments:
            if each.into:
                seen.add(each.who)
                fresh = True
            elif each.who in seen and fresh:
                count, fresh = count + 1, False
        return count

    def explained(self) -> float:
        """Of what was paid to those who had given, the part that no other income can have paid: money of
        those who run it, of whoever gives again and again and is never paid, as a business does, and of who
        gave first and many times what others do, as capital.
        """
        times: dict[int, int] = {}
        for each in self.payments:
            if each.into:
                times[each.who] = times.get(each.who, 0) + 1
        paid, given, runs = self.paid, self.given, self.runners
        income = sum(
            amount
            for who, amount in given.items()
            if who in runs or (who not in paid and (times[who] > 1 or self._is_capital(who, amount)))
        )
        total = sum(paid.values())
        return max(0.0, 1.0 - income / total) if total else 0.0

    def _is_capital(self, who: int, amount: int) -> bool:
        """Whether somebody gave first, and many times what is usual."""
        usual = float(np.median(list(self.given.values())))
        return who == next(each.who for each in self.payments if each.into) and amount > CAPITAL * usual

    @property
    def runners(self) -> set[int]:
        """Who signs payments to others."""
        return {each.signer for each in self.payments if not each.into and each.signer not in self.given}

    def unasked(self) -> float:
        """Of what was paid to those who had given, the part that they did not call for themselves."""
        paid = self.paid
        pushed = sum(e.amount for e in self.payments if not e.into and e.who in paid and e.signer != e.who)
        total = sum(paid.values())
        return pushed / total if total else 0.0

    def reached(self) -> float:
        """Of those who gave before the last round began, how many were paid."""
        early: set[int] = set()
        now: set[int] = set()
        for each in self.payments:
            if each.into:
                now.add(each.who)
            elif each.who in now:
                early = set(now)
        return len(early & set(self.paid)) / len(early) if early else 0.0

    def queued(self) -> int:
        """How many were paid more than they gave, where these are just those who gave first, in their order:
        what wins a lottery does not come so.
        """
        paid, given, runs = self.paid, self.given, self.runners
        first = [who for who in given if who not in runs][: len(paid)]
        full = [who for who in paid if paid[who] > given[who]]
        return len(full) if list(paid) == first and len(full) >= len(paid) - 1 else 0

    def alike(self) -> int:
        """How many were queued where each got the same multiple of what he gave, by a hundredth, as others
        gave: in the transactions of their gifts.
        """
        paid, given = self.paid, self.given
        times = [amount / given[who] for who, amount in paid.items() if given.get(who)]
        entries = {each.transaction for each in self.payments if each.into}
        ride = all(
            each.transaction in entries for each in self.payments if not each.into and each.who in paid
        )
        return self.queued() if times and max(times) <= 1.01 * min(times) and ride else 0

    def multiple(self) -> float:
        """The median, over those who were paid, of what they got for what they gave."""
        given = self.given
        return float(np.median([amount / given[who] for who, amount in self.paid.items() if given.get(who)]))


class Ponzi:
    """Flags an account that takes money from many for nothing, and pays those who came first out of what
    later ones give, again and again, with little other income.

    By flow accounting: of an account's payments in one asset, four people or more gave (no shares, no goods
    came back in the same transaction), two or more of those were paid later, in two rounds or more with new
    gifts between, and no other income can explain it; they are three quarters of all that left, and many of
    those who gave early were reached, or just the first of them in their order; where these all got the same
    multiple of what they gave by the entries of others, whatever else left. A contract that pays in the
    entry itself (a queue, a matrix that keeps nothing: 24.P1) is seen where traces or token transfers show
    whom it pays; who pays by hand is seen as well. Roles: the account, whoever made it and signs its payouts
    attack; who has less is a victim, who has more only passed on.

    Left in peace: yields that somebody else pays in, payrolls, one refund to everybody, withdrawal queues
    whose depositors hold shares (24.N1), lotteries, which pay few of many (24.N2), exchanges, whose row of
    payments is too long and pays others.

    Fails: schemes that pay in their own token or fix a rate on a spot price (24.P2, P3); native payouts by a
    contract without traces; a matrix whose payments never touch it; payouts that each calls for himself; who
    is paid through other wallets than gave; more than 1,500 rows. An account that did nothing in its life but
    collect from two people or more, and give each back exactly what he gave a day or more later, is told as
    an attempt, low: nobody lost. Accuses wrongly: a savings circle in which each in turn gets the pot; who
    makes a wallet for a collection that comes to nothing. Costs two touches of tables a gift, and a read of
    the account for each payment back. Source: Huynh et al. (85 features over time, F1 up by 30 %), SourceP F1
    .907 by code.
    """

    name = "ponzi"
    catches = ("ponzi",)
    needs: Tier = "transfers"
    settings = Settings()
    reads = ("pots",)
    quiet_seconds = 90 * DAY

    def score(self, seen: Seen) -> list[Finding]:
        """One finding an account and block that pays such a person."""
        back = seen.of("pots").get("back")
        if back is None or not back["row"].size:
            return []
        rows = back["row"] - int(seen.rows["number"][0])
        keys = zip(
            seen.rows["block"][rows].tolist(), back["pot"].tolist(),
            seen.rows["money"][rows].tolist(), strict=True,
        )  # fmt: skip
        last = dict(zip(keys, back["row"].tolist(), strict=True))
        found = []
        for (block, pot, asset), row in sorted(last.items()):
            told = seen.history("rows").rows(pot, block, MOST_ROWS)
            scheme = _scheme(seen, told, pot, asset, row)
            if scheme is not None and self._is_one(scheme):
                found.append(self._finding(People(seen, block), told, scheme))
            elif scheme is not None and self._came_to_nothing(People(seen, block), told, scheme):
                found.append(self._attempt(People(seen, block), told, scheme))
        return found

    def _is_one(self, scheme: Scheme) -> bool:
        own = self.settings
        return (
            len(scheme.given) >= own.givers
            and len(scheme.paid) >= own.repaid
            and scheme.rounds() >= own.rounds
            and scheme.explained() >= own.explained
            and scheme.unasked() >= own.unasked
            and len(scheme.runners) <= own.runners
            and scheme.multiple() <= own.times
            and (scheme.alike() >= own.alike or (scheme.share >= own.share and self._reaches_many(scheme)))
        )

    def _reaches_many(self, scheme: Scheme) -> bool:
        own = self.settings
        return scheme.reached() >= own.reached * min(1.0, scheme.multiple()) or scheme.queued() >= own.queue

    def _came_to_nothing(self, people: People, told: Columns, scheme: Scheme) -> bool:
        """Whether an account, in all its life, took money of people who have nothing to do with one another,
        kept it for a day or more, and gave each back exactly what he had given.
        """
        fees, back = people.fee_payer(scheme.pot), _sums(scheme.payments, into=False)
        gifts = {who: amount for who, amount in scheme.given.items() if who != fees or who in back}
        out = [each for each in scheme.payments if not each.into]
        if len(gifts) < self.settings.least_back or gifts != back:
            return False
        last = max(each.time for each in scheme.payments if each.into and each.who in gifts)
        own_life = np.unique(told["transaction"]).size - len(scheme.payments)
        rested = out[0].time - last >= self.settings.rest_seconds
        funders = [people.funder(who) for who in gifts]
        ties = [each for each in funders if each not in (0, scheme.pot) and not people.serves_many(each)]
        strangers = len(set(ties)) == len(ties) and not set(ties) & set(gifts)
        return rested and own_life <= 1 and strangers

    def _attempt(self, people: People, told: Columns, scheme: Scheme) -> Finding:
        """Nobody lost by it: low."""
        seen = people.seen
        pot, count = seen.address(scheme.pot), len(scheme.paid)
        return Finding(
            **place_of(seen, scheme.payments[-1].row),
            category=self.name,
            subject_kind="wallet",
            subject=pot,
            score=0.35,
            severity="low",
            roles=self._roles(people, told, scheme),
            rows=seen.evidence([each.row for each in scheme.payments[-100:]]),
            measured={"least_back": count},
            thresholds={"least_back": self.settings.least_back},
            explanation=(
                f"{hexed(pot)} did nothing but collect from {count} people and give all of it back later: "
                "a scheme that nobody followed, or a collection that came to nothing."
            ),
        )

    def _finding(self, people: People, told: Columns, scheme: Scheme) -> Finding:
        seen = people.seen
        given, paid = scheme.given, scheme.paid
        lost = sum(max(0, amount - paid.get(who, 0)) for who, amount in given.items())
        wei = lost if scheme.asset == 0 else 0
        pot, explained = seen.address(scheme.pot), scheme.explained()
        size = 1 - self.settings.givers / (len(given) + self.settings.givers)
        return Finding(
            **place_of(seen, scheme.payments[-1].row),
            category=self.name,
            subject_kind="wallet",
            subject=pot,
            score=round(0.5 + 0.2 * explained + 0.15 * size + 0.15 * min(1.0, scheme.reached()), 6),
            severity=worth.severity("high", wei, has_tokens=scheme.asset != 0),
            roles=self._roles(people, told, scheme),
            rows=seen.evidence([each.row for each in scheme.payments[-100:]]),
            measured={
                "givers": len(given),
                "repaid": len(paid),
                "rounds": scheme.rounds(),
                "explained": round(explained, 6),
                "share": round(scheme.share, 6),
                "reached": round(scheme.reached(), 6),
                "given": str(sum(given.values())),
                "paid": str(sum(paid.values())),
            },
            thresholds={
                name: getattr(self.settings, name) for name in ("givers", "repaid", "rounds", "explained")
            },
            explanation=(
                f"{len(given)} people gave {hexed(pot)} money for nothing; {len(paid)} of them were paid in "
                f"{scheme.rounds()} rounds, {100 * explained:.0f} % of it out of what later ones gave."
            ),
            value_wei=wei or None,
        )

    def _roles(self, people: People, told: Columns, scheme: Scheme) -> tuple[tuple[bytes, RoleName], ...]:
        """Whoever first paid the account's fees, an exchange mostly, has no part in it."""
        given, paid, seen = scheme.given, scheme.paid, people.seen
        if (fees := people.fee_payer(scheme.pot)) not in paid:
            given.pop(fees, None)
        parts: dict[int, RoleName] = {scheme.pot: "attacker"}
        signers = {each.signer for each in scheme.payments if not each.into} | set(_makers(told, scheme.pot))
        for who in sorted(signers - set(given)):
            parts.setdefault(who, "attacker")
        for who in sorted(given, key=lambda who: paid.get(who, 0) - given[who])[:100]:
            parts.setdefault(who, "victim" if paid.get(who, 0) < given[who] else "intermediary")
        return tuple((seen.address(who), role) for who, role in parts.items() if who > 0)


def _scheme(seen: Seen, told: Columns, pot: int, asset: int, last: int) -> Scheme | None:
    """The payments of an account up to a row, oldest first; None where they are too many to be known."""
    if told["row"].size >= MOST_ROWS:
        return None
    coins = seen.coins["id"]
    money = np.where(among(told["asset"], coins), 0, told["asset"])
    moved = of_kinds(told["kind"], _MONEY) & (money == asset) & (told["row"] <= last)
    moved &= is_some(told["amount"]) & (told["source"] != told["target"])
    moved &= (told["kind"] != Kind.TRANSACTION) | (told["flag"] != 0)
    into = told["target"] == pot
    which = np.flatnonzero(moved & (into | (told["source"] == pot)))[::-1]
    who = np.where(into, told["source"], told["target"])[which]
    columns = [told[name][which].tolist() for name in ("row", "time", "signer", "transaction")]
    payments = tuple(
        Payment(*each)
        for each in zip(
            into[which].tolist(), who.tolist(), whole(told["amount"][which]), *columns, strict=True
        )
    )
    return Scheme(pot, asset, payments)


def _makers(told: Columns, pot: int) -> Iterator[int]:
    """Who signed the creation of an account."""
    made = ((told["kind"] == Kind.TRANSACTION) & (told["third"] == pot)) | (
        (told["kind"] == Kind.CREATION) & (told["target"] == pot)
    )
    yield from told["signer"][made].tolist()


def _sums(payments: tuple[Payment, ...], into: bool) -> dict[int, int]:
    sums: dict[int, int] = {}
    for each in payments:
        if each.into == into:
            sums[each.who] = sums.get(each.who, 0) + each.amount
    return sums
