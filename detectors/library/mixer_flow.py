"""Mixer flow: money that goes into a mixer by wallets that serve nothing else, or comes out where it can be
tied to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.memory.layout import Array
from detectors.parts import worth
from detectors.parts.contract import Columns, Kind, Seen
from detectors.parts.lines import place_of
from detectors.parts.people import People, whole

COIN = 0
_MONEY = (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION)
HOUR = 3600
FEW = 12
"""Whom a wallet deals with, beyond which to have dealt with a depositor says nothing: a shop has many."""
DOUBT = {"reuse": 0.05, "paid": 0.2, "notes": 0.3, "wallet": 0.4, "again": 0.3, "many": 0.5, "failed": 0.6}
"""How far each reason can mislead, one by one: the same wallet pays in and is paid out (Tutela's address
reuse); the two paid each other; the notes of both are the same, of no one else; a wallet made for it, which
got all it has at once and mixes it; a wallet that came out of the mixer and goes back; one that wakes and
does nothing but pay in many notes; one that wakes, fails to pay in, and hands its money to somebody new.
Judged, not measured: no linking heuristic has a published error.
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """share: hundredths of all that a wallet ever got which it pays into mixers, from which on it serves
    nothing else (people mix a part of what they have). lump: hundredths that came by one payment. notes: how
    many a wallet was paid out, of two denominations or more, before the set of them says whose they are;
    same: of one. alone_wei: of a wallet that was made for it, what one note must be (of less than a coin, one
    is privacy). young_s: how old a wallet that was made for it is at most. many: notes within an hour of a
    wallet that is known for nothing else; savers pay in one to four. warm_s: how long after the first block
    everybody is new. candidates: newest notes of a pool among which owners are looked for.
    """

    share: int = 50
    lump: int = 80
    notes: int = 3
    same: int = 5
    young_s: int = 30 * 86_400
    alone_wei: int = 10**18
    many: int = 5
    warm_s: int = 600
    candidates: int = 200


@dataclass(frozen=True, slots=True)
class Link:
    """Why a wallet's notes are somebody's who launders: `owner` paid in, `rows` show it; `paid_out` was paid,
    if anybody.
    """

    reason: str
    owner: int
    rows: tuple[int, ...]
    paid_out: int | None = None
    notes: int = 1


