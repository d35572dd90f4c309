"""Why somebody's notes in a mixer are those of one who launders: each way in which a note can be tied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Array
from detectors.parts.contract import Columns, Kind, Seen
from detectors.parts.kinds import is_some, of_kinds
from detectors.parts.people import People, whole

COIN = 0
_MONEY = (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION)
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Settings:
    """share: hundredths of all that a wallet ever got which it pays into mixers, from which on it serves
    nothing else (people mix a part of what they have). lump: hundredths that came by one payment. notes: how
    many a wallet was paid out, of two denominations or more, before the set of them says whose they are;
    same: of one. alone_wei: of a wallet that was made for it, what one note must be (of less than a coin, one
    is privacy). young_s: how old a wallet that was made for it is at most. many: notes within an hour of a
    wallet that is known for nothing else; savers pay in one to four. warm_s: how long after the first block
    everybody is new. candidates: newest notes of a pool among which owners are looked for. spread: hundredths
    of what it got that each of several new wallets of one payer mixes. few: whom a wallet deals with, beyond
    which to have dealt with somebody says nothing: a shop has many; of so many payments the newest are read.
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
    spread: int = 20
    few: int = 6


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


@dataclass(slots=True)
class Case:
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
        came, drawn, paid = sum(whole(life["amount"][got])), _sum(notes, 1), _sum(notes, 0)
        total = max(came, drawn)
        if not total or self._paid_here(owner) > came + drawn:
            return None  # it paid in more than it was seen to get: it had money before, and is no new wallet
        if (notes["out"] == 1).any():
            return self._again(owner, notes, paid * 100 >= self.own.share * total)
        if (notes["out"] == 0).sum() < 2 and paid < self.own.alone_wei:
            return None
        return self._made_for_it(owner, {name: column[got] for name, column in life.items()}, notes, total)

    def _again(self, owner: int, notes: Columns, most: bool) -> Link | None:
        """A wallet that came out of a mixer pays in most of what it has, or whatever it stole."""
        rows = tuple(notes["row"].tolist())
        if most:
            return Link("again", owner, rows)
        loot = self._takings(owner)
        return Link("loot", owner, (*loot, *rows)) if loot else None

    def _made_for_it(self, owner: int, came: Columns, notes: Columns, total: int) -> Link | None:
        """A new wallet that got all it has at once; or several of one payer, each of which mixes a part."""
        paid, lump = _sum(notes, 0), self._lump(came, total)
        if lump is None or self._is_busy(lump[1]):
            return None
        rows = (lump[0], *notes["row"].tolist())
        if paid * 100 >= self.own.share * total:
            return Link("wallet", owner, rows)
        sibling = self._sibling(owner, lump[1]) if paid * 100 >= self.own.spread * total else 0
        return Link("spread", owner, rows, sibling) if sibling else None

    def _lump(self, came: Columns, total: int) -> tuple[int, int] | None:
        """Row and payer of the payment by which nearly all of `total` came."""
        amounts = whole(came["amount"])
        largest = max(range(len(amounts)), key=amounts.__getitem__)
        if amounts[largest] * 100 < self.own.lump * total:
            return None
        return int(came["row"][largest]), int(came["source"][largest])

    def _takings(self, owner: int) -> list[int]:
        """Rows by which a wallet took from others, by its own transactions and for nothing."""
        taken = self.seen.history("pulls.taken").rows(owner, self.block)
        mine = (taken["signer"] == owner) & (taken["owner"] != owner) & (taken["number"] <= self.row)
        return sorted(set(taken["number"][mine].tolist()))

    def _sibling(self, owner: int, payer: int) -> int:
        """Another new wallet that was made by the same payer, and mixes a part as well; 0 for none."""
        people = People(self.seen, self.block)
        if people.serves_many(payer):
            return 0
        rows = people.rows(payer)
        paid = _coin(rows) & (rows["source"] == payer) & (rows["row"] < self.row)
        for other in dict.fromkeys(rows["target"][paid].tolist()):
            if other != owner and people.funder(other) == payer and self._mixes_a_part(other, payer):
                return int(other)
        return 0

    def _mixes_a_part(self, who: int, payer: int) -> bool:
        """Whether nearly all that somebody got came at once from a payer, and a part of it was paid in."""
        life, paid = self._life(who), _sum(self._notes(who), 0)
        if life is None or not paid:
            return False
        got = _coin(life) & (life["target"] == who) & (life["source"] != who)
        came = {name: column[got] for name, column in life.items()}
        total = sum(whole(came["amount"]))
        lump = self._lump(came, total) if total else None
        return lump is not None and lump[1] == payer and paid * 100 >= self.own.spread * total

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
        return max(np.unique(life[end][direct]).size for end in ("source", "target")) > self.own.few

    def _paid(self, account: int, life: Columns) -> Link | None:
        """A depositor who paid the wallet, or was paid by it, beside the mixer. Who paid as much as a note
        and never signs again was robbed, for all that is known; who deals with many has met everybody.
        """
        direct = _coin(life) & (life["kind"] == Kind.TRANSACTION)
        for side, other in (("target", "source"), ("source", "target")):
            mine = direct & (life[side] == account) & (life[other] != account)
            for place in np.flatnonzero(mine)[-self.own.few :].tolist():
                who = int(life[other][place])
                theirs = self._notes(who)
                paid_in = theirs["row"][theirs["out"] == 0]
                payer, row = (who, account)[side == "source"], int(life["row"][place])
                wei = whole(life["amount"][place : place + 1])[0]
                least = min(whole(theirs["amount"][theirs["out"] == 0]), default=0)
                robbed = wei >= least and not self._goes_on(payer, row)
                if paid_in.size and who != 0 and not robbed and self._is_private(who):
                    return Link("paid", who, (int(life["row"][place]), *paid_in.tolist()), account)
        return None

    def _is_private(self, who: int) -> bool:
        """Whether to have dealt with somebody says whose he is."""
        life = self._life(who)
        return life is not None and not self._is_busy(who) and not self._deals_with_many(life)

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


def _paid_in(notes: Columns) -> Counter[int]:
    return Counter(notes["other"][notes["out"] == 0].tolist())


def _sum(notes: Columns, out: int) -> int:
    """What of the coin was paid in (0), or out (1)."""
    return sum(whole(notes["amount"][(notes["out"] == out) & (notes["asset"] == COIN)]))


def _coin(rows: Columns) -> Array:
    """Which rows moved the coin."""
    some: Array = of_kinds(rows["kind"], _MONEY) & is_some(rows["amount"])
    done: Array = (rows["kind"] != Kind.TRANSACTION) | (rows["flag"] != 0)
    return some & done
