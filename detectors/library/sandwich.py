"""Sandwiches: somebody buys just before others buy, and sells to the price that they made, in one block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Seen, Tier, hexed
from detectors.library.failed_sandwiches import failed_sandwiches
from detectors.parts.front_and_back import Signs, accounts, both_ways, goes, one_hand, opposite
from detectors.parts.trades import Leg, legs_of, trader
from detectors.parts.without_others import before_it, shortfalls
from detectors.parts.worth import severity


@dataclass(frozen=True, slots=True)
class Settings:
    """apart: what is sold again may differ by this share from what was bought (or what came back from what
    was paid). least_loss: the share of what the victims got that they lost at least.
    apart_where_failed: the first, where the victims' transactions failed, and no loss shows whose the
    prices were.
    """

    apart: float = 0.1
    least_loss: float = 0.0002
    apart_where_failed: float = 0.01


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one account did in one pool in one block, around the legs of others. Amounts in units: `paid` of
    `money` for `bought` of `token`; `sold` of it for `got`. `loss` is the victims', in `token`.
    """

    account: int
    pool: int
    money: int
    token: int
    fronts: tuple[Leg, ...]
    victims: tuple[Leg, ...]
    backs: tuple[Leg, ...]
    loss: int
    exact: bool

    @property
    def paid(self) -> int:
        return sum(leg.trade.paid for leg in self.fronts)

    @property
    def bought(self) -> int:
        return sum(leg.trade.got for leg in self.fronts)

    @property
    def sold(self) -> int:
        return sum(leg.trade.paid for leg in self.backs)

    @property
    def got(self) -> int:
        return sum(leg.trade.got for leg in self.backs)

    @property
    def served(self) -> int:
        """What the victims got."""
        return sum(leg.trade.got for leg in self.victims)

    @property
    def apart(self) -> float:
        """How far what went out differs from what came in, on the side where it differs less."""
        return min(abs(1 - self.sold / self.bought), abs(1 - self.got / self.paid))

    @property
    def gains(self) -> bool:
        """Whether a unit was sold for more than it cost."""
        return self.got * self.bought > self.paid * self.sold

    @property
    def loss_in_coin(self) -> int | None:
        """What the victims lost, by the price before; None where neither side of the pool is the coin."""
        if self.token == 0:
            return self.loss
        before = before_it(self.fronts[0].trade)
        if self.money != 0 or before is None:
            return None
        side = self.fronts[0].trade.side
        return self.loss * before[side] // before[1 - side]


