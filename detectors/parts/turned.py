"""Venues of unknown kinds in which a side changed one asset for another, and later back: what a price was
moved with, where no event of a pool tells so.
"""

from __future__ import annotations

from dataclasses import dataclass

from detectors.parts.contract import Seen
from detectors.parts.dealings import Dealing
from detectors.parts.inside import Inside
from detectors.parts.loans import BY_TRANSFERS

_MOST_FLOWS = 200
"""Of a venue: with more nothing is said of it."""
Flow = tuple[int, int]
"""Asset, and units that came into a venue or, negative, left it."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A venue that was paid one asset for another, `asset`, and then the other way round."""

    venue: int
    asset: int


def turned(seen: Seen, deal: Dealing) -> Turned | None:
    """The first venue that the side went into with an asset, out of with another, and back: at least half of
    what went in came out again. Pools whose events are read, and who tells that he lent, are none.
    """
    told = {loan.lender for loan in deal.loans if loan.how != BY_TRANSFERS}
    apart = deal.side | deal.pools | told | {0}
    for venue, flows in _flows(seen, deal).items():
        if venue in apart or not 4 <= len(flows) <= _MOST_FLOWS:
            continue
        asset = _there_and_back(flows)
        if asset is not None:
            return Turned(venue, asset)
    return None


def _flows(seen: Seen, deal: Dealing) -> dict[int, list[Flow]]:
    """By account, what the side paid it and was paid by it, in order."""
    found: dict[int, list[Flow]] = {}
    for source, target, asset, units in Inside(seen, deal.number).payments():
        if not units or (source in deal.side) == (target in deal.side):
            continue
        if source in deal.side:
            found.setdefault(target, []).append((asset, units))
        else:
            found.setdefault(source, []).append((asset, -units))
    return found


def _there_and_back(flows: list[Flow]) -> int | None:
    """The asset that went in for another, which went in for it later."""
    for asset, units in flows:
        if units <= 0:
            continue
        for other in {each for each, _ in flows} - {asset}:
            steps = [(asset, 1), (other, -1), (other, 1), (asset, -1)]
            came = _in_order(flows, steps)
            if came and 2 * came[-1] >= came[0] and 2 * came[2] >= came[1]:
                return asset
    return None


def _in_order(flows: list[Flow], steps: list[tuple[int, int]]) -> list[int]:
    """Units of the first flows that are these steps one after the other; none where one is missing."""
    found, waiting = list[int](), list(steps)
    for asset, units in flows:
        if waiting and asset == waiting[0][0] and units * waiting[0][1] > 0:
            found.append(abs(units))
            waiting.pop(0)
    return [] if waiting else found
