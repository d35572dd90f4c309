"""Sandwiches: somebody buys just before others buy, and sells to the price that they made, in one block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Seen, Tier, hexed
from detectors.memory.layout import Array, Columns
from detectors.parts.trades import Change, Leg, changes_of, legs_of
from detectors.parts.without_others import before_it, shortfalls
from detectors.parts.worth import severity


@dataclass(frozen=True, slots=True)
class Settings:
    """apart: what is sold again may differ by this share from what was bought (or what came back from what
    was paid). least_loss: the share of what the victims got that they lost at least.
    """

    apart: float = 0.1
    least_loss: float = 0.0002


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
    liquidity just in time trades with nobody. Fails: where the pool is of none of the two shapes that `pools`
    knows; where the victims' transactions failed, as nobody lost; around liquidity instead of swaps; over
    two blocks or in one transaction; where a bot keeps front and back in unlinked accounts. The loss is exact
    in pools of Uniswap's second version and an estimate in the third where a range was left; where logs tell
    nothing of what the pool held, it is by the price of the front. Costs a look at the pools that were traded
    both ways in a block. Source: rule by sums and opposite signs, all 20 of mev-inspect-py's in 25,572
    transactions of mainnet and 5 more, 0 false; Qin, Zhou, Gervais, "Quantifying blockchain extractable
    value", S&P 2022 (750,529 sandwiches in 32 months).
    """

    name = "sandwich"
    catches: tuple[str, ...] = ("sandwich",)
    needs: Tier = "receipts"
    settings = Settings()
    reads: tuple[str, ...] = ("net", "pools")

    def score(self, seen: Seen) -> list[Finding]:
        legs = seen.of("pools").get("legs")
        if legs is None or not legs["row"].size:
            return []
        found: dict[tuple[int, int], list[Attempt]] = {}
        for which in _both_ways(seen, legs):
            for attempt in self._attempts(seen, legs_of(seen, which)):
                found.setdefault((attempt.backs[-1].block, attempt.account), []).append(attempt)
        return [self._finding(seen, found[key]) for key in sorted(found)]

    def _attempts(self, seen: Seen, legs: Sequence[Leg]) -> Iterator[Attempt]:
        """Of the legs of one pool in one block, in their order."""
        changes = {leg.transaction: changes_of(seen, leg.transaction) for leg in legs}
        pair = {leg.asset_in for leg in legs} | {leg.asset_out for leg in legs}
        spoken: set[tuple[int, ...]] = set()
        for money in sorted(pair):
            for account in _accounts(changes, pair, legs):
                attempt = self._attempt(account, money, legs, changes)
                if attempt is None:
                    continue
                ends = tuple(leg.row for leg in (*attempt.fronts, *attempt.backs))
                if ends not in spoken:
                    spoken.add(ends)
                    yield attempt

    def _attempt(
        self, account: int, money: int, legs: Sequence[Leg], changes: Mapping[int, Sequence[Change]]
    ) -> Attempt | None:
        """What an account did that first gave `money`, if it is a sandwich."""
        buys = [leg for leg in legs if leg.asset_in == money]
        sells = [leg for leg in legs if leg.asset_out == money]
        if not buys or not sells:
            return None
        token = buys[0].asset_out
        mine = {number: _direction(account, money, token, lines) for number, lines in changes.items()}
        fronts = [leg for leg in buys if _is(mine[leg.transaction], 1)]
        backs = [leg for leg in sells if _is(mine[leg.transaction], -1)]
        if not fronts or not backs or not _opposite(fronts, backs, mine):
            return None
        first, last = fronts[0].transaction, backs[-1].transaction
        signers = {leg.signer for leg in (*fronts, *backs)}
        inside = [leg for leg in legs if first < leg.transaction < last and mine[leg.transaction] is None]
        victims = [leg for leg in inside if leg.asset_in == money and leg.signer not in signers]
        last_victim = max((leg.transaction for leg in victims), default=-1)
        fronts = [leg for leg in fronts if leg.transaction < last_victim]
        backs = [leg for leg in backs if any(leg.transaction > each.transaction for each in victims)]
        if not fronts or not backs or not _one_hand(account, fronts, backs):
            return None
        loss, exact = _loss(fronts, [leg for leg in inside if leg.transaction <= last_victim], victims)
        attempt = Attempt(
            account, fronts[0].pool, money, token, tuple(fronts), tuple(victims), tuple(backs), loss, exact
        )
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
        victims = {leg.trader for each in attempts for leg in each.victims}
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


def _both_ways(seen: Seen, legs: Columns) -> Iterator[Array]:
    """Legs of each pool and block with three or more, both ways, by their place in the table."""
    sent = seen.transactions
    block = sent["block"][legs["transaction"] - sent["number"][0]]
    order = np.lexsort((legs["row"], legs["pool"], block))
    moved = (np.diff(block[order]) != 0) | (np.diff(legs["pool"][order]) != 0)
    for which in np.split(order, np.flatnonzero(moved) + 1):
        assets = legs["asset_in"][which]
        if which.size >= 3 and (assets != assets[0]).any():
            yield which


def _accounts(changes: Mapping[int, Sequence[Change]], pair: set[int], legs: Sequence[Leg]) -> list[int]:
    """Who has more or less of a token of the pool after two transactions or more; signers first."""
    seen: dict[int, int] = {}
    for lines in changes.values():
        for account in {line.account for line in lines if line.asset in pair}:
            seen[account] = seen.get(account, 0) + 1
    signers = {leg.signer for leg in legs}
    mute = pair | {leg.pool for leg in legs} | {0}
    kept = [account for account, times in seen.items() if times > 1 and account not in mute]
    return sorted(kept, key=lambda account: (account not in signers, account))


def _direction(account: int, money: int, token: int, lines: Sequence[Change]) -> tuple[int, int] | None:
    """The signs of what an account has more of `money` and of `token`; None where it has no part."""
    own = {line.asset: line.more for line in lines if line.account == account}
    signs = tuple((own.get(asset, 0) > 0) - (own.get(asset, 0) < 0) for asset in (money, token))
    return (signs[0], signs[1]) if any(signs) else None


def _is(signs: tuple[int, int] | None, way: int) -> bool:
    """Whether an account bought (1) or sold (-1): more of the token, or less of the money."""
    return signs is not None and (signs[1] == way or signs[0] == -way)


def _opposite(
    fronts: Sequence[Leg], backs: Sequence[Leg], mine: Mapping[int, tuple[int, int] | None]
) -> bool:
    """Whether one asset went one way at first, and the other way at last."""
    for asset in range(2):
        at_first = {signs[asset] for leg in fronts if (signs := mine[leg.transaction]) is not None}
        at_last = {signs[asset] for leg in backs if (signs := mine[leg.transaction]) is not None}
        if {1, -1} == (at_first | at_last) - {0} and not (at_first & at_last) - {0}:
            return True
    return False


def _one_hand(account: int, fronts: Sequence[Leg], backs: Sequence[Leg]) -> bool:
    """Whether it is somebody's own account, and no vault that others trade through: it signed one of them, or
    one signer, or everybody by calling it, stands at both ends.
    """
    before, after = {leg.signer for leg in fronts}, {leg.signer for leg in backs}
    called = {leg.called for leg in (*fronts, *backs)}
    return account in before | after or bool(before & after) or called == {account}


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
            roles.setdefault(leg.trader, "victim")
        roles.setdefault(each.pool, "infrastructure")
    return tuple((seen.address(number), role) for number, role in roles.items())
