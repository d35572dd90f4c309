"""Tainted money in lots: which part of what somebody holds came from a listed address, counted three ways.

First in, first out: what came first leaves first, in at most eight lots, clean ones too. Haircut: what leaves
is of the same mixture as what is held. Poison: wherever the haircut is above nothing. Exact integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

CLEAN = -1
"""The source of a lot that no listed address stands behind."""


@dataclass(frozen=True, slots=True)
class Lot:
    """`amount` of an asset; `source` is the listed address that it came from, over `hops` payments."""

    amount: int
    source: int = CLEAN
    hops: int = 0


@dataclass(slots=True)
class Purse:
    """What an account holds of an asset: `fifo` in order, oldest first, and `parts`, the tainted ones of the
    whole, at most one a source.
    """

    fifo: list[Lot] = field(default_factory=list)
    parts: list[Lot] = field(default_factory=list)

    @property
    def is_tainted(self) -> bool:
        return bool(self.parts) or any(lot.source != CLEAN for lot in self.fifo)

    def without(self, stands: Callable[[int], bool]) -> Purse:
        """With what came from sources that do not stand (any more) as clean."""
        fifo = [lot if lot.source == CLEAN or stands(lot.source) else Lot(lot.amount) for lot in self.fifo]
        return Purse(joined(fifo), [part for part in self.parts if stands(part.source)])

    def pay(self, amount: int, held: int) -> Purse:
        """Takes out what a payment carries; `held` is what was there of the asset. What is paid beyond that
        is older than all that is known, and clean.
        """
        unknown = max(amount - held, 0)
        known = amount - unknown
        taken, self.fifo = split(self.fifo, known)
        mixture = max(held, sum(part.amount for part in self.parts))
        parts = [Lot(part.amount * known // mixture, part.source, part.hops) for part in self.parts]
        gone = {part.source: part.amount for part in parts}
        left = [Lot(part.amount - gone.get(part.source, 0), part.source, part.hops) for part in self.parts]
        self.parts = [part for part in left if part.amount]
        older = [Lot(unknown)] if unknown else []
        return Purse(joined([*older, *taken]), [part for part in parts if part.amount])

    def get(self, came: Purse, most: int) -> None:
        """Puts in what a payment carried."""
        self.fifo = shortened([*self.fifo, *came.fifo], most)
        self.parts = mixed([*self.parts, *came.parts], most)


def split(lots: Sequence[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """The first of the lots that come to an amount, and the rest."""
    taken, left = list[Lot](), list[Lot]()
    for lot in lots:
        now = min(lot.amount, amount)
        amount -= now
        if now:
            taken.append(Lot(now, lot.source, lot.hops))
        if lot.amount > now:
            left.append(Lot(lot.amount - now, lot.source, lot.hops))
    return taken, left


def joined(lots: Iterable[Lot]) -> list[Lot]:
    """Neighbours of one source as one."""
    found = list[Lot]()
    for lot in lots:
        if found and found[-1].source == lot.source:
            found[-1] = _sum(found[-1], lot)
        elif lot.amount:
            found.append(lot)
    return found


def shortened(lots: Iterable[Lot], most: int) -> list[Lot]:
    """At most so many, in order. Where there are more, the two nearest to each other of one source are one,
    at the place of the older: sums by source stay, a piece of the order is lost. Where all sources differ the
    two smallest of them count as the larger's.
    """
    found = joined(lots)
    while len(found) > most:
        pairs = [
            (there - here, here, there)
            for here in range(len(found))
            for there in range(here + 1, len(found))
            if found[here].source == found[there].source
        ]
        if pairs:
            _, here, there = min(pairs)
        else:
            small = sorted(range(len(found)), key=lambda at: (found[at].source == CLEAN, found[at].amount))
            here, there = sorted(small[:2])
            larger = max(found[here], found[there], key=lambda lot: lot.amount)
            found[here] = Lot(found[here].amount, larger.source, larger.hops)
        found[here] = _sum(found[here], found[there])
        found = joined(found[:there] + found[there + 1 :])
    return found


def mixed(parts: Iterable[Lot], most: int) -> list[Lot]:
    """One a source, the largest first; beyond `most` the smallest count as the one before them."""
    found: dict[int, Lot] = {}
    for part in parts:
        if part.amount:
            found[part.source] = _sum(found[part.source], part) if part.source in found else part
    ordered = sorted(found.values(), key=lambda part: (-part.amount, part.source))
    for part in ordered[most:]:
        last = ordered[most - 1]
        ordered[most - 1] = Lot(last.amount + part.amount, last.source, last.hops)
    return ordered[:most]


def scaled(purse: Purse, numerator: int, denominator: int) -> Purse:
    """The same mixture of another amount, as a change into another asset makes it."""

    def each(lots: Iterable[Lot]) -> list[Lot]:
        many = (Lot(lot.amount * numerator // denominator, lot.source, lot.hops) for lot in lots)
        return [lot for lot in many if lot.amount]

    return Purse(each(purse.fifo), each(purse.parts))


def _sum(one: Lot, other: Lot) -> Lot:
    return Lot(one.amount + other.amount, one.source, min(one.hops, other.hops))