class MixerFlow:
    """Flags who pays into a mixer from a wallet that was made for it, and whom that money comes out to.

    Into it: a wallet that nobody knew before, that got nearly all it has by one payment of a wallet that is
    no hub and pays half of it or more into mixers, by two notes or a large one (stolen money, and money
    spread over depositors), or one that was itself paid by a mixer in the thirty days before and does so; or
    an old one that wakes for five notes or more and nothing else, which is the weakest sign but one: who
    failed to pay in, and without another try hands as much as that or more to a wallet that nobody knew. Out
    of it: a wallet that paid in before, or whom, or by whom, a depositor was paid in another way; or who is
    paid the very set of notes, three or more, that one depositor and no other paid in before. Each link has
    its reason and doubt; the score is one less the doubt. To use a mixer is no crime: notes alone never
    alert, nor does their size, nor relayers' work (N1), nor a deposit after a delisting (N2), nor a common
    gas price (N3, which is not looked at).

    Fails: who came out of a mixer and puts less than half of what he got since into it again; a withdrawal
    that fails (its transaction says nothing of who paid in, and a relayer's that fails is nobody's); old
    money that is paid out note by note to new wallets with gas from elsewhere; swappers without questions,
    unless a list calls them a mixer (P1); money that came over an exchange. A mixer spoken to by other events
    than Tornado's, and not listed, is none. Costs nothing where no mixer is used. Source: Tutela (Béres et
    al. 2021, Wu et al. 2022: reuse, linked addresses, multi-denomination); 5.1-12.6 % of withdrawals linked
    by reuse and linkage in 2025.
    """

    name = "mixer-flow"
    catches = ("mixer-flow",)
    needs: Tier = "logs"
    reads = ("mixers", "unmixed")
    quiet_seconds = 365 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a note that is tied to somebody: subject = who paid in, or, where nothing but the notes
        ties them, who was paid: the one who paid in may be another who mixed as much: no accusation.
        """
        notes, found = seen.of("mixers").get("notes"), self._given_up(seen)
        if notes is None:
            return found
        amounts = whole(notes["amount"])
        for at in range(notes["row"].size):
            row = int(notes["row"][at])
            place = place_of(seen, row)
            case = _Case(self.settings, seen, int(place["block_number"]), row, int(notes["begun"][at]))
            account = int(notes["account"][at])
            link = case.out(account) if notes["out"][at] else case.into(account)
            if link is not None:
                wei = amounts[at] if notes["asset"][at] == COIN else 0
                found.append(self._finding(seen, link, int(notes["pool"][at]), row, wei))
        return found

    def _given_up(self, seen: Seen) -> list[Finding]:
        """One finding a payment by which a mixer is given up."""
        given_up, found = seen.of("unmixed").get("given_up"), list[Finding]()
        if given_up is None:
            return found
        for at in range(given_up["row"].size):
            names = ("account", "payee", "pool", "tried", "row")
            account, payee, pool, tried, row = (int(given_up[name][at]) for name in names)
            case = _Case(self.settings, seen, int(place_of(seen, row)["block_number"]), row, 0)
            if case.gives_up(account, payee, int(given_up["transaction"][at])):
                link = Link("failed", account, (tried,), payee, 0)
                found.append(self._finding(seen, link, pool, row, whole(given_up["amount"][at : at + 1])[0]))
        return found

    def _finding(self, seen: Seen, link: Link, pool: int, row: int, wei: int) -> Finding:
        owner, other = seen.address(link.owner), link.paid_out
        guessed = link.reason == "notes"
        roles: list[tuple[bytes, RoleName]] = [
            (owner, "intermediary" if guessed else "attacker"),
            (seen.address(pool), "infrastructure"),
        ]
        if other is not None and other != link.owner:
            roles.append((seen.address(other), "intermediary" if link.reason == "failed" else "attacker"))
        doubt = DOUBT[link.reason]
        most: Severity = (
            "low" if link.reason in ("many", "failed") else "medium" if doubt >= DOUBT["notes"] else "high"
        )
        return Finding(
            **place_of(seen, row),
            category="mixer-flow",
            subject_kind="wallet",
            subject=seen.address(other) if guessed and other is not None else owner,
            score=round(1 - doubt, 6),
            severity=worth.severity(most, wei, wei == 0),
            roles=tuple(roles),
            rows=seen.evidence(_held(seen, link, row)),
            measured={"doubt": doubt, "reason": link.reason, "native_wei": str(wei), "notes": link.notes},
            thresholds={"doubt": max(DOUBT.values())},
            explanation=_sentence(owner, None if other is None else seen.address(other), link.reason, doubt),
            value_wei=wei or None,
        )


@dataclass(slots=True)
class _Case:
    """One note, as of the end of its block, by what was there before its row."""

    own: Settings
    seen: Seen
    block: int
    row: int
    begun: int

    def _notes(self, who: int) -> Columns:
        """Somebody's notes before this one, and it, newest first."""
        found = self.seen.history("mixers.notes").rows(who, self.block)
        keep = found["row"] <= self.row
        return {name: column[keep] for name, column in found.items()}

    def _paid_here(self, who: int) -> int:
        """What of the coin somebody has paid in by the end of this block."""
        found = self.seen.history("mixers.notes").rows(who, self.block)
        return sum(whole(found["amount"][(found["out"] == 0) & (found["asset"] == COIN)]))

    def _life(self, who: int) -> Columns | None:
        """Rows of somebody who is fully known, up to this one."""
        people = People(self.seen, self.block)
        rows = people.rows(who)
        if not people.is_fully_known(who):
            return None
        keep = rows["row"] <= self.row
        return {name: column[keep] for name, column in rows.items()}

    def into(self, owner: int) -> Link | None:
        """Whether the wallet that paid in serves nothing else."""
        life, notes = self._life(owner), self._notes(owner)
        if life is None or not life["row"].size or not notes["row"].size:
            return None  # of more notes in a block than are read the last ones tell
        if life["source"][-1] == owner:
            return self._only_mixes(owner, life, notes)
        oldest = int(min(life["time"][-1], notes["time"].min()))  # notes are remembered longer than rows
        if life["time"][0] - oldest > self.own.young_s or oldest < self.begun + self.own.warm_s:
            return None
        got = _coin(life) & (life["target"] == owner) & (life["source"] != owner)
        amounts = whole(life["amount"][got])
        drawn = notes["out"] == 1
        out = sum(whole(notes["amount"][drawn & (notes["asset"] == COIN)]))
        total = max(sum(amounts), out)
        paid = sum(whole(notes["amount"][(notes["out"] == 0) & (notes["asset"] == COIN)]))
        if not total or paid * 100 < self.own.share * total or self._paid_here(owner) > sum(amounts) + out:
            return None  # it paid in more than it was seen to get: it had money before, and is no new wallet
        if drawn.any():
            return Link("again", owner, tuple(notes["row"].tolist()))
        if (notes["out"] == 0).sum() < 2 and paid < self.own.alone_wei:
            return None
        largest = max(range(len(amounts)), key=amounts.__getitem__)
        row, payer = (int(life[name][got][largest]) for name in ("row", "source"))
        if amounts[largest] * 100 < self.own.lump * total or self._is_busy(payer):
            return None
        return Link("wallet", owner, (row, *notes["row"].tolist()))

    def _only_mixes(self, owner: int, life: Columns, notes: Columns) -> Link | None:
        """A wallet that was there before the stream, and wakes to pay in many notes and for nothing else."""
        late = notes["time"] > notes["time"].max() - HOUR
        paid_in = notes["transaction"][(notes["out"] == 0) & late]
        own = np.unique(life["transaction"][life["signer"] == owner])
        if np.unique(paid_in).size < self.own.many or np.setdiff1d(own, notes["transaction"]).size:
            return None
        return Link("many", owner, tuple(notes["row"].tolist()), notes=int(paid_in.size))

    def gives_up(self, owner: int, payee: int, transaction: int) -> bool:
        """Whether a wallet did nothing but fail to pay in, before it paid somebody that nobody knew."""
        life = self._life(owner)
        if (
            life is None
            or self._notes(owner)["row"].size
            or not People(self.seen, self.block).is_new(payee, self.row)
        ):
            return False
        own = life["signer"] == owner
        done = own & (life["kind"] == Kind.TRANSACTION) & (life["flag"] != 0)
        return bool((life["transaction"][done] == transaction).all())

    def _is_busy(self, who: int) -> bool:
        """A place where many come and go, as an exchange or a shop is one."""
        people = People(self.seen, self.block)
        return not people.is_fully_known(who) or people.is_hub(who)

    def out(self, account: int) -> Link | None:
        """Whose notes a wallet was paid, where something says so; the surest reason first."""
        notes = self._notes(account)
        life = self._life(account)
        if life is None or self._deals_with_many(life):
            return None
        paid_in = notes["row"][notes["out"] == 0]
        if paid_in.size:
            return Link("reuse", account, tuple(paid_in.tolist()), account)
        return self._paid(account, life) or self._same_notes(account, notes)

    def _deals_with_many(self, life: Columns) -> bool:
        """A shop, or somebody with a life, who is paid by all kinds of people."""
        direct = _coin(life) & (life["kind"] == Kind.TRANSACTION)
        return max(np.unique(life[end][direct]).size for end in ("source", "target")) > FEW

    def _paid(self, account: int, life: Columns) -> Link | None:
        """A depositor who paid the wallet, or was paid by it, beside the mixer. Who paid as much as a note
        and never signs again was robbed, for all that is known.
        """
        direct = _coin(life) & (life["kind"] == Kind.TRANSACTION)
        for side, other in (("target", "source"), ("source", "target")):
            mine = direct & (life[side] == account) & (life[other] != account)
            for place in np.flatnonzero(mine)[-FEW:].tolist():
                who = int(life[other][place])
                theirs = self._notes(who)
                paid_in = theirs["row"][theirs["out"] == 0]
                payer, row = (who, account)[side == "source"], int(life["row"][place])
                wei = whole(life["amount"][place : place + 1])[0]
                least = min(whole(theirs["amount"][theirs["out"] == 0]), default=0)
                robbed = wei >= least and not self._goes_on(payer, row)
                if paid_in.size and who != 0 and not robbed and not self._is_busy(who):
                    return Link("paid", who, (int(life["row"][place]), *paid_in.tolist()), account)
        return None

    def _goes_on(self, payer: int, row: int) -> bool:
        """Whether somebody signs anything after a row."""
        life = self._life(payer)
        return life is not None and bool(((life["signer"] == payer) & (life["row"] > row)).any())

    def _same_notes(self, account: int, notes: Columns) -> Link | None:
        """The only depositor whose notes are this very set."""
        drawn = notes["out"] == 1
        wanted = Counter(notes["other"][drawn].tolist())
        if wanted.total() < (self.own.notes if len(wanted) > 1 else self.own.same):
            return None
        fits = [
            (who, theirs["row"]) for who, theirs in self._depositors(wanted) if _paid_in(theirs) == wanted
        ]
        if len(fits) != 1 or fits[0][0] == account:
            return None
        return Link("notes", fits[0][0], (*notes["row"].tolist(), *fits[0][1].tolist()), account)

    def _depositors(self, pools: Counter[int]) -> Iterator[tuple[int, Columns]]:
        """Who paid into the rarest of these pools lately, with all their notes."""
        rarest = min(pools, key=lambda pool: (pools[pool], pool))
        said = self.seen.history("mixers.pools").rows(rarest, self.block, self.own.candidates)
        mine = (said["out"] == 0) & (said["row"] < self.row)
        for who in dict.fromkeys(said["other"][mine].tolist()):
            yield who, self._notes(who)


