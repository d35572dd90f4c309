"""What sums of assets were worth in the chain's coin before a block, for those who look at few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from detectors.parts.contract import Seen
from detectors.parts.trades import Leg
from detectors.parts.without_others import before_it


@dataclass(frozen=True, slots=True)
class Price:
    """`wei` a unit, and the wei that a pool held for it."""

    wei: float
    depth: float

    def of(self, units: int) -> int:
        """What so many units would have fetched there at once: never more than the pool held."""
        worth = self.wei * units
        return int(worth * self.depth / (self.depth + worth))


@dataclass(slots=True)
class Values:
    """Prices before a block, and, in `assumed`, those of assets of which nothing was known before: by what
    pools held before their first trade of a transaction, which rests on what they say alone. All in wei, or
    in units of another asset, `unit`.
    """

    known: Mapping[int, Price]
    unit: int = 0
    assumed: dict[int, Price] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    """Assets of `assumed` that were asked for."""

    def of(self, asset: int, units: int) -> int | None:
        """Wei for so many units, with their sign; None where nothing tells."""
        if asset == self.unit:
            return units
        price = self.known.get(asset)
        if price is None and (price := self.assumed.get(asset)) is not None:
            self.used.add(asset)
        if price is None:
            return None
        return price.of(units) if units >= 0 else -price.of(-units)

    def at_price(self, asset: int, units: int) -> int | None:
        """Wei for so many units at the price of one, though a sale of all would fetch less."""
        rate = self.rate(asset)
        if asset == self.unit or rate is None:
            return units if asset == self.unit else None
        if asset not in self.known:
            self.used.add(asset)
        return int(rate * units)

    def rate(self, asset: int) -> float | None:
        """Wei a unit, as `of` for a small sum."""
        price = Price(1.0, 1.0) if asset == self.unit else self.known.get(asset) or self.assumed.get(asset)
        return None if price is None else price.wei

    def assume(self, legs: Sequence[Leg]) -> None:
        """Takes prices that are not known from the legs of one transaction, in their order: of each pool from
        what it held before its first; first of those with the coin, then of those with an asset that has a
        price.
        """
        firsts = {leg.pool: leg for leg in reversed(legs)}.values()
        for _ in range(2):
            for leg in firsts:
                held = before_it(leg.trade)
                if held is None or min(held) <= 0:
                    continue
                there = {leg.asset_in: held[leg.trade.side], leg.asset_out: held[1 - leg.trade.side]}
                for quote, asset in ((leg.asset_in, leg.asset_out), (leg.asset_out, leg.asset_in)):
                    if (rate := self.rate(quote)) is not None and asset not in {self.unit, *self.known}:
                        price = Price(rate * there[quote] / there[asset], rate * there[quote])
                        if asset not in self.assumed or price.depth > self.assumed[asset].depth:
                            self.assumed[asset] = price


def values_before(seen: Seen, block: int) -> Values:
    """By the part `prices`."""
    return Values(seen.once(("prices before", block), lambda: _known_before(seen, block)))


def _known_before(seen: Seen, block: int) -> Mapping[int, Price]:
    price = seen.of("prices").get("price")
    if price is None:
        return {}
    mine = price["block"] == block
    columns = (price[name][mine].tolist() for name in ("id", "wei", "depth"))
    return {asset: Price(wei, depth) for asset, wei, depth in zip(*columns, strict=True)}
