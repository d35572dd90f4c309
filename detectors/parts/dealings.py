"""One transaction, looked at closely: who acted, which pools they moved, who lost by it and who gained,
in the coin at prices before the block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Array
from detectors.parts.contract import Kind, Seen
from detectors.parts.trades import Change, Leg, changes_of, legs_of
from detectors.parts.values import Values, values_before
from detectors.parts.without_others import before_it


@dataclass(frozen=True, slots=True)
class Loan:
    """Of the part `loans`; rows by number."""

    lender: int
    borrower: int
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
    beside them a contract that trades for him, and where profit is left.
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
    values: Values

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
            ours = sum(
                line.more for line in self.changes if line.asset == loan.asset and line.account in self.side
            )
            for account, mine in self._others():
                lost = -sum(line.more for line in mine if line.asset == loan.asset)
                blind = any(line.more > 0 for line in mine)
                unknown = self.values.rate(loan.asset) is None
                if unknown and not blind and lost > least * loan.lent and ours >= gained * lost:
                    found.append(Loss(account, None, 1.0, (loan.asset,), False))
        return found

    def losses_for_nothing(self) -> list[Loss]:
        """Of accounts that got nothing for what has no price, where the side gave nothing and has more: who
        sells it to pools of unknown kinds for what was lent.
        """
        ours: dict[int, int] = {}
        for line in self.changes:
            if line.account in self.side:
                ours[line.asset] = ours.get(line.asset, 0) + line.more
        if min(ours.values(), default=0) < 0 or not any(ours.values()):
            return []
        return [
            Loss(account, None, 1.0, tuple(line.asset for line in mine), False)
            for account, mine in self._others()
            if all(line.more < 0 and self.values.rate(line.asset) is None for line in mine)
            and account not in {line.asset for line in mine}
        ]

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
        mine = (self.values.of(line.asset, line.more) for line in self.changes if line.account in self.side)
        return sum(wei for wei in mine if wei is not None)

    def more(self, asset: int) -> int:
        """Units that the side has more of an asset."""
        return sum(line.more for line in self.changes if line.asset == asset and line.account in self.side)

    def evidence(self, seen: Seen) -> list[int]:
        """All that moved or was lent: at most so many rows that they can be read."""
        rows = seen.rows
        mine = slice(*self.rows)
        moved = np.isin(rows["kind"][mine], _TOLD)
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
    own |= {loan.borrower for loan in loans if not _has_less(changes, loan.borrower, values)} - pools - {0}
    side = own | _trader(seen, rows, called, pools)
    if loans:
        side |= _paid_by(seen, rows, side, pools | {loan.lender for loan in loans}, changes)
    block, time, hashed = int(sent["block"][at]), int(sent["time"][at]), sent["hash"][at].tobytes()
    acting = frozenset(own), frozenset(side - {0})
    return Dealing(
        number, block, time, hashed, signer, called, rows, changes, legs, loans, *acting, values
    )  # fmt: skip


def _has_less(changes: Sequence[Change], account: int, values: Values) -> bool:
    """Whether an account lost by a transaction: who was made to borrow, and pays for it, is no attacker."""
    worth = (values.of(line.asset, line.more) for line in changes if line.account == account)
    return sum(wei for wei in worth if wei is not None) < 0


def _trader(seen: Seen, rows: tuple[int, int], called: int, pools: set[int]) -> set[int]:
    """A called contract that trades with pools itself acts for the signer: a router ends with nothing, so it
    changes no sum.
    """
    mine = slice(*rows)
    source, target = seen.rows["source"][mine], seen.rows["target"][mine]
    with_pool = (np.isin(target, list(pools)) & (source == called)) | (
        np.isin(source, list(pools)) & (target == called)
    )
    return {called} if (with_pool & (seen.rows["kind"][mine] == Kind.ERC20)).any() else set()


def _paid_by(
    seen: Seen, rows: tuple[int, int], side: set[int], apart: set[int], changes: Sequence[Change]
) -> set[int]:
    """Who was paid by the side what others lost, a tenth of it or more, and gave nobody anything: where
    profit is left. Less than that anybody may be given, so that he looks like one of them.
    """
    mine, lost = slice(*rows), dict[int, int]()
    for line in changes:
        if line.more < 0 and line.account not in side | apart | {0}:
            lost[line.asset] = lost.get(line.asset, 0) - line.more
    by_side = np.isin(seen.rows["source"][mine], list(side)) & (seen.rows["kind"][mine] == Kind.ERC20)
    by_side &= np.isin(seen.rows["money"][mine], list(lost))
    paid = set(seen.rows["target"][mine][by_side].tolist()) - side - apart - {0}
    paid -= {change.account for change in changes if change.more < 0}
    much = {line.account for line in changes if line.asset in lost and 10 * line.more >= lost[line.asset]}
    return paid & much


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
    names = ("lender", "borrower", "asset", "lent", "out", "back", "how")
    return [Loan(*each) for each in zip(*(table[name][at].tolist() for name in names), strict=True)]


def _of(seen: Seen, part: str, name: str, number: int) -> Array:
    """Lines of a table about a transaction."""
    table = seen.of(part).get(name)
    if table is None:
        return np.zeros(0, np.int64)
    first, end = np.searchsorted(table["transaction"], [number, number + 1])
    lines: Array = np.arange(first, end)
    return lines
