"""Who buys what others sell and sells what others buy, with a stock of his own that prices can hurt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from detectors.base import Finding, Seen
from detectors.parts.launches import Life, life_of
from detectors.parts.tokens import What


@dataclass(frozen=True, slots=True)
class Settings:
    """turns: how often they bought, and sold, at the least. against: part of what they traded after their
    first trade, by money, that went against others' trades since their own last one. others: part of what
    they traded that others did, at the least.
    """

    turns: int = 3
    against: float = 0.8
    others: float = 0.5


@dataclass(slots=True)
class _Book:
    """What a group and all others traded, in money; `first` by the group's first trade. `tide`: what others
    have paid more than they took out since its last one.
    """

    purchases: int = 0
    sales: int = 0
    first: int = 0
    traded: int = 0
    against: int = 0
    others: int = 0
    tide: int = 0

    def take(self, bought: bool, paid: int, is_theirs: bool) -> None:
        if not is_theirs:
            self.others += paid
            self.tide += paid if bought else -paid
            return
        self.purchases += bought
        self.sales += not bought
        if not self.traded:
            self.first = paid
            self.tide = 0  # whatever went before they came
        self.traded += paid
        self.against += paid if (self.tide < 0 if bought else self.tide > 0) else 0
        self.tide = 0


class MarketMaking:
    """Holds where the wallets that are accused bought a token three times or more after others had sold more
    than they bought, and sold it as often after others had bought more, by nearly all the money that they
    moved, while others moved half as much or more. Who makes a price buys with the crowd or before it, and
    who trades with himself has no others: neither goes against a tide. Abused by: a group that lets other
    wallets of its own sell to it and buy from it first, which costs it the fees of both, and which counts as
    long as nothing ties these wallets; so it lowers no proven loss. Source: Victor and Weintraud (inventory
    that comes back to nothing is a wash; a maker of a market keeps what nobody takes); makers of
    `ingest/localchain/honest/market_makers.py`.
    """

    kind = "market-making"
    settings = Settings()
    reads: tuple[str, ...] = ("tokens",)

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        block, own = finding.block_number, self.settings
        life = life_of(seen, seen.number_of(finding.subject, block), block)
        accused = {seen.number_of(who, block) for who, role in finding.roles if role == "attacker"}
        if life is None or not accused:
            return None
        book = _traded(life, accused)
        few = min(book.purchases, book.sales) < own.turns or book.others < own.others * book.traded
        if few or book.against < own.against * (book.traded - book.first):
            return None
        turns = f"{book.purchases} times what others sold and sold {book.sales} times what others bought"
        return f"they make a market: they bought {turns}"


def _traded(life: Life, accused: Collection[int]) -> _Book:
    book = _Book()
    for line in life.of(What.BOUGHT, What.SOLD):
        if line.money == life.money:
            book.take(line.what == What.BOUGHT, line.paid, line.who in accused)
    return book