class Sandwich:
    """Catches who trades in a pool before and after others, in one block, at their cost: an account (no pool,
    no token of it) has more of a token of the pool after its first transactions and less after its last, or
    the other way round; in between others trade as it did first, without it. What it sold is within a tenth
    of what it bought (or what it got of what it paid), it sold dearer than it bought, and the others would
    have got more without it, by the curve of the pool. Sums are over all its transactions, so fronts may
    come in pieces or through other pools, backs from another wallet, and victims in layers.

    Two traders by chance differ in amounts or lose; two users of one router leave it with nothing; who adds
    liquidity just in time trades with nobody. Where the others' transactions failed nobody lost: then it is
    said with severity low of who sold again just what he had bought, around calls of others that failed and
    that name the token. Fails: where the pool is of none of the two shapes that `pools` knows; around
    liquidity instead of swaps; over two blocks or in one transaction; where a bot keeps front and back in
    unlinked accounts. The loss is exact in pools of Uniswap's second version and an estimate in the third
    where a range was left; where logs tell nothing of what the pool held, it is by the price of the front.
    Costs a look at the pools that were traded both ways in a block. Source: rule by sums and opposite signs,
    all 20 of mev-inspect-py's in 25,572 transactions of mainnet and 5 more, 0 false; Qin, Zhou, Gervais,
    "Quantifying blockchain extractable value", S&P 2022 (750,529 sandwiches in 32 months).
    """

    name = "sandwich"
    catches: tuple[str, ...] = ("sandwich",)
    needs: Tier = "logs"
    settings = Settings()
    reads: tuple[str, ...] = ("net", "pools")

    def score(self, seen: Seen) -> list[Finding]:
        legs = seen.of("pools").get("legs")
        if legs is None or not legs["row"].size:
            return []
        found: dict[tuple[int, int], list[Attempt]] = {}
        for which in both_ways(seen, legs):
            for attempt in self._attempts(seen, legs_of(seen, which)):
                found.setdefault((attempt.backs[-1].block, attempt.account), []).append(attempt)
        said = [self._finding(seen, found[key]) for key in sorted(found)]
        said += failed_sandwiches(seen, self.settings.apart_where_failed, set(found))
        return sorted(said, key=lambda finding: finding.block_number)

    def _attempts(self, seen: Seen, legs: Sequence[Leg]) -> Iterator[Attempt]:
        """Of the legs of one pool in one block, in their order."""
        pair = {leg.asset_in for leg in legs} | {leg.asset_out for leg in legs}
        of: dict[int, list[Leg]] = {}
        for leg in legs:
            of.setdefault(leg.transaction, []).append(leg)
        spoken: set[tuple[int, ...]] = set()
        for account, signs in accounts(seen, pair, of):
            for money in sorted(pair):
                attempt = self._attempt(account, money, signs, of)
                ends = tuple(leg.row for leg in (*attempt.fronts, *attempt.backs)) if attempt else ()
                if attempt is not None and ends not in spoken:
                    spoken.add(ends)
                    yield attempt

    def _attempt(
        self, account: int, money: int, signs: Mapping[int, Signs], of: Mapping[int, Sequence[Leg]]
    ) -> Attempt | None:
        """What an account did that first gave `money`, if it is a sandwich."""
        mine = [leg for transaction in signs for leg in of[transaction]]
        fronts = [leg for leg in mine if leg.asset_in == money and goes(leg, signs, 1)]
        backs = [leg for leg in mine if leg.asset_out == money and goes(leg, signs, -1)]
        if not fronts or not backs or not opposite(fronts, backs, signs):
            return None
        first, last = fronts[0].transaction, backs[-1].transaction
        own = {leg.signer for leg in (*fronts, *backs)}
        others = [number for number in of if first < number < last and number not in signs]
        inside = [leg for number in others for leg in of[number]]
        victims = [leg for leg in inside if leg.asset_in == money and leg.signer not in own]
        if not victims:
            return None
        begin, end = victims[0].transaction, victims[-1].transaction
        fronts = [leg for leg in fronts if leg.transaction < end]
        backs = [leg for leg in backs if leg.transaction > begin]
        if not fronts or not backs or not one_hand(account, fronts, backs):
            return None
        loss, exact = _loss(fronts, [leg for leg in inside if leg.transaction <= end], victims)
        traded = tuple(fronts), tuple(victims), tuple(backs)
        attempt = Attempt(account, fronts[0].pool, money, fronts[0].asset_out, *traded, loss, exact)
        return attempt if self._is_sandwich(attempt) else None

    def _is_sandwich(self, attempt: Attempt) -> bool:
        enough = attempt.loss > self.settings.least_loss * attempt.served
        return attempt.apart <= self.settings.apart and attempt.gains and enough

    def _finding(self, seen: Seen, attempts: Sequence[Attempt]) -> Finding:
        """All pools of an account in a block: it is one."""
        most = max(attempts, key=lambda attempt: (attempt.loss_in_coin or 0, attempt.pool))
        legs = [leg for each in attempts for leg in (*each.fronts, *each.victims, *each.backs)]
        numbers = sorted({row for leg in legs for row in leg.evidence(seen)})
        last = max((leg for each in attempts for leg in each.backs), key=lambda leg: leg.row)
        in_coin = [each.loss_in_coin for each in attempts]
        wei = sum(each for each in in_coin if each is not None)
        victims = {trader(seen, leg) for each in attempts for leg in each.victims}
        account = seen.address(most.account)
        lost = (
            f"{wei} wei" if None not in in_coin else f"{most.loss} units of {hexed(seen.address(most.token))}"
        )
        return Finding(
            block_number=last.block,
            timestamp=last.time,
            category="sandwich",
            subject_kind="wallet",
            subject=account,
            score=round(0.7 + 0.3 * (1 - most.apart / max(self.settings.apart, most.apart)), 6),
            severity=_severity(wei, None in in_coin),
            transaction=last.hash,
            roles=_roles(seen, attempts),
            rows=seen.evidence(numbers),
            measured={
                "apart": round(most.apart, 6),
                "least_loss": round(most.loss / max(most.served, 1), 6),
                "loss_wei": str(wei),
                "paid": str(most.paid),
                "bought": str(most.bought),
                "sold": str(most.sold),
                "got": str(most.got),
                "victims": len(victims),
                "pools": len({each.pool for each in attempts}),
                "loss_is": "exact" if all(each.exact for each in attempts) else "an estimate",
            },
            thresholds={"apart": self.settings.apart, "least_loss": self.settings.least_loss},
            explanation=(
                f"{hexed(account)} traded before and after {len(victims)} others in one block, in the pool "
                f"{hexed(seen.address(most.pool))}: they got {lost} less than they would have without it."
            ),
            proven=all(each.exact for each in attempts),
            value_wei=wei if None not in in_coin else None,
        )


def _loss(fronts: Sequence[Leg], others: Sequence[Leg], victims: Sequence[Leg]) -> tuple[int, bool]:
    """What the victims got less than without the fronts, and whether that is exact."""
    begin = before_it(fronts[0].trade)
    try:
        if begin is None:
            raise ValueError("nothing tells what the pool held")
        short = shortfalls(begin, [leg.trade for leg in others])
    except ValueError:
        paid, bought = (sum(getattr(leg.trade, side) for leg in fronts) for side in ("paid", "got"))
        return sum(leg.trade.paid * bought // paid - leg.trade.got for leg in victims), False
    rows = {leg.row for leg in victims}
    loss = sum(less for leg, less in zip(others, short, strict=True) if leg.row in rows)
    return loss, all(leg.version == 2 for leg in (*fronts, *others))


def _severity(wei: int, unknown: bool) -> Severity:
    return severity("high", wei, unknown)


def _roles(seen: Seen, attempts: Sequence[Attempt]) -> tuple[tuple[bytes, RoleName], ...]:
    """The account and who signed for it; the traders between; the pools."""
    roles: dict[int, RoleName] = {}
    for each in attempts:
        roles |= dict.fromkeys(
            (each.account, *(leg.signer for leg in (*each.fronts, *each.backs))), "attacker"
        )
    for each in attempts:
        for leg in each.victims:
            roles.setdefault(trader(seen, leg), "victim")
        roles.setdefault(each.pool, "infrastructure")
    return tuple((seen.address(number), role) for number, role in roles.items())
