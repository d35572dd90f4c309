"""Price manipulation: a price is moved, somebody believes it, and pays for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from detectors.base import Finding, Seen, Tier
from detectors.library.failed_price_raids import failed_price_raids
from detectors.library.moved_prices import (
    Cut,
    by_attempt,
    by_destruction,
    by_feed,
    by_pledge,
    by_round_trip,
)
from detectors.parts.bare_syncs import bare_syncs, destroyed
from detectors.parts.dealings import Dealing, dealings
from detectors.parts.exploits import losses_in_money, total, used_push
from detectors.parts.kinds import of_kinds
from detectors.parts.lending import LIQUIDATIONS, told_of
from detectors.parts.lines import Place
from detectors.parts.pledges import Look, called_payers, pledges, refused_calls
from detectors.parts.values import values_before


@dataclass(frozen=True, slots=True)
class Settings:
    """least_wei, least_gain, push, most_legs: as of `flash-loan-attack`; honest too, higher as a pool was
    moved. least_share: where the coin prices nothing, the share of what was first paid to the moved pool
    below which a loss is not looked at. covered: what was left for a loan would be worth less than this
    share of it had its owner not bought (lenders want 1.2 times the loan and more, so an honest one stays
    far above). dearer: so many times dearer he made it, or what was taken out of a pool without a trade
    made the rest. attempt: the same where the next call failed (a lender of 70 % gives more than its
    worth for a token 1.4 times too dear). drained: the share of a pool's money that went then; unpriced:
    the same where no price is known. seized: collateral was worth so many times the debt that was paid
    for it (bonuses end at 1.15, thin pools are off by half, wrong feeds by far more). users: of a raid
    that failed, people who used the contract that refused, from which on it is known to be in use (as of
    `flash-loan-attack`). window_s, most_rows: how far back purchases are looked for: all that the row log
    holds, as thieves wait for weeks.
    """

    least_wei: int = 10**17
    honest: float = 0.8
    least_gain: float = 0.1
    push: float = 1.02
    least_share: float = 0.01
    most_legs: int = 200
    covered: float = 0.95
    dearer: float = 1.1
    attempt: float = 1.5
    drained: float = 0.05
    unpriced: float = 0.25
    seized: float = 2.0
    window_s: int = 90 * 86_400
    most_rows: int = 400
    users: int = 24


class PriceManipulation:
    """Catches who moves a price and has somebody pay by it. At once: a pool is traded one way and back in one
    transaction, and somebody beside pools and the trader's side got back less than 80 % of what it
    paid, at prices before the block, while the side gained. Step by step: a wallet drew from a contract, by a
    call of its own, more than what it had left there would be worth had it not bought that itself, or others
    for it; at whatever pace, and less what others sold against it; a claim of what was registered at such a
    price too (10.P2). By destruction: tokens left a pool that synced without a trade, and the rest was sold
    to it for its money (P1). By a feed: collateral was seized for a debt of much less, at prices of pools
    that nobody moved (P3). In vain, where there are traces: a contract of the caller's traded a pool, and
    another's that few use looked at that pool and refused.

    Large swaps, slices and sandwiches have nobody who pays by the price (N1); who evens out pools pays and is
    paid by pools alone (N2); leverage at a fair price is covered by what was bought; a token that burns a
    little of each sale moves little. Fails: attempts in one transaction that was reverted, without traces, or
    where the victim asks somebody who had looked before; sales that are paid out in the pumped token itself;
    loans by a wrong feed (P3) without a liquidation; pools of unknown kinds (P4); over several transactions
    only purchases in pools of Uniswap's second version with what is lent are seen; reserves destroyed in one
    transaction and used in another. Costs a look at transactions that trade a pool both ways, and a look into
    the row log for each contract that pays its caller. Source: DeFiRanger (432 attacks in 350M transactions),
    DeFiScope P .96 R .80.
    """

    name = "price-manipulation"
    catches: tuple[str, ...] = ("price-manipulation",)
    needs: Tier = "logs"
    settings = Settings()
    reads: tuple[str, ...] = ("contracts", "loans", "net", "pools", "prices", "sides")
    excused_by: tuple[str, ...] = ("liquidation", "arbitrage")
    quiet_seconds = 86_400

    def score(self, seen: Seen) -> list[Finding]:
        found = [said for deal in self._both_ways(seen) if (said := self._at_once(seen, deal)) is not None]
        found += self._drawn(seen)
        found += self._refused(seen)
        found += self._destroyed(seen)
        found += self._seized(seen)
        found += failed_price_raids(seen, self.settings.users)
        return sorted(found, key=lambda finding: finding.block_number)

    @property
    def _cuts(self) -> dict[str, Cut]:
        return asdict(self.settings) | {"least_wei": str(self.settings.least_wei)}

    def _both_ways(self, seen: Seen) -> list[Dealing]:
        """Transactions that trade a pool one way and the other."""
        legs = seen.of("pools").get("legs")
        if legs is None or legs["row"].size < 2:
            return []
        order = np.lexsort((legs["row"], legs["pool"], legs["transaction"]))
        sent, pool, into = (legs[name][order] for name in ("transaction", "pool", "asset_in"))
        turns = (np.diff(sent) == 0) & (np.diff(pool) == 0) & (np.diff(into) != 0)
        deals = dealings(seen, sent[1:][turns].tolist())
        return [deal for deal in deals if len(deal.legs) <= self.settings.most_legs]

    def _at_once(self, seen: Seen, deal: Dealing) -> Finding | None:
        own = self.settings
        push = used_push(deal, own.push)
        if push is None:
            return None
        losses = deal.losses(own.least_wei, own.honest)
        gained = deal.gain() / total(losses) if losses else 0.0
        if gained < own.least_gain:
            losses, gained = losses_in_money(deal, push, own.least_share, own.honest)
        if not losses or gained < own.least_gain:
            return None
        return by_round_trip(seen, deal, losses, push, gained, self._cuts)

    def _drawn(self, seen: Seen) -> Iterator[Finding]:
        own, sent = self.settings, seen.transactions
        for number, asset, units in called_payers(seen):
            values = values_before(seen, int(sent["block"][number - int(sent["number"][0])]))
            if (values.of(asset, units) or 0) < own.least_wei:
                continue
            look, owner, holder, place = self._look(seen, number)
            for pledge in pledges(look, owner, holder, asset):
                lost = values.of(asset, pledge.drawn - pledge.worth) or 0
                is_short = pledge.worth < own.covered * pledge.drawn
                if is_short and pledge.times >= own.dearer and lost >= own.least_wei:
                    yield by_pledge(seen, pledge, place, lost, self._cuts)

    def _refused(self, seen: Seen) -> Iterator[Finding]:
        """Where the call that was to bring the gain failed."""
        for number in refused_calls(seen):
            look, owner, holder, place = self._look(seen, number)
            for pledge in pledges(look, owner, holder):
                is_new = pledge.drawn <= 0 < pledge.pledged
                if is_new and pledge.times >= self.settings.attempt:
                    yield by_attempt(seen, pledge, place, look.until - 1, self._cuts)

    def _look(self, seen: Seen, number: int) -> tuple[Look, int, int, Place]:
        """At the rows up to a transaction; its signer, whom it calls, and where a finding about it stands."""
        own, sent = self.settings, seen.transactions
        at = number - int(sent["number"][0])
        block, time = int(sent["block"][at]), int(sent["time"][at])
        until = int(seen.rows["number"][int(sent["end_row"][at]) - 1]) + 1
        look = Look(seen, block, time - own.window_s, own.most_rows, until)
        place = Place(block_number=block, timestamp=time, transaction=sent["hash"][at].tobytes())
        return look, int(sent["signer"][at]), int(sent["target"][at]), place

    def _destroyed(self, seen: Seen) -> Iterator[Finding]:
        own, bare = self.settings, bare_syncs(seen)
        for deal in dealings(seen, bare):
            if len(deal.legs) > own.most_legs:
                continue
            for gone in destroyed(seen, deal, bare[deal.number]):
                got = deal.more(gone.money)
                lost = deal.values.of(gone.money, gone.lost)
                part = own.drained if lost is not None else own.unpriced
                if (
                    gone.times >= own.dearer
                    and gone.lost >= part * gone.held
                    and (lost is None or lost >= own.least_wei)
                    and got >= own.least_gain * gone.lost
                ):
                    yield by_destruction(seen, deal, gone, lost, got / gone.lost, self._cuts)

    def _seized(self, seen: Seen) -> Iterator[Finding]:
        own, rows = self.settings, seen.rows
        told = of_kinds(rows["kind"], LIQUIDATIONS)
        for deal in dealings(seen, rows["transaction"][told].tolist() if told.any() else []):
            deal.values.assumed.clear()
            found = [
                (seized - repaid, each)
                for each in told_of(seen, deal.number, LIQUIDATIONS)
                if (seized := deal.values.of(each.asset, each.amount)) is not None
                and (repaid := deal.values.at_price(each.debt, each.repaid)) is not None
                and seized >= own.seized * repaid
                and seized - repaid >= own.least_wei
            ]
            if found:
                yield by_feed(seen, deal, found, self._cuts)
