"""Sales of a token to its pools, those that worked and those that failed: a reading of `tokens`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detectors.kernels.decoding import Kind
from detectors.parts.launches import Life
from detectors.parts.people import People, whole
from detectors.parts.tokens import What

MOST_BUYERS = 60
"""Whose failed sales are looked for, the newest."""


@dataclass(frozen=True, slots=True)
class Sale:
    """`units` asked to be sold; `through`: the part of it that came to pools, -1 of a sale that failed."""

    who: int
    token: int
    row: int
    block: int
    units: float
    through: float


def sales(life: Life) -> list[Sale]:
    """A sale for each transaction, by its signer, where the token left himself. What he put into a pool as
    liquidity beside it came through as well.
    """
    sold: dict[int, list[float]] = {}
    last: dict[int, Sale] = {}
    for line in life.of(What.SOLD, What.ADDED):
        came = sold.setdefault(line.transaction, [0.0])
        came[0] += line.amount
        if line.what == What.SOLD and line.asked > 0:
            through = min(1.0, came[0] / line.asked)
            last[line.transaction] = Sale(line.who, life.token, line.row, line.block, line.asked, through)
    return sorted(last.values(), key=lambda sale: sale.row)


def failed_sales(people: People, life: Life, buyers: Iterable[int]) -> list[Sale]:
    """Of buyers, after they had bought."""
    bought: dict[int, int] = {}
    for line in life.of(What.BOUGHT):
        bought.setdefault(line.who, line.row)
    found = []
    for who in sorted(set(buyers), key=lambda who: -bought[who])[:MOST_BUYERS]:
        rows = people.rows(who)
        failed = (rows["kind"] == Kind.TRANSACTION) & (rows["source"] == who) & (rows["flag"] == 0)
        failed &= (rows["small"] >= 0) & (rows["row"] > bought[who])
        for at in failed.nonzero()[0].tolist():
            sale = wanted(people, who, int(rows["target"][at]), int(rows["row"][at]))
            if sale is not None and sale.token == life.token:
                found.append(sale)
    return sorted(found, key=lambda sale: sale.row)


def has_failed(people: People, who: int) -> bool:
    """Whether a call of somebody ever failed."""
    rows = people.rows(who)
    return bool(((rows["kind"] == Kind.TRANSACTION) & (rows["source"] == who) & (rows["flag"] == 0)).any())


def wanted(people: People, who: int, called: int, row: int) -> Sale | None:
    """What somebody wanted to sell whose call failed: the token that he let the called one have last."""
    rows, which = people.rows(who), people.account(who).approvals
    which = which[(rows["target"][which] == called) & (rows["row"][which] < row)] if which.size else which
    if not which.size or not rows["flag"][which[0]]:
        return None
    at = int(which[0])
    (units,) = whole(rows["amount"][at : at + 1])
    block = int(rows["block"][rows["row"] == row][0]) if (rows["row"] == row).any() else people.block
    return Sale(who, int(rows["asset"][at]), row, block, float(units), -1.0)