def _held(seen: Seen, link: Link, row: int) -> list[int]:
    """The rows that the log still holds: it forgets sooner than notes are."""
    people = People(seen, int(seen.rows["block"][row - int(seen.rows["number"][0])]))
    parties = [link.owner] if link.paid_out is None else [link.owner, link.paid_out]
    known = [int(people.rows(who)["row"].min()) for who in parties if people.rows(who)["row"].size]
    return sorted(each for each in {*link.rows, row} if each >= min([row, *known]))


def _paid_in(notes: Columns) -> Counter[int]:
    return Counter(notes["other"][notes["out"] == 0].tolist())


def _coin(rows: Columns) -> Array:
    """Which rows moved the coin."""
    some: Array = np.isin(rows["kind"], _MONEY) & (rows["amount"] != 0).any(axis=1)
    done: Array = (rows["kind"] != Kind.TRANSACTION) | (rows["flag"] != 0)
    return some & done


def _sentence(owner: bytes, other: bytes | None, reason: str, doubt: float) -> str:
    who, to = hexed(owner), "nobody yet" if other is None else hexed(other)
    told = {
        "reuse": f"{who} pays into a mixer and is paid out by it",
        "paid": f"a mixer pays {to}, which has dealt with {who}, who paid in before",
        "notes": f"a mixer pays {to} the very notes that {who} and no other paid in",
        "wallet": f"{who} got all it has by one payment and pays most of it into a mixer",
        "many": f"{who} woke to pay many notes into a mixer, and does nothing else",
        "failed": f"{who} woke, failed to pay into a mixer, and handed its money to {to} instead",
        "again": f"{who} was paid by a mixer and pays most of what it has into one again",
    }[reason]
    return f"{told[0].upper() if told[0] != '0' else told[0]}{told[1:]} (doubt {doubt:.0%})."
