"""The life of a token since it was made, and who belongs to its makers: a reading of the part `tokens`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.kernels.decoding import Kind
from detectors.parts.contract import Seen
from detectors.parts.kinds import among
from detectors.parts.people import HUB, People, whole
from detectors.parts.tokens import What

MOST_LINES = 2_000
"""Lines of a token that are read. A token with more is in use by many, and what came before is not known."""
_ROUNDS = 3
"""Steps of handing on from whoever made a token."""


@dataclass(frozen=True, slots=True)
class Line:
    """Of the history `tokens.told`."""

    what: What
    who: int
    whom: int
    pool: int
    money: int
    row: int
    transaction: int
    block: int
    time: int
    asked: float
    held: float
    depth: float
    amount: int
    paid: int


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a token, oldest first. `maker`: who signed its creation."""

    token: int
    maker: int
    lines: tuple[Line, ...]

    @property
    def money(self) -> int:
        """What the token is traded for: of its first pool, -1 where it has none."""
        return next((line.money for line in self.lines if line.what == What.ADDED and line.money >= 0), -1)

    @property
    def pools(self) -> frozenset[int]:
        return frozenset(line.pool for line in self.lines if line.pool)

    def of(self, *kinds: What) -> list[Line]:
        return [line for line in self.lines if line.what in kinds]


def life_of(seen: Seen, token: int, block: int) -> Life | None:
    """As of a block; None of a token whose creation was not seen, or that has lived too long to be read."""
    told = seen.history("tokens.told").rows(token, block, MOST_LINES)
    if not told["row"].size or told["row"].size >= MOST_LINES or told["what"][-1] != What.BORN:
        return None
    names = ("who", "whom", "pool", "money", "row", "transaction", "block", "time", "asked", "held", "depth")
    columns = [told[name][::-1].tolist() for name in names]
    words = [whole(told[name][::-1]) for name in ("amount", "paid")]
    kinds = [What(each) for each in told["what"][::-1].tolist()]
    lines = tuple(Line(*line) for line in zip(kinds, *columns, *words, strict=True))
    return Life(token, lines[0].who, lines)


def insiders(people: People, life: Life, who: Iterable[int]) -> frozenset[int]:
    """Whoever made a token and owns it, and those of `who` whom they handed some of it (or of its pools'
    tokens) themselves, or whom they first paid: unless they do so for many, as who gives to the public does.
    """
    inside = {life.maker} | {line.whom for line in life.of(What.OWNER) if line.whom}
    inside |= {line.whom for line in life.of(What.MINTED) if line.who in inside and line.whom} & set(who)
    left = [each for each in dict.fromkeys(who) if each not in inside]
    things = {life.token, *life.pools}
    for _ in range(_ROUNDS):
        found = {each for each in left if _belongs(people, each, inside, things)}
        if not found:
            break
        inside |= found
        left = [each for each in left if each not in found]
    return frozenset(inside)


def _belongs(people: People, who: int, inside: Collection[int], things: Collection[int]) -> bool:
    if people.funder(who) in inside and not people.serves_many(people.funder(who)):
        return True
    return any(
        giver in inside and not gives_to_many(people, giver, things) for giver in givers(people, who, things)
    )


def givers(people: People, who: int, things: Collection[int]) -> set[int]:
    """Who handed somebody some of these tokens, by a transaction of his own that was no trade."""
    rows = people.rows(who)
    got = (rows["kind"] == Kind.ERC20) & (rows["target"] == who) & among(rows["asset"], things)
    return set(rows["source"][got & (rows["source"] == rows["signer"])].tolist())


def gives_to_many(people: People, giver: int, things: Collection[int]) -> bool:
    rows = people.rows(giver)
    gave = (rows["kind"] == Kind.ERC20) & (rows["source"] == giver) & among(rows["asset"], things)
    return np.unique(rows["target"][gave]).size >= HUB


@dataclass(slots=True)
class Till:
    """The money in all of a token's pools, line by line; `taken` by insiders since it held most, and `most`;
    `kept`: which part of the liquidity they left there.

    `held` of a pool of Uniswap's second version is exact after each trade; else sums of what is known.
    """

    money: int
    pools: dict[int, int]
    most: int = 0
    taken: int = 0
    kept: float = 1.0

    @property
    def left(self) -> int:
        return sum(self.pools.values())

    @property
    def share(self) -> float:
        """Which part of the most that there was they took, or of the liquidity, and did not bring back."""
        return max(self.taken / self.most if self.most > 0 else 0.0, 1.0 - self.kept)

    def take(self, line: Line, is_taking: bool, is_inside: bool) -> None:
        if line.money != self.money or line.what not in MOVED:
            return
        way = MOVED[line.what]
        before, all_before = self.pools.get(line.pool, 0), self.left
        if line.what == What.REMOVED and is_taking:
            self.kept *= max(0.0, 1.0 - line.paid / all_before) if all_before else 1.0
        elif line.what == What.ADDED:
            self.kept = (self.kept * all_before + line.paid) / max(1, all_before + line.paid)
        self.pools[line.pool] = max(0, before + way * line.paid)
        if line.held >= 0:
            self.pools[line.pool] = int(line.held)
        if is_taking and way < 0:
            self.taken += line.paid
        elif is_inside and way > 0:
            self.taken = max(0, self.taken - line.paid)
        if self.left >= self.most:
            self.most, self.taken = self.left, 0

    def copy(self) -> Till:
        return replace(self, pools=dict(self.pools))


MOVED = {What.ADDED: 1, What.BOUGHT: 1, What.REMOVED: -1, What.SOLD: -1}
"""Whether a pool has more or less money after it."""


def without_visits(lines: Sequence[Line]) -> list[Line]:
    """Without liquidity that came and went within one block: it was there for one trade."""
    added = {(line.who, line.pool, line.block) for line in lines if line.what == What.ADDED}
    removed = {(line.who, line.pool, line.block) for line in lines if line.what == What.REMOVED}
    visits = added & removed
    return [
        line
        for line in lines
        if line.what not in (What.ADDED, What.REMOVED) or (line.who, line.pool, line.block) not in visits
    ]
