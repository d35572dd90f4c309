"""Wash trading: one owner's wallets trade with each other, so that a picture or a token looks wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.localchain.chain.actions import (
    DEPLOY_GAS,
    SWAP_GAS,
    TOKEN_GAS,
    Transaction,
    approve,
    buy,
    mint,
    sell,
    wrap,
)
from ingest.localchain.chain.artifacts import TOKEN
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.nft_market import (
    MARKET_GAS,
    MINT_WEI,
    NftMarket,
    Piece,
    allow_market,
    mint_piece,
    new_piece,
    offer,
    take_offer,
)
from ingest.localchain.story_parts.funding import between, people_with
from ingest.localchain.story_parts.group_funding import WAYS, Group
from ingest.localchain.story_parts.money_trails import cover
from ingest.localchain.story_parts.random_draws import comes_to_nothing, naps, rest
from ingest.localchain.world.pools import open_pool
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Role, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "wash-trading"
WARM_UP = 25
LONGEST = 30
NIGHTS = 2

_FEES = (*[MARKET_GAS] * 40, *[TOKEN_GAS] * 10)
_GREED = 0.3
"""In so many stories somebody believes in the price and buys."""


@dataclass(frozen=True, slots=True)
class _Sale:
    seller: Address
    buyer: Address
    wei: int


def back_and_forth(stage: Stage) -> Story:
    """Two wallets sell each other a picture, each time a little dearer; then, perhaps, to somebody."""
    price = _price(stage)
    group = yield from _group(stage, 2, 3 * price)
    sides = [group.wallets, group.wallets[::-1]]
    turns = [sides[number % 2] for number in range(stage.rng.randint(4, 8))]
    return (yield from _sell_around(stage, group, turns, price, stage.rng.uniform(1.0, 1.08)))


def ring_of_owners(stage: Stage) -> Story:
    """A picture goes round among several wallets; no pair of them trades twice in a row."""
    price, size = _price(stage), stage.rng.randint(3, 5)
    group = yield from _group(stage, size, 3 * price)
    wallets = group.wallets
    turns = [(wallets[n % size], wallets[(n + 1) % size]) for n in range(stage.rng.randint(size, size + 2))]
    return (yield from _sell_around(stage, group, turns, price, stage.rng.uniform(0.97, 1.05)))


def slow_trades(stage: Stage) -> Story:
    """A few sales with hours or days between, in WETH, and payments to others meanwhile."""
    price = _price(stage)
    group = yield from _group(stage, stage.rng.randint(2, 3), 3 * price)
    wallets, count = group.wallets, stage.rng.randint(4, 5)
    turns = [(wallets[n % len(wallets)], wallets[(n + 1) % len(wallets)]) for n in range(count)]
    sleeps = naps(stage, count, NIGHTS)
    return (yield from _sell_around(stage, group, turns, price, 1.02, in_weth=True, sleeps=sleeps))


def own_pool(stage: Stage) -> Story:
    """An own token in an own pool: the group's wallets buy, and sell as much again, block by block."""
    count, depth = stage.rng.randint(2, 6), int(between(stage, 2, 60) * ETHER)
    group = yield from _group(stage, count, depth // 3 + ETHER)
    issuer = group.funder or group.wallets[0]
    stage.miner.give(issuer, stage.holding(ETH, issuer) + depth + ETHER)
    code = TOKEN.deployment("Tidewater", "TIDAL")
    done: list[Mined] = [*group.mined, *(yield [Transaction(issuer, None, code, gas=DEPLOY_GAS)])]
    token = done[-1].created
    assert token is not None
    supply = stage.rng.randint(10**6, 10**9) * ETHER
    done += yield [mint(token, issuer, issuer, supply), *open_pool(stage.world, issuer, token, supply, depth)]
    failed = comes_to_nothing(stage.rng)
    rounds = stage.rng.randint(4, 7) if not failed else 1
    done += yield [approve(token, wallet, stage.world.router) for wallet in group.wallets if not failed]
    for number in range(rounds):
        trader = group.wallets[number % count]
        done += yield from _in_and_out(stage, token, trader, int(depth * stage.rng.uniform(0.02, 0.2)))
    note = f"{count} wallets buy and sell an own token {rounds} times"
    told = "without an allowance: no sale worked" if failed else note
    named = roles(dict.fromkeys([issuer, *group.everybody]), infrastructure=[token])
    return Outcome(hashes(done), named, told, succeeded=not failed)


VARIANTS = {
    "back_and_forth": back_and_forth,
    "ring_of_owners": ring_of_owners,
    "slow_trades": slow_trades,
    "own_pool": own_pool,
}


def _price(stage: Stage) -> int:
    return ETH.units(between(stage, 0.05, 60) * ETH.cents / 100)


def _group(stage: Stage, count: int, wei: int) -> Acts:
    way = stage.rng.choice(list(WAYS))
    return (yield from WAYS[way](stage, count, wei + stage.miner.fee(*_FEES) + 2 * MINT_WEI))


def _sell_around(
    stage: Stage,
    group: Group,
    turns: Sequence[tuple[Address, ...]],
    price: int,
    growth: float,
    in_weth: bool = False,
    sleeps: dict[int, int] | None = None,
) -> Story:
    """One picture from wallet to wallet, at a price that changes by `growth` with each sale."""
    market = stage.world.of(NftMarket)
    piece = new_piece(stage.rng, stage.rng.choice(market.collections))
    done: list[Mined] = [*group.mined, *(yield [mint_piece(piece, turns[0][0])])]
    done += yield [t for wallet in group.wallets for t in _ready(stage, piece, wallet, in_weth)]
    sales = list(_sales(turns, price, growth))
    if comes_to_nothing(stage.rng):
        return (yield from _wrong_price(stage, group, piece, sales[0], done))
    for number, sale in enumerate(sales):
        done += yield [offer(market, piece, sale.seller, sale.wei, in_weth)]
        done += yield [take_offer(market, piece, sale.buyer, 0 if in_weth else sale.wei)]
        done += yield cover(stage, sale.seller) if stage.rng.random() < 0.2 else []
        yield from rest(stage, (sleeps or {}).get(number, 0), blocks=0)
    volume = ETH.usd(sum(sale.wei for sale in sales))
    note = f"{len(sales)} sales of one picture among {len(group.wallets)} wallets, {volume:,.0f} dollars"
    if in_weth or stage.rng.random() > _GREED:
        return Outcome(hashes(done), _parts(stage, group), note)
    return (yield from _believer(stage, group, piece, sales[-1], done, note))


def _sales(turns: Sequence[tuple[Address, ...]], price: int, growth: float) -> Iterator[_Sale]:
    """The price stays below what each wallet was given for it."""
    most = 3 * price // 2
    for number, (seller, buyer) in enumerate(turns):
        yield _Sale(seller, buyer, min(most, int(price * growth**number)) // 10**9 * 10**9)


def _ready(stage: Stage, piece: Piece, wallet: Address, in_weth: bool) -> list[Transaction]:
    """What a wallet must have signed before it can sell, and, with WETH, buy."""
    market = stage.world.of(NftMarket)
    signed = [allow_market(market, piece, wallet)]
    if in_weth:
        wei = stage.spendable(wallet, *_FEES)
        signed += [wrap(stage.world.weth, wallet, wei), approve(stage.world.weth, wallet, market.market)]
    return signed


def _wrong_price(stage: Stage, group: Group, piece: Piece, sale: _Sale, done: list[Mined]) -> Story:
    """It is offered too dear: what the buyer sends is not the price, and the sale fails."""
    market = stage.world.of(NftMarket)
    done += yield [offer(market, piece, sale.seller, 3 * sale.wei)]
    wei = min(sale.wei, stage.spendable(sale.buyer, MARKET_GAS))
    done += yield [take_offer(market, piece, sale.buyer, wei)]
    note = "the only sale failed at a wrong price"
    return Outcome(hashes(done), _parts(stage, group), note, succeeded=False)


def _believer(stage: Stage, group: Group, piece: Piece, last: _Sale, done: list[Mined], note: str) -> Story:
    """Somebody believes in the price and pays it. The picture is worth nothing."""
    market, wei = stage.world.of(NftMarket), min(last.wei, 2 * ETHER)
    (victim,) = yield from people_with(stage, 1, ETH, ETH.usd(wei) + 100)
    done += yield [offer(market, piece, last.buyer, wei)]
    (bought,) = yield [take_offer(market, piece, victim, wei)]
    stage.cast.release([victim])
    named = _parts(stage, group, (victim,))
    return Outcome(
        hashes([*done, bought]), named, f"{note}, then one to a believer", bought.hash, ETH.usd(wei)
    )


def _parts(stage: Stage, group: Group, victims: Sequence[Address] = ()) -> tuple[Role, ...]:
    return roles(group.everybody, victims, infrastructure=[stage.world.of(NftMarket).market])


def _in_and_out(stage: Stage, token: Address, trader: Address, wei: int) -> Acts:
    """Buys for `wei` and sells all of it again, in one block or the next ones."""
    router, weth = stage.world.router, stage.world.weth
    wei = min(wei, stage.spendable(trader, *[SWAP_GAS] * 4))
    done: list[Mined] = yield [buy(router, trader, [weth, token], wei)]
    yield from wait(stage.rng.randint(0, 1))
    bought = stage.miner.number(token, "balanceOf(address)", trader)
    done += yield [sell(router, trader, [token, weth], bought)]
    return done
