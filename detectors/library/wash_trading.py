"""Wash trading: one owner's wallets trade with each other, so that a thing looks wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.library.failed_wash_trades import failed_wash_trades
from detectors.parts import worth
from detectors.parts.contract import Columns, Seen
from detectors.parts.kinship import Kinship
from detectors.parts.lines import blocks_of, of_block, place_of
from detectors.parts.people import HUB, People, whole

COIN = 0
MOST = 200
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Settings:
    """returns: how often an item came back to one who had sold it, from which on its round needs no other
    tie (Chainalysis asks for three sales); tied: the same among wallets of one owner, or that are all new.
    near: hundredths by which prices of a round differ at most from one sale to the next (Chainalysis: one, of
    those that hide nothing; what is sold on for gain has another). rounds, matched, share: of a new token's
    trades, how often somebody sold again what he had bought, how near to all of it (hundredths), and which
    part of all that was traded is that of tied wallets: makers of a market keep what nobody takes, and others
    trade with them.
    """

    returns: int = 2
    tied: int = 1
    near: int = 50
    rounds: int = 3
    matched: int = 90
    share: int = 80


@dataclass(frozen=True, slots=True)
class Round:
    """Sales, or trades, that only went round: their rows, wallets, and what was paid in all."""

    thing: str
    rows: tuple[int, ...]
    wallets: tuple[int, ...]
    times: int
    tied: bool
    asset: int
    volume: int
    others: tuple[int, ...] = ()


class WashTrading:
    """Flags an item that comes back, for about the same price, to a wallet that sold it before; and a new
    token that its maker's own wallets buy and sell again, as much as they bought, while hardly anybody else
    does.

    An item's way is read back over 120 days of sales (`sales`): any pace. It takes two returns, or one where
    the wallets have one owner (who paid their first money, along a chain of six, or coin sent by hand), or
    where three or more wallets that trade nothing else were all new. Who trades with many, as desks that
    lend on pictures, is no part of a round. In a pool only wallets tied to the token's maker, or to each
    other, count, with what each sold again; a maker of a market has its own risk and strangers beside it, an
    arbitrage goes round inside one transaction, an aggregator has customers.

    With severity low: a maker who alone trades his own token, and what failed: a purchase that names the
    collection of which the signer's other wallet offers a piece where it is called, a sale of just what a
    tied wallet bought where nobody else trades.

    Fails: an issuer's treasury that sends its buyers the money and never gets a piece back (hard case P2) is
    found only where the piece returns; rounds inside of one transaction (P3) are one trade each here; pools
    of tokens older than the stream; an owner whose wallets an exchange paid for (P1) and whose item never
    comes back. Costs a read of the item's sales for each sale. Source: Chainalysis 2025 ($704M by sales
    within 25 blocks and 1 %), Dune's filters (45 % of Ethereum's volume in pictures), Victor and Weintraud.
    """

    name = "wash-trading"
    catches = ("wash-trading",)
    needs: Tier = "logs"
    reads = ("sales", "new-tokens")
    quiet_seconds = 120 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding an item, or a token, and block: subject = the wallet that has most trades in it."""
        tables = {name: table for name, table in seen.of("sales").items() if table["row"].size}
        tried = list(failed_wash_trades(seen))
        if not tables:
            return tried
        found: list[Finding | None] = [*tried]
        for block in blocks_of(seen, [table["row"] for table in tables.values()]):
            people, lines = People(seen, block), of_block(tables, seen, block)
            for item, row in _last(lines, "items", "item"):
                found.append(self._finding(people, row, self._of_item(people, item)))
            for token, row in _last(lines, "trades", "token"):
                found.append(self._finding(people, row, self._of_token(people, token)))
        kept = [each for each in found if each is not None]
        return sorted(kept, key=lambda finding: finding.block_number)

    def _of_item(self, people: People, item: int) -> Round | None:
        """The sales since the newest buyer sold it himself, and those before that went the same way."""
        sold = people.seen.history("sales.sold").rows(item, people.block, MOST)
        sold = {name: column[::-1] for name, column in sold.items()}
        last = _last_round(sold, self.settings.near)
        if last is None:
            return None
        begin, returns = last
        sellers, buyers = sold["seller"][begin:].tolist(), sold["buyer"][begin:].tolist()
        wallets = list(dict.fromkeys([*sellers, *buyers]))
        if len(wallets) < 2 or any(_is_desk(people, each, wallets) for each in wallets):
            return None
        kin = Kinship(people)
        tied = len(kin.groups(wallets)[0]) == len(wallets)
        first = int(sold["row"][begin])
        crowd = len(wallets) >= 3 and all(kin.is_young(each, first) for each in wallets)
        if returns < self.settings.returns and not (returns >= self.settings.tied and (tied or crowd)):
            return None
        prices = whole(sold["price"][begin:])
        return Round(
            "item", tuple(sold["row"][begin:].tolist()), tuple(wallets), returns, tied,
            int(sold["asset"][-1]), sum(prices),
        )  # fmt: skip

    def _of_token(self, people: People, token: int) -> Round | None:
        """What wallets that are tied, or among which the maker is, bought and sold again at once."""
        seen, own = people.seen, self.settings
        trades = seen.history("sales.traded").rows(token, people.block, MOST)
        trades = {name: column[::-1] for name, column in trades.items()}
        traders, sells = trades["trader"].tolist(), trades["buys"] == 0
        if len(set(traders)) > SHOWN or not sells.any():
            return None
        amounts = whole(trades["amount"])
        if int(sells.sum()) < own.rounds:
            return self._by_maker(people, token, trades, amounts)
        closed = _closed(traders, trades["buys"].tolist(), amounts, own.matched)
        theirs = [i for i, trader in enumerate(traders) if trader in closed]
        if sum(1 for i in theirs if sells[i]) < own.rounds:
            return None
        if 100 * sum(amounts[i] for i in theirs) < own.share * sum(amounts):
            return None
        maker = int(seen.history("new-tokens.known").rows(token, people.block, 1)["maker"][0])
        group = _owned(people, list(dict.fromkeys(traders)), maker)
        mine = [i for i in theirs if not group or traders[i] in group]
        rounds = sum(1 for i in mine if sells[i])
        if rounds < own.rounds or rounds > 2 * _at_once(traders) or not (group or maker in closed):
            return None
        if 100 * sum(amounts[i] for i in mine) < own.share * sum(amounts):
            return None
        wallets, money = list(dict.fromkeys(traders[i] for i in mine)), whole(trades["money"])
        return Round(
            "token", tuple(int(trades["row"][i]) for i in mine), tuple(wallets), rounds, bool(group), COIN,
            sum(money[i] for i in mine), tuple(each for each in sorted(group) if each not in wallets),
        )  # fmt: skip

    def _least(self, one: Round) -> int:
        """How often it must have gone round: once, where the maker alone trades his own token."""
        if one.thing == "item":
            return self.settings.tied
        return min(self.settings.rounds, one.times)

    def _by_maker(self, people: People, token: int, trades: Columns, amounts: list[int]) -> Round | None:
        """All trades there are: the maker of a token buys it of his own pool, and sells just that again."""
        maker = int(people.seen.history("new-tokens.known").rows(token, people.block, 1)["maker"][0])
        buys, money = trades["buys"].tolist(), whole(trades["money"])
        if set(trades["trader"].tolist()) != {maker} or not buys[0] or buys[-1]:
            return None
        if maker not in _closed([maker] * len(buys), buys, amounts, self.settings.matched):
            return None
        rows = tuple(int(row) for row in trades["row"])
        return Round("token", rows, (maker,), buys.count(0), False, COIN, sum(money))

    def _finding(self, people: People, row: int, one: Round | None) -> Finding | None:
        if one is None or row not in one.rows:
            return None
        seen = people.seen
        wallets = [seen.address(each) for each in (*one.wallets, *one.others)]
        roles: list[tuple[bytes, RoleName]] = [(each, "attacker") for each in wallets]
        wei = one.volume if one.asset == COIN else 0
        once = one.thing == "token" and one.times < self.settings.rounds
        most: Severity = "high" if one.tied else "low" if once else "medium"
        how = "have one owner" if one.tied else "keep it among themselves"
        what = "an item went round" if one.thing == "item" else "a new token was bought and sold again"
        return Finding(
            **place_of(seen, row),
            category="wash-trading",
            subject_kind="wallet",
            subject=wallets[0],
            score=_score(one),
            severity=worth.severity(most, wei, has_tokens=one.asset != COIN),
            roles=tuple(roles),
            rows=seen.evidence([each for each in one.rows if each <= row][-SHOWN:]),
            measured={"returns": one.times, "wallets": len(one.wallets), "native_wei": str(wei)},
            thresholds={"returns": self._least(one)},
            explanation=(
                f"Between {len(one.wallets)} wallet{'s' * (len(one.wallets) > 1)} that {how} {what} "
                f"{one.times} times, first by {hexed(wallets[0])}."
            ),
            value_wei=wei or None,
        )


