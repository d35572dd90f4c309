"""How much of a new token, and of the money in its pools, those who made it could take: a risk, no harm."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.parts.contract import Kind
from detectors.parts.kinds import among
from detectors.parts.launches import Life, insiders
from detectors.parts.people import People, whole
from detectors.parts.tokens import What

MONTH = 30 * 86_400
WEIGHTS = {"liquidity": 0.25, "supply": 0.12, "owner": 0.04, "young": 0.04}
"""What each part can add to the score: judged, not fitted. Liquidity that can be taken out is in all reports
of rug pulls, a supply in few hands in most; an owner and youth are common among honest tokens too. Together
0.45, less than of any rug pull that somebody lost by.
"""


@dataclass(frozen=True, slots=True)
class Risk:
    """As of a block, from 0 to 1 each. liquidity: of what lies in its pools, what insiders can take out.
    supply: of all tokens, what they hold outside of pools. owner: whether one of them controls the token.
    young: from 1 at its birth to 0 after a month.
    """

    liquidity: float
    supply: float
    owner: float
    young: float

    @property
    def score(self) -> float:
        parts: list[float] = [weight * getattr(self, part) for part, weight in WEIGHTS.items()]
        return round(sum(parts), 6)


def risk_of(people: People, life: Life) -> Risk | None:
    """None of a token without a pool, or of which too much happened for its makers to be read."""
    if not life.pools or not people.is_fully_known(life.maker):
        return None
    inside = insiders(people, life, _handed(people, life))
    if not all(people.is_fully_known(who) for who in inside):
        return None
    owners = [line.whom for line in life.of(What.OWNER)]
    return Risk(
        liquidity=_liquidity(people, life, inside),
        supply=_part(_held(people, inside, life.token)[0], _supply(life)),
        owner=float(bool(owners) and owners[-1] in inside),
        young=max(0.0, 1.0 - (life.lines[-1].time - life.lines[0].time) / MONTH),
    )


def _handed(people: People, life: Life) -> set[int]:
    """Who traded a token, and whom its maker gave some of it or of its pools, where they sign for themselves:
    what lies at a contract, or nowhere, is locked or burnt for all that is known.
    """
    rows = people.rows(life.maker)
    gave = (rows["kind"] == Kind.ERC20) & (rows["source"] == life.maker) & (rows["signer"] == life.maker)
    gave &= among(rows["asset"], {life.token, *life.pools})
    given = set(rows["target"][gave].tolist()) - life.pools - {0}
    signs = {who for who in given if (people.rows(who)["signer"] == who).any()}
    return signs | {line.who for line in life.of(What.BOUGHT, What.SOLD)}


def _supply(life: Life) -> int:
    made = sum(line.amount for line in life.of(What.MINTED))
    return made - sum(line.amount for line in life.of(What.BURNT))


def _held(people: People, inside: frozenset[int], asset: int) -> tuple[int, int]:
    """What insiders have of an asset, and what ever came to them from others, by all of their rows."""
    came, gone = 0, 0
    for who in inside:
        rows = people.rows(who)
        moved = (rows["kind"] == Kind.ERC20) & (rows["asset"] == asset)
        others = {end: ~among(rows[end], inside) for end in ("source", "target")}
        came += sum(whole(rows["amount"][moved & (rows["target"] == who) & others["source"]]))
        gone += sum(whole(rows["amount"][moved & (rows["source"] == who) & others["target"]]))
    return max(0, came - gone), came


def _liquidity(people: People, life: Life, inside: frozenset[int]) -> float:
    """The largest part of a pool's money that they can take out: of what they put in, as much as they still
    have of the pool's own tokens that they got for it, where it has such.
    """
    parts = []
    for pool in life.pools:
        left, got = _held(people, inside, pool)
        parts.append(_put_in(life, pool, inside) * (_part(left, got) if got else 1.0))
    return max(parts)


def _put_in(life: Life, pool: int, inside: frozenset[int]) -> float:
    """Of the money that was put into a pool and not taken out, the part of insiders."""
    sums = [0, 0]
    for line in life.of(What.ADDED, What.REMOVED):
        if line.pool == pool:
            way = 1 if line.what == What.ADDED else -1
            sums[line.who in inside] += way * line.paid
    others, theirs = max(0, sums[False]), max(0, sums[True])
    return _part(theirs, others + theirs)


def _part(some: int, all_of_it: int) -> float:
    return min(1.0, some / all_of_it) if all_of_it > 0 else 0.0
