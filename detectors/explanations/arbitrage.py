"""Pools that stood apart, evened out: what one pays for is sold to the next, and more comes back."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.base import Finding, Seen
from detectors.parts.lending import transaction_at
from detectors.parts.trades import legs_of


@dataclass(frozen=True, slots=True)
class Settings:
    """apart: of an asset, pools together may have received more than they paid by this share of what moved
    (1 % of `detection.md`). pools: so many pools take part.
    """

    apart: float = 0.01
    pools: int = 2


class Arbitrage:
    """Holds where the swaps of a transaction, by their events, leave the trader with more of an asset and
    less of none: a sum over all pools, so that no route has to be found. Legs that only transfers show do not
    count, since a robbed lender looks like a pool. Abused by: a thief who does an arbitrage beside it, so it
    lowers no loss that a moved price made. Source: chain-notes.md, all 20 of mev-inspect-py's profitable ones
    and 23 more, no attack among them.
    """

    kind = "arbitrage"
    settings = Settings()
    reads: tuple[str, ...] = ("net", "pools")

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        number, table = transaction_at(seen, finding.transaction), seen.of("pools").get("legs")
        if table is None:
            return None
        legs = legs_of(seen, (table["transaction"] == number).nonzero()[0])
        got, turned = dict[int, int](), dict[int, int]()
        for leg in legs:
            for asset, more in ((leg.asset_out, leg.trade.got), (leg.asset_in, -leg.trade.paid)):
                got[asset] = got.get(asset, 0) + more
                turned[asset] = turned.get(asset, 0) + abs(more)
        pools = {leg.pool for leg in legs}
        less = any(more < -self.settings.apart * turned[asset] for asset, more in got.items())
        if len(pools) < self.settings.pools or less or all(more <= 0 for more in got.values()):
            return None
        return f"an arbitrage: a round through {len(pools)} pools came back with more"