def _owned(people: People, traders: list[int], maker: int) -> set[int]:
    """The traders that are tied to the token's maker, and he; else the largest group of tied ones."""
    groups = Kinship(people).groups([*traders, *([maker] if maker > 0 else [])])
    for group in groups:
        if maker in group and group & set(traders) and len(group) > 1:
            return group
    return groups[0] if groups and len(groups[0]) > 1 else set()


def _closed(traders: list[int], buys: list[int], amounts: list[int], matched: int) -> set[int]:
    """Who sold again nearly all that he bought, and no more."""
    sums: dict[int, list[int]] = {}
    for trader, bought, amount in zip(traders, buys, amounts, strict=True):
        sums.setdefault(trader, [0, 0])[1 - bought] += amount
    return {who for who, (one, other) in sums.items() if 100 * min(one, other) >= matched * max(one, other)}


def _at_once(traders: list[int]) -> int:
    """How often the next trade was the same wallet's: what it bought, nobody else could take. Who gathers
    first, with others of his, and leaves later, is another kind.
    """
    return sum(one == other for one, other in pairwise(traders))


def _last_round(sold: Columns, near: int) -> tuple[int, int] | None:
    """Where a chain of sales to the newest one begins, each by who had bought it and for about the price of
    the one before; and how many of them were to one who had sold it before. None where the newest was not.
    """
    sellers, buyers, prices = sold["seller"].tolist(), sold["buyer"].tolist(), whole(sold["price"])
    begin = len(sellers) - 1
    while begin > 0 and buyers[begin - 1] == sellers[begin] and _is_near(prices[begin - 1 : begin + 1], near):
        begin -= 1
    had: set[int] = set()
    returns, last = 0, False
    for seller, buyer in zip(sellers[begin:], buyers[begin:], strict=True):
        had.add(seller)
        last = buyer in had
        returns += last
    return (begin, returns) if last else None


def _is_near(prices: Sequence[int], near: int) -> bool:
    low, high = min(prices), max(prices)
    return 100 * (high - low) <= near * high


def _is_desk(people: People, wallet: int, others: Sequence[int]) -> bool:
    """Whether somebody pays and is paid by so many others that what comes back to him is his trade."""
    if people.is_hub(wallet):
        return True
    rows = people.rows(wallet)
    items = rows["item"] >= 0
    met = {*rows["source"][items].tolist(), *rows["target"][items].tolist()} - {wallet, 0, *others}
    return len(met) >= HUB


def _last(lines: dict[str, Columns], table: str, who: str) -> list[tuple[int, int]]:
    """Each of a table with the last of its rows."""
    if table not in lines:
        return []
    return list(dict(zip(lines[table][who].tolist(), lines[table]["row"].tolist(), strict=True)).items())


def _score(one: Round) -> float:
    """A half, up to three tenths for how often it went round, two for a common owner."""
    return round(0.5 + 0.3 * (1.0 - 1.0 / max(1, one.times)) + 0.2 * one.tied, 6)
