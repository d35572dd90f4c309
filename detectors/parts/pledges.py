"""What somebody drew from a contract against what he had bought himself and left there: by the row log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Columns
from detectors.parts.contract import Kind, Seen
from detectors.parts.kinds import among
from detectors.parts.lending import money_of
from detectors.parts.lines import some
from detectors.parts.trades import whole


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase of `token` in a pool of Uniswap's second version: reserves (money, token) before and after,
    and the rows that tell of it.
    """

    pool: int
    money: int
    before: tuple[int, int]
    after: tuple[int, int]
    signer: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pledge:
    """`pledged` units of `token` that `owner` left with `holder`, and `drawn` units of `money` that he took
    from it since his first purchase, beyond what he had lent it before; each less what went back.
    """

    owner: int
    holder: int
    money: int
    token: int
    pledged: int
    drawn: int
    purchases: tuple[Bought, ...]
    rows: tuple[int, ...]

    @property
    def times(self) -> float:
        """How many times dearer the purchases still kept the token when the last was done: what others bought
        meanwhile is the market, and what they sold took back a part of it.
        """
        excess, stood = 1.0, 0.0
        for bought in self.purchases:
            begin, end = (money / token for money, token in (bought.before, bought.after))
            if stood and begin < stood:
                excess = max(1.0, excess * begin / stood)
            excess, stood = excess * end / begin, end
        return excess

    @property
    def worth(self) -> int:
        """What was pledged would be worth in money without the purchases."""
        money, token = self.purchases[-1].after
        return int(self.pledged * (money / token) / self.times)


@dataclass(frozen=True, slots=True)
class Look:
    """Whose rows are looked at, before row `until`, at most `most`; purchases are no older than `since`."""

    seen: Seen
    block: int
    since: int
    most: int
    until: int

    def rows(self, who: int, since: int = 0) -> Columns:
        rows = self.seen.history("rows").rows(who, self.block, self.most)
        young = (rows["time"] >= since) & (rows["row"] < self.until)
        return some(rows, young)

    def has_given(self, who: int, holder: int) -> bool:
        """Whether somebody left anything with a holder, by his rows: most did not."""
        rows = self.seen.history("rows").rows(who, self.block, self.most)
        place = "paid tokens", who, int(rows["row"][0]) if rows["row"].size else -1, rows["row"].size
        if holder not in self.seen.once(place, lambda: _payees(rows, who)):
            return False
        return bool((_moves(rows, who, holder) & (rows["row"] < self.until)).any())


def pledges(look: Look, owner: int, holder: int, money: int | None = None) -> list[Pledge]:
    """What an owner left with a holder after he bought it, against `money`, or whatever he paid for it."""
    if not look.has_given(owner, holder):
        return []
    rows = look.rows(owner)
    given = _moves(rows, owner, holder)
    tokens = [int(token) for token in np.unique(rows["asset"][given])]
    found = [_pledge(look, rows, owner, holder, money, token) for token in tokens]
    return [each for each in found if each is not None and each.money != money_of(look.seen, each.token)]


def _pledge(
    look: Look, rows: Columns, owner: int, holder: int, money: int | None, token: int
) -> Pledge | None:
    came = (rows["kind"] == Kind.ERC20) & (rows["target"] == owner) & (rows["asset"] == token)
    came &= rows["time"] >= look.since
    bought = list[Bought]()
    for t in dict.fromkeys(rows["transaction"][came & (rows["source"] != holder)].tolist()):
        signer = int(rows["signer"][rows["transaction"] == t][0])
        theirs = rows if signer == owner else look.rows(signer, look.since)
        own = {name: column[theirs["transaction"] == t] for name, column in theirs.items()}
        if (each := _bought(look.seen, own, owner, money, token)) is not None:
            bought.append(each)
    if not bought:
        return None
    bought.reverse()  # rows are newest first
    paid = bought[-1].money
    begin = min(bought[0].rows)
    pledged, there = _balance(rows, owner, holder, {token}, 0, look.until)
    coins = {int(asset) for asset in np.unique(rows["asset"]) if money_of(look.seen, int(asset)) == paid}
    lent, _ = _balance(rows, owner, holder, coins, 0, begin)
    less, taken = _balance(rows, owner, holder, coins, begin, look.until)
    drawn, same = -less - max(0, lent), tuple(each for each in bought if each.money == paid)
    return Pledge(owner, holder, paid, token, pledged, drawn, same, (*there, *taken))


