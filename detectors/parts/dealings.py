"""One transaction, looked at closely: who acted, which pools they moved, who lost by it and who gained,
in the coin at prices before the block.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.memory.layout import Array
from detectors.parts.contract import Kind, Seen
from detectors.parts.kinds import of_kinds
from detectors.parts.loans import MOST_LEFT
from detectors.parts.profit import burnt_at_last, left_with, trader_for
from detectors.parts.trades import Change, Leg, changes_of, legs_of
from detectors.parts.values import Values, values_before
from detectors.parts.without_others import before_it


@dataclass(frozen=True, slots=True)
class Loan:
    """Of the part `loans`; rows by number."""

    lender: int
    borrower: int
    payer: int
    asset: int
    lent: float
    out: int
    back: int
    how: int


@dataclass(frozen=True, slots=True)
class Push:
    """A pool that was traded by one side: how many times dearer or cheaper it made a token at most, from
    where it stood before, and the row in which it was first moved; `back`, where it was traded the other way.
    """

    pool: int
    times: float
    first: int
    back: int | None


@dataclass(frozen=True, slots=True)
class Loss:
    """What an account that signed nothing lost: `wei` (None where nobody knows its worth), at prices before
    the block, which is a `share` of what it paid. `blind`: it also got what nobody knows the worth of.
    """

    account: int
    wei: int | None
    share: float
    assets: tuple[int, ...]
    blind: bool


@dataclass(frozen=True, slots=True)
class Dealing:
    """A transaction with who acts in it as one (`side`): `own` are the signer, what is his and who borrowed;
    beside them a contract that trades for him, and where profit is left. `given`: who else was paid by the
    side what others lost, and gave nothing: in sums his, as profit may be split, but nobody to be named.
    `burnt`: units by asset of what others lost that the side burnt in the end, to have them elsewhere.
    """

    number: int
    block: int
    time: int
    hash: bytes
    signer: int
    called: int
    rows: tuple[int, int]
    changes: tuple[Change, ...]
    legs: tuple[Leg, ...]
    loans: tuple[Loan, ...]
    own: frozenset[int]
    side: frozenset[int]
    given: frozenset[int]
    values: Values
    burnt: Mapping[int, int]

    @property
    def pools(self) -> set[int]:
        return {leg.pool for leg in self.legs}

    def pushes(self) -> list[Push]:
        """Of each pool traded here; the furthest first."""
        found, of = list[Push](), dict[int, list[Leg]]()
        for leg in self.legs:
            of.setdefault(leg.pool, []).append(leg)
        for pool, legs in of.items():
            start = before_it(legs[0].trade)
            ends = [leg.trade.after for leg in legs]
            if start is None or min(start) <= 0:
                continue
            rates = [(held[0] / held[1]) / (start[0] / start[1]) for held in ends if held and min(held) > 0]
            times = max((max(rate, 1 / rate) for rate in rates), default=1.0)
            turns = [leg.row for leg in legs if leg.asset_in == legs[0].asset_out]
            found.append(Push(pool, times, legs[0].row, turns[0] if turns else None))
        return sorted(found, key=lambda push: (push.back is None, -push.times))

    def losses(self, least: int, honest: float, by_sale: bool = True) -> list[Loss]:
        """Of accounts beside the side, pools and lenders, that got back less than the share `honest` of what
        they paid, by `least` wei or more; the greatest first. What they got counts for what its sale would
        have fetched or, not `by_sale`, for its price, which is more.
        """
        found = list[tuple[int, Loss]]()
        for account, mine in self._others():
            worth = {
                change.asset: self.values.of(change.asset, change.more)
                if by_sale or change.more < 0
                else self.values.at_price(change.asset, change.more)
                for change in mine
            }
            paid = -sum(wei for wei in worth.values() if wei is not None and wei < 0)
            got = sum(wei for wei in worth.values() if wei is not None and wei > 0)
            blind = any(change.more > 0 and worth[change.asset] is None for change in mine)
            if paid - got >= least and got <= honest * paid:
                lost = tuple(change.asset for change in mine if change.more < 0)
                found.append((paid - got, Loss(account, paid - got, (paid - got) / paid, lost, blind)))
        return [loss for _, loss in sorted(found, key=lambda each: -each[0])]

    def losses_in_kind(self, least: float, gained: float) -> list[Loss]:
        """Of accounts that paid what was lent, which has no price, and got nothing: the share `least` of what
        was lent at least, of which the side has the share `gained`.
        """
        found = list[Loss]()
        for loan in {loan.asset: loan for loan in self.loans}.values():
            ours = self.more(loan.asset)
            for account, mine in self._others():
                lost = -sum(line.more for line in mine if line.asset == loan.asset)
                blind = any(line.more > 0 for line in mine)
                unknown = self.values.rate(loan.asset) is None
                if unknown and not blind and lost > least * loan.lent and ours >= gained * lost:
                    found.append(Loss(account, None, 1.0, (loan.asset,), False))
        return found

    def losses_for_nothing(self) -> list[Loss]:
        """Of accounts that got nothing for what has no price, where the side gave nothing and has more: who
        sells it to pools of unknown kinds for what was lent. Of what was lent itself the side would have it.
        """
        if not self.gave_nothing() or not any(self.sums().values()):
            return []
        found = [
            Loss(account, None, 1.0, tuple(line.asset for line in mine), False)
            for account, mine in self._others()
            if all(line.more < 0 and self.values.rate(line.asset) is None for line in mine)
            and account not in {line.asset for line in mine}
        ]
        lent = {loan.asset for loan in self.loans}
        found = [loss for loss in found if lent.isdisjoint(loss.assets)]
        burnt = {line.asset for line in self.changes if line.account == 0 and line.more > 0}
        taken = [loss for loss in found if not burnt.isdisjoint(loss.assets)]
        return taken or found

    def keeps(self, loss: Loss) -> bool:
        """Whether the side has nearly all that somebody lost, in kind."""
        ours = self.sums()
        lost = {
            line.asset: -line.more
            for line in self.changes
            if line.account == loss.account and line.asset in loss.assets
        }
        return all(ours.get(asset, 0) >= _NEARLY * units for asset, units in lost.items())

    def pays_others(self) -> bool:
        """Whether somebody who gave nothing, and to whom nothing was left, has a tenth of what was lent or
        more: a debt was repaid, or something bought.
        """
        lent = self._lent()
        return any(
            min(line.more for line in mine) >= 0
            and any(line.asset in lent and 10 * line.more >= lent[line.asset] for line in mine)
            for account, mine in self._others()
            if account not in self.given
        )

    def gave_nothing(self) -> bool:
        """Whether the side has less of nothing, but for what was taken for what was lent."""
        lent = self._lent()
        return all(more >= -MOST_LEFT * lent.get(asset, 0.0) for asset, more in self.sums().items())

    def _lent(self) -> dict[int, float]:
        """Units of each asset, of all loans together."""
        lent: dict[int, float] = {}
        for loan in self.loans:
            lent[loan.asset] = lent.get(loan.asset, 0.0) + loan.lent
        return lent

    def told_in(self, asset: int) -> Dealing:
        """The same with sums told in units of another asset than the coin, by the pools of this transaction
        alone.
        """
        values = Values({}, unit=asset)
        values.assume(self.legs)
        return replace(self, values=values)

    def sums(self) -> dict[int, int]:
        """What the side has more of each asset, or less."""
        ours, mine = dict(self.burnt), self.side | self.given
        for line in self.changes:
            if line.account in mine:
                ours[line.asset] = ours.get(line.asset, 0) + line.more
        return ours

    def _others(self) -> list[tuple[int, list[Change]]]:
        """Accounts beside the side, pools and lenders, with what changed for each."""
        apart = self.side | self.pools | {loan.lender for loan in self.loans} | {0}
        of: dict[int, list[Change]] = {}
        for change in self.changes:
            if change.account not in apart and change.more:
                of.setdefault(change.account, []).append(change)
        return list(of.items())

    def gain(self) -> int:
        """What the side has more, as far as it can be valued."""
        mine = (self.values.of(asset, more) for asset, more in self.sums().items())
        return sum(wei for wei in mine if wei is not None)

    def more(self, asset: int) -> int:
        """Units that the side has more of an asset."""
        return self.sums().get(asset, 0)

    def evidence(self, seen: Seen) -> list[int]:
        """All that moved or was lent: at most so many rows that they can be read."""
        rows = seen.rows
        mine = slice(*self.rows)
        moved = of_kinds(rows["kind"][mine], _TOLD)
        numbers: list[int] = rows["number"][mine][moved].tolist()
        return (
            numbers
            if len(numbers) <= _MOST_ROWS
            else [*numbers[: _MOST_ROWS // 2], *numbers[-_MOST_ROWS // 2 :]]
        )


_TOLD = (
    Kind.ERC20, Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL, Kind.SWAP_V2, Kind.SWAP_V3, Kind.SYNC,
    Kind.FLASH_LOAN_AAVE, Kind.FLASH_LOAN_BALANCER, Kind.FLASH_LOAN_ERC3156, Kind.FLASH_V3, Kind.INNER_VALUE,
)  # fmt: skip
_MOST_ROWS = 400
_NEARLY = 0.9
"""The share of a loss that a side keeps where none of it was needed to pay back what was lent."""


def dealings(seen: Seen, numbers: Iterable[int]) -> list[Dealing]:
    """Transactions by number, in their order."""
    values: dict[int, Values] = {}
    found = list[Dealing]()
    for number in sorted(set(numbers)):
        block = int(seen.transactions["block"][number - int(seen.transactions["number"][0])])
        known = values.setdefault(block, values_before(seen, block)).known
        found.append(_dealing(seen, number, Values(known)))
    return found


def _dealing(seen: Seen, number: int, values: Values) -> Dealing:
    sent, at = seen.transactions, number - int(seen.transactions["number"][0])
    signer, called = int(sent["signer"][at]), int(sent["target"][at])
    lines, loans = _of(seen, "pools", "legs", number), tuple(_loans(seen, number))
    legs = tuple(legs_of(seen, lines)) if lines.size else ()
    values.assume(legs)
    rows = int(sent["first_row"][at]), int(sent["end_row"][at])
    pools = {leg.pool for leg in legs}
    changes = tuple(changes_of(seen, number))
    own = {signer, *members_of(seen, number)}
    own |= {loan.borrower for loan in loans} & ({called} - pools)
    hands = {hand for loan in loans for hand in (loan.borrower, loan.payer)}
    own |= {hand for hand in hands if not _has_less(changes, hand, values)} - pools - {0}
    side = own | trader_for(seen, rows, called, pools)
    given, burnt = set[int](), dict[int, int]()
    if loans:
        burnt = burnt_at_last(seen, rows, side, changes)
        much, given = left_with(seen, rows, side, pools | {loan.lender for loan in loans}, changes)
        side |= much
    block, time, hashed = int(sent["block"][at]), int(sent["time"][at]), sent["hash"][at].tobytes()
    acting = frozenset(own), frozenset(side - {0}), frozenset(given - side)
    return Dealing(
        number, block, time, hashed, signer, called, rows, changes, legs, loans, *acting, values, burnt
    )  # fmt: skip


def _has_less(changes: Sequence[Change], account: int, values: Values) -> bool:
    """Whether an account lost by a transaction: who was made to borrow, and pays for it, is no attacker."""
    worth = (values.of(line.asset, line.more) for line in changes if line.account == account)
    return sum(wei for wei in worth if wei is not None) < 0


def members_of(seen: Seen, number: int) -> list[int]:
    """Accounts that act as one with the signer, by the part `sides`."""
    members: list[int] = []
    at = _of(seen, "sides", "members", number)
    if at.size:
        members = seen.of("sides")["members"]["account"][at].tolist()
    return members


def _loans(seen: Seen, number: int) -> list[Loan]:
    at = _of(seen, "loans", "loans", number)
    if not at.size:
        return []
    table = seen.of("loans")["loans"]
    names = ("lender", "borrower", "payer", "asset", "lent", "out", "back", "how")
    return [Loan(*each) for each in zip(*(table[name][at].tolist() for name in names), strict=True)]


def _of(seen: Seen, part: str, name: str, number: int) -> Array:
    """Lines of a table about a transaction."""
    table = seen.of(part).get(name)
    if table is None:
        return np.zeros(0, np.int64)
    first, end = np.searchsorted(table["transaction"], [number, number + 1])
    lines: Array = np.arange(first, end)
    return lines
