"""Verbs for stories of tokens: mallory makes one, opens its pool, people buy and sell, liquidity goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isqrt
from random import Random

from ingest import decode
from ingest.decode.shapes import signature
from tests.contract.story import HOT, Names, ether
from tests.fixtures.frames import ChainBuilder, word
from tests.fixtures.market import BURN_V2, ETHER, MINT_V2, ROUTER, SYNC, WETH, Market, Pool

ZERO = bytes(20)
APPROVAL = signature("Approval(address,address,uint256)")
SELL = bytes.fromhex("791ac947")


@dataclass
class Launch:
    """A token with a pool against the coin. `shares`: of the liquidity, by holder, of all that there is."""

    market: Market
    maker: bytes
    token: bytes
    pool: Pool
    supply: int
    held: dict[bytes, int] = field(default_factory=dict)
    shares: dict[bytes, int] = field(default_factory=dict)

    @property
    def chain(self) -> ChainBuilder:
        return self.market.chain

    def adds(self, who: bytes, units: int, wei: int, via: bytes = ROUTER) -> None:
        """Liquidity, for which the pool gives of its own token."""
        before, total = list(self.pool.reserves), sum(self.shares.values())
        given = isqrt(units * wei) if not total else total * wei // before[1]
        with self.chain.transaction(who, via, wei):
            self.chain.log(WETH, (decode.DEPOSIT, word(via)), word(wei))
            self._in(who, via, units, wei, given)

    def _in(self, who: bytes, payer: bytes, units: int, wei: int, given: int) -> None:
        chain, pool = self.chain, self.pool
        chain.erc20(WETH, payer, pool.where, wei)
        chain.erc20(self.token, who, pool.where, units)
        chain.erc20(pool.where, ZERO, who, given)
        self._holds(units, wei)
        chain.log(pool.where, (MINT_V2, word(payer)), word(units) + word(wei))
        self.held[who] = self.held.get(who, 0) - units
        self.shares[who] = self.shares.get(who, 0) + given

    def removes(self, who: bytes, share: float = 1.0) -> tuple[int, int]:
        """A share of what one has of the pool; what came back."""
        with self.chain.transaction(who, ROUTER):
            back = self.goes_out(who, share, ROUTER)
            self.chain.log(WETH, (decode.WITHDRAWAL, word(ROUTER)), word(back[1]))
        return back

    def goes_out(self, who: bytes, share: float, payee: bytes) -> tuple[int, int]:
        """In an open transaction."""
        chain, pool = self.chain, self.pool
        given = min(self.shares[who], int(self.shares[who] * share))
        total = sum(self.shares.values())
        units, wei = (each * given // total for each in pool.reserves)
        chain.erc20(pool.where, who, pool.where, given)
        chain.erc20(pool.where, pool.where, ZERO, given)
        chain.erc20(self.token, pool.where, who, units)
        chain.erc20(WETH, pool.where, payee, wei)
        self._holds(-units, -wei)
        chain.log(pool.where, (BURN_V2, word(payee), word(payee)), word(units) + word(wei))
        self.held[who] = self.held.get(who, 0) + units
        self.shares[who] -= given
        return units, wei

    def _holds(self, units: int, wei: int) -> None:
        pool = self.pool
        pool.reserves[0] += units
        pool.reserves[1] += wei
        self.chain.log(pool.where, (SYNC,), word(pool.reserves[0]) + word(pool.reserves[1]))

    def buys(self, who: bytes, wei: int) -> int:
        units = self.pool.out(1, wei)
        self.market.buys_with_coin(who, self.pool, wei)
        self.held[who] = self.held.get(who, 0) + units
        return units

    def sells(self, who: bytes, share: float = 1.0) -> None:
        """After an approval of just that much, as routers ask for it."""
        units = min(self.held.get(who, 0), int(self.held.get(who, 0) * share))
        self.allows(who, units)
        self.market.sells_for_coin(who, self.pool, units)
        self.held[who] -= units

    def allows(self, who: bytes, units: int) -> None:
        self.chain.log(self.token, (APPROVAL, word(who), word(ROUTER)), word(units), by=who)

    def fails_to_sell(self, who: bytes, share: float = 1.0) -> None:
        """The token refuses to move."""
        self.allows(who, int(self.held.get(who, 0) * share))
        self.chain.calls(who, ROUTER, SELL + word(1), status=0)

    def hands(self, giver: bytes, to: bytes, share: float = 1.0) -> None:
        """Some of the token, by hand."""
        units = min(self.held[giver], int(self.held[giver] * share))
        self.chain.erc20(self.token, giver, to, units)
        self.held[giver] -= units
        self.held[to] = self.held.get(to, 0) + units

    def hands_liquidity(self, giver: bytes, to: bytes, via: bytes | None = None) -> None:
        """`via` a contract that is called for it, as a locker is."""
        given = self.shares.pop(giver)
        if via is None:
            self.chain.erc20(self.pool.where, giver, to, given)
        else:
            with self.chain.transaction(to if giver == via else giver, via):
                self.chain.erc20(self.pool.where, giver, to, given)
        self.shares[to] = self.shares.get(to, 0) + given

    def crowd(self, people: list[bytes], rng: Random, low: float = 0.2, high: float = 2) -> Iterator[None]:
        """People buy, a few in each block."""
        for n, person in enumerate(people):
            self.buys(person, ether(rng, low, high))
            if n % 2:
                yield
        yield


def launched(
    chain: ChainBuilder,
    names: Names,
    maker: bytes,
    rng: Random,
    pooled: float = 0.9,
    wei: int | None = None,
    code: bytes = b"",
) -> Launch:
    """A new token, all of it its maker's, who puts a part of it into a pool. `code`: what creates it."""
    market, supply = Market(chain), 10 ** rng.randint(6, 10) * ETHER
    token = names.fresh()
    chain.native(HOT, maker, 200 * ETHER)
    chain.creates(maker, token, data=code)
    chain.erc20(token, ZERO, maker, supply)
    pool = market.opens(Pool(names.fresh(), (token, WETH), [0, 0]), introduced=False)
    launch = Launch(market, maker, token, pool, supply, {maker: supply})
    launch.adds(maker, int(supply * pooled), wei or ether(rng, 5, 40))
    return launch


def second_pool(launch: Launch, names: Names) -> Launch:
    """Another pool of the same token, still empty."""
    pool = launch.market.opens(Pool(names.fresh(), launch.pool.tokens, [0, 0]), introduced=False)
    return Launch(launch.market, launch.maker, launch.token, pool, launch.supply, launch.held)


def pays_in(chain: ChainBuilder, people: list[bytes]) -> None:
    """Each has withdrawn from the exchange."""
    for person in people:
        chain.native(HOT, person, 10 * ETHER)


def sells_taxed(launch: Launch, who: bytes, through: float) -> None:
    """Only a part of what leaves the seller comes to the pool; the rest goes to whoever made the token."""
    units = launch.held[who]
    came = int(units * through)
    launch.allows(who, units)
    with launch.chain.transaction(who, ROUTER):
        launch.chain.erc20(launch.token, who, launch.maker, units - came)
        wei = launch.market.swaps(launch.pool, 0, came, who, ROUTER, ROUTER)
        launch.chain.log(WETH, (decode.WITHDRAWAL, word(ROUTER)), word(wei))
    launch.held[who] = 0