def _bought(seen: Seen, rows: Columns, owner: int, money: int | None, token: int) -> Bought | None:
    """The purchase that the rows of one transaction tell of; the pool synced once, to what it holds."""
    paid = (rows["kind"] == Kind.ERC20) & (rows["target"] == owner) & (rows["asset"] == token)
    for pool in dict.fromkeys(rows["source"][paid].tolist()):
        synced = np.flatnonzero((rows["kind"] == Kind.SYNC) & (rows["emitter"] == pool))
        swapped = (rows["kind"] == Kind.SWAP_V2) & (rows["emitter"] == pool)
        into = (rows["kind"] == Kind.ERC20) & (rows["target"] == pool)
        assets = np.unique(rows["asset"][into])
        if synced.size != 1 or not swapped.any() or assets.size != 1:
            continue
        paid_in = money_of(seen, int(assets[0]))
        if money not in (None, paid_in):
            continue
        came = sum(whole(each) for each in rows["amount"][into])
        went = sum(whole(each) for each in rows["amount"][paid & (rows["source"] == pool)])
        held = [whole(rows[name][synced[0]]) for name in ("amount", "amount2")]
        side = 0 if any(rows["amount"][swapped][0]) else 1
        after = held[side], held[1 - side]
        before = after[0] - came, after[1] + went
        if min(*before, *after) > 0:
            numbers = rows["row"][
                (rows["kind"] == Kind.SYNC) & (rows["emitter"] == pool) | into | paid | swapped
            ]
            told = tuple(sorted(numbers.tolist()))
            return Bought(pool, paid_in, before, after, int(rows["signer"][0]), told)
    return None


def _balance(
    rows: Columns, owner: int, holder: int, assets: set[int], begin: int, end: int
) -> tuple[int, list[int]]:
    """Units from owner to holder, less those that came back, from row `begin` to `end`; the rows."""
    of_asset = among(rows["asset"], assets) & (rows["row"] >= begin) & (rows["row"] < end)
    out = _moves(rows, owner, holder) & of_asset
    back = _moves(rows, holder, owner) & of_asset
    units = sum(map(whole, rows["amount"][out])) - sum(map(whole, rows["amount"][back]))
    return units, rows["row"][out | back].tolist()


def _payees(rows: Columns, who: int) -> set[int]:
    """Whom somebody paid tokens, by his rows."""
    return set(rows["target"][(rows["kind"] == Kind.ERC20) & (rows["source"] == who)].tolist())


def _moves(rows: Columns, source: int, target: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        (rows["kind"] == Kind.ERC20) & (rows["source"] == source) & (rows["target"] == target)
    )
    return found


def refused_calls(seen: Seen) -> list[int]:
    """Transactions that call a contract and failed, by number."""
    sent = seen.transactions
    refused = ~sent["done"] & (sent["selector"] >= 0) & (sent["target"] != sent["signer"])
    numbers: list[int] = sent["number"][refused].tolist()
    return numbers


def called_payers(seen: Seen) -> Sequence[tuple[int, int, int]]:
    """Transactions in which the contract called pays the signer a priced asset, gets nothing and trades with
    no pool: (transaction, asset, units).
    """
    changes, sent = seen.of("net").get("changes"), seen.transactions
    if changes is None:
        return []
    at = changes["transaction"] - int(sent["number"][0])
    nothing = ~changes["received"].any(axis=1)
    named = (changes["account"] == sent["target"][at]) & nothing & (sent["selector"][at] >= 0)
    legs = seen.of("pools").get("legs")
    if legs is not None:
        named &= ~np.isin(changes["transaction"], legs["transaction"])
    own = (changes["account"] == sent["signer"][at]) & ~changes["paid"].any(axis=1)
    both = set(zip(changes["transaction"][own].tolist(), changes["asset"][own].tolist(), strict=True))
    found = list[tuple[int, int, int]]()
    for i in np.flatnonzero(named).tolist():
        number, asset = int(changes["transaction"][i]), int(changes["asset"][i])
        if (number, asset) in both:
            found.append((number, asset, whole(changes["paid"][i])))
    return found
