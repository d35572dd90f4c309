"""Young protocols that believe a pool's price: how their makers open them, and what others bring into them.

What they look at is a pool of the world's, or a small one of a token of their own, which is worth nothing
outside of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import Asset, Transaction, add_liquidity, approve, mint, pay, wrap
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols import spot_lender
from ingest.localchain.protocols.spot_lender import LENDER, VAULT, Put
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.random_draws import split
from ingest.localchain.world import coins, pools
from ingest.localchain.world.stage import ETHER, Acts, Stage
from ingest.localchain.world.world import ETH

LOANS_TO_VALUE = (60, 65, 70, 75, 80)

_COIN_UNITS = 10**18
_SMALLEST_POOL_USD, _LARGEST_POOL_USD = 15_000, 4_000_000
_CARE_PERCENT = (5, 10, 20)


@dataclass(frozen=True, slots=True)
class Place:
    """A pool of `money` and `token` that a market looks at; `maker` has opened it, or will use it."""

    maker: Address
    pair: Address
    money: Asset
    token: Asset

    @property
    def is_own(self) -> bool:
        """Whether the token is the maker's own, whose price nobody else knows."""
        return self.token.cents == 0

    def reserves(self, stage: Stage) -> pools.Reserves:
        """Money and token in the pool at the head."""
        return pools.reserves(stage.miner, stage.world.factory, self.money.token, self.token.token)


@dataclass(frozen=True, slots=True)
class Market:
    """A lender or a vault at `address` with money of others in it; `loan_to_value` in percent."""

    address: Address
    place: Place
    loan_to_value: int = 0

    def worth(self, stage: Stage) -> float:
        """What it holds, in dollars at the world's prices, in which a maker's own token is worth nothing."""
        assets = (self.place.money, self.place.token)
        held = stage.miner.holdings((asset, self.address) for asset in assets)
        return sum(asset.usd(amount) for asset, amount in zip(assets, held, strict=True))


def shared_place(stage: Stage) -> Acts:
    """One of the world's great pools against WETH; its user is new."""
    token = stage.rng.choice([t for t in stage.world.assets if t.symbol in ("LINK", "WBTC", "DRIFT")])
    maker = yield from _maker(stage)
    pair = pools.pair_address(stage.world.factory, token.token, stage.world.weth)
    return Place(maker, pair, stage.world.wrapped, token)


def own_place(stage: Stage, moneys: tuple[str, ...] = ("WETH", "USDC", "DAI"), least_usd: float = 0) -> Acts:
    """A pool of a new token against one of `moneys`, with 15,000 to 4 million dollars on each side."""
    rng, world = stage.rng, stage.world
    wanted = rng.choice(moneys)
    money = world.wrapped if wanted == "WETH" else world.token(wanted)
    amount = money.units(between(stage, max(least_usd, _SMALLEST_POOL_USD), _LARGEST_POOL_USD))
    maker = yield from _maker(stage)
    yield from bring(stage, money, [(maker, amount)])
    name, symbol = coins.title(rng)
    (made,) = yield [create(maker, artifacts.TOKEN, name, symbol)]
    token = Asset(symbol, created(made), 0)
    supply = 10 ** rng.randint(5, 9) * _COIN_UNITS
    pooled = supply * rng.randint(50, 90) // 100
    yield [
        mint(token.token, maker, maker, supply),
        approve(token.token, maker, world.router),
        approve(money.token, maker, world.router),
        add_liquidity(world.router, maker, (money.token, token.token), (amount, pooled)),
    ]
    return Place(maker, pools.pair_address(world.factory, money.token, token.token), money, token)


def small_place(stage: Stage) -> Acts:
    """A small pool of two assets that are worth something elsewhere, into which its user has put more."""
    rng, world = stage.rng, stage.world
    token = world.token(rng.choice(("LINK", "WBTC")))
    money = world.token(rng.choice(("USDC", "DAI", "USDT")))
    usd = between(stage, 30_000, 2_000_000)
    maker = yield from _maker(stage)
    amounts = (money.units(usd), token.units(usd))
    yield [pay(a, stage.exchange.hot, maker, n) for a, n in zip((money, token), amounts, strict=True)]
    yield [
        *(approve(asset.token, maker, world.router) for asset in (money, token)),
        add_liquidity(world.router, maker, (money.token, token.token), amounts),
    ]
    return Place(maker, pools.pair_address(world.factory, money.token, token.token), money, token)


def open_lender(stage: Stage, place: Place, funds: int, is_careful: bool = False) -> Acts:
    """A market that lends money against the token, with `funds` of one to four lenders in it."""
    loan_to_value = stage.rng.choice(LOANS_TO_VALUE)
    tolerance = stage.rng.choice(_CARE_PERCENT) if is_careful else 0
    terms = (place.pair, place.money.token, tolerance, loan_to_value, loan_to_value + 8)
    (made,) = yield [create(place.maker, LENDER, *terms)]
    yield from _fill(stage, place, created(made), spot_lender.supply, funds)
    return Market(created(made), place, loan_to_value)


def open_vault(stage: Stage, place: Place, funds: int, invested: int, is_careful: bool = False) -> Acts:
    """A vault with `funds` of one to four members, which holds `invested` of the token besides."""
    tolerance = stage.rng.choice(_CARE_PERCENT) if is_careful else 0
    (made,) = yield [create(place.maker, VAULT, place.pair, place.money.token, tolerance)]
    vault = created(made)
    yield from _fill(stage, place, vault, spot_lender.join, funds)
    if not place.is_own:
        yield from bring(stage, place.token, [(place.maker, invested)])
    yield [pay(place.token, place.maker, vault, invested)]
    return Market(vault, place)


def look(market: Market) -> Transaction:
    """The keeper of a careful market sees the price of today."""
    return call(market.place.maker, market.address, "look()")


def bring(stage: Stage, asset: Asset, parts: Iterable[tuple[Address, int]]) -> Acts:
    """To each so much of `asset` from the exchange; WETH they wrap themselves, and can pay for it."""
    parts = list(parts)
    if asset == stage.world.drift:  # an airdrop's token, which the exchange does not keep
        yield [mint(asset.token, stage.world.deployer, to, amount) for to, amount in parts]
        return
    if asset.token != stage.world.weth:
        yield [pay(asset, stage.exchange.hot, to, amount) for to, amount in parts]
        return
    yield [pay(ETH, stage.exchange.hot, to, amount) for to, amount in parts]
    yield [wrap(asset.token, to, amount) for to, amount in parts]


def _maker(stage: Stage) -> Acts:
    """Somebody new who builds something honest: money from the exchange, or an old wallet."""
    if stage.rng.random() < 0.5:
        maker = stage.dormant(stage.ether(1, 5))
        yield []
        return maker
    maker = stage.fresh()
    yield [pay(ETH, stage.exchange.hot, maker, stage.ether(1, 5))]
    return maker


def _fill(stage: Stage, place: Place, market: Address, put: Put, funds: int) -> Acts:
    """One to four lenders or members bring `funds` in parts; the maker is one of them."""
    count = stage.rng.randint(1, 4)
    owners = [place.maker, *(stage.dormant(ETHER) for _ in range(count - 1))]
    parts = split(stage.rng, funds, count)
    yield from bring(stage, place.money, zip(owners, parts, strict=True))
    yield [
        t
        for owner, part in zip(owners, parts, strict=True)
        for t in (approve(place.money.token, owner, market), put(market, owner, part))
    ]
