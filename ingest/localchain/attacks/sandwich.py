"""Sandwiches: somebody sees purchases that wait, buys just before them and sells just after, in one block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingest.localchain.chain.actions import PLAIN_GAS, SWAP_GAS, TOKEN_GAS, Transaction, pay, wrap
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.attackers import assailant, look_ordinary
from ingest.localchain.story_parts.funding import between, people_with
from ingest.localchain.story_parts.pending_swaps import (
    Order,
    Venue,
    bought,
    gain_around,
    great_venue,
    most_before,
    small_venue,
    v3_venue,
)
from ingest.localchain.story_parts.random_draws import comes_to_nothing, split
from ingest.localchain.world.stage import ETHER, Acts, Bundle, Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "sandwich"
WARM_UP = 20
LONGEST = 30

BOT = Own("sandwich", "SandwichBot", ("address",))

_LEAST_POOL_USD = 100_000
_GAS = (SWAP_GAS, SWAP_GAS, TOKEN_GAS, PLAIN_GAS)

Slices = Callable[[int, int], tuple[list[Transaction], list[Transaction]]]
"""What is sent before and after the victims, for the wei paid in and the token units bought with them."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """`buyer` is about to pay `wei`, and takes up to that share less than the wallet shows."""

    buyer: Address
    wei: int
    slippage: float


@dataclass(slots=True)
class _Sandwiches:
    """What has been done so far at `venue`, to whom, and what it cost them in wei."""

    venue: Venue
    done: list[Mined] = field(default_factory=list)
    victims: list[Address] = field(default_factory=list)
    harm: str | None = None
    lost_wei: int = 0


def v2_wallet(stage: Stage) -> Story:
    """One wallet on Uniswap V2, in a great pool or in that of a small token."""
    fails = comes_to_nothing(stage.rng)
    venue = yield from _v2(stage)
    return (yield from _by_wallets(stage, venue, fails, wallets=1))


def v2_two_wallets(stage: Stage) -> Story:
    """The wallet that buys has the tokens sent to another, which sells: no one address does both."""
    fails = comes_to_nothing(stage.rng)
    venue = yield from _v2(stage)
    return (yield from _by_wallets(stage, venue, fails, wallets=2))


def v3_wallet(stage: Stage) -> Story:
    """One wallet on Uniswap V3."""
    fails = comes_to_nothing(stage.rng)
    return (yield from _by_wallets(stage, v3_venue(stage), fails, wallets=1))


def v2_contract(stage: Stage) -> Story:
    """A contract trades with the pool directly; its owner calls it before and after."""
    fails, venue = comes_to_nothing(stage.rng), (yield from _v2(stage))
    sums, owner = _Sandwiches(venue), (yield from _attacker(stage))
    wishes = yield from _wishes(stage, venue)
    stock = _front(stage, venue, _signed(stage, venue, wishes), fails) * 3 // 2
    (made, _) = yield [create(owner, BOT, stage.world.weth), pay(ETH, stage.exchange.hot, owner, stock)]
    weth = stage.world.wrapped
    filled: list[Mined] = yield [wrap(weth.token, owner, stock), pay(weth, owner, created(made), stock)]
    sums.done += [made, *filled]
    yield from wait(stage.rng.randint(0, 3))

    def slices(wei: int, units: int) -> tuple[list[Transaction], list[Transaction]]:
        before = call(owner, created(made), "front(address,uint256)", venue.address, wei)
        return [before], [call(owner, created(made), "back(address)", venue.address)]

    yield from _play(stage, sums, wishes, slices, stock, fails)
    sums.done += yield [call(owner, created(made), "collect()")]
    return _end(stage, sums, [owner, created(made)], "a contract and its owner")


VARIANTS = {
    "v2_wallet": v2_wallet,
    "v3_wallet": v3_wallet,
    "v2_contract": v2_contract,
    "v2_two_wallets": v2_two_wallets,
}


def _v2(stage: Stage) -> Acts:
    if stage.rng.random() < 0.4:
        return great_venue(stage)
    return (yield from small_venue(stage, _LEAST_POOL_USD))


def _attacker(stage: Stage) -> Acts:
    attacker: Address = yield from assailant(stage, stage.ether(0.3, 2))
    yield from look_ordinary(stage, attacker)
    return attacker


def _by_wallets(stage: Stage, venue: Venue, fails: bool, wallets: int) -> Story:
    """One to three blocks with a sandwich each, of the same wallets."""
    sums, buyer = _Sandwiches(venue), (yield from _attacker(stage))
    seller = buyer if wallets == 1 else stage.dormant(ETHER)
    yield []
    sums.done += yield [venue.approve(stage, seller)]
    rounds = 1 if fails else stage.rng.choice((1, 1, 2, 3))

    def slices(wei: int, units: int) -> tuple[list[Transaction], list[Transaction]]:
        # V3 rounds its prices: what is bought may be a few units less than was worked out.
        sold = units if venue.v3 is None else units - 10
        parts = [sold] if stage.rng.random() < 0.7 else [sold // 3, sold - sold // 3]
        before = venue.buy(stage, Order(buyer, wei, 0), to=seller)
        return [before], [venue.sell(stage, seller, part) for part in parts]

    for _ in range(rounds):
        wishes = yield from _wishes(stage, venue)
        stock = _front(stage, venue, _signed(stage, venue, wishes), fails) * 3 // 2
        yield [pay(ETH, stage.exchange.hot, buyer, stock + stage.miner.fee(*_GAS))]
        yield from _play(stage, sums, wishes, slices, stock, fails)
        yield from wait(stage.rng.randint(0, 2))
    note = f"{'one wallet' if wallets == 1 else 'two wallets'}, {rounds} blocks,"
    return _end(stage, sums, list(dict.fromkeys((buyer, seller))), note)


def _wishes(stage: Stage, venue: Venue) -> Acts:
    """What one to four people want, who are reserved: together so much that it pays to come before them."""
    rng, curve = stage.rng, venue.curve(stage)
    # Together 3 to 20 times the fee of the pool, in percent of what is in it.
    together = int(curve.paid * curve.fee * between(stage, 3, 20)) // 10**6
    count = rng.randint(1, 4)
    weis = split(rng, together, count)
    if together <= 40 * ETHER:
        buyers = yield from people_with(stage, count, ETH, ETH.usd(max(weis) + ETHER // 5))
    else:
        yield []  # what old wallets hold shows at the end of the block before the one they are set for
        buyers = [stage.dormant(wei + ETHER) for wei in weis]
        yield []
    return [_Wish(buyer, wei, rng.uniform(0.01, 0.06)) for buyer, wei in zip(buyers, weis, strict=True)]


def _signed(stage: Stage, venue: Venue, wishes: Sequence[_Wish]) -> list[Order]:
    """Their orders at the price of now."""
    quotes = bought(venue.curve(stage), [wish.wei for wish in wishes])
    return [
        Order(wish.buyer, wish.wei, int(units * (1 - wish.slippage)))
        for wish, units in zip(wishes, quotes, strict=True)
    ]


def _front(stage: Stage, venue: Venue, orders: Sequence[Order], fails: bool) -> int:
    """As much as the victims' slippage allows, or less where that gains more; where it fails, too much."""
    curve = venue.curve(stage)
    most = most_before(curve, orders)
    if fails:
        return 4 * max(most_before(curve, [order]) for order in orders) // 3
    tried = [most * percent // 100 for percent in (100, 75, 50, 30)]
    best = max(tried, key=lambda wei: gain_around(curve, orders, wei))
    return best if stage.rng.random() < 0.7 else best * stage.rng.randint(60, 100) // 100


def _play(
    stage: Stage, sums: _Sandwiches, wishes: Sequence[_Wish], slices: Slices, stock: int, fails: bool
) -> Acts:
    """The block of the sandwich, with up to `stock` wei, and what it cost: what the victims would have got
    without it less what they got, at the price before."""
    venue, curve = sums.venue, sums.venue.curve(stage)
    orders = _signed(stage, venue, wishes)
    front = min(stock, _front(stage, venue, orders, fails))
    buyers = [(venue.token, order.buyer) for order in orders]
    held = stage.miner.holdings(buyers)
    before, after = slices(front, curve.gives(front))
    block = [*before, *(venue.buy(stage, order) for order in orders), *after]
    is_bundle = not venue.is_small or stage.rng.random() < 0.5
    mined: list[Mined] = yield Bundle(block) if is_bundle else block
    got = [now - then for now, then in zip(stage.miner.holdings(buyers), held, strict=True)]
    stage.cast.release(order.buyer for order in orders)
    theirs = mined[len(before) : len(before) + len(orders)]
    served = [(n, one) for n, one in enumerate(theirs) if one.ok]
    fair = bought(curve, [order.wei for order in orders])
    short = sum(max(0, fair[n] - got[n]) for n, _ in served)
    sums.lost_wei += short * curve.paid // curve.given
    sums.done += mined
    sums.victims += [order.buyer for order in orders]
    if served and sums.harm is None:
        sums.harm = served[0][1].hash


def _end(stage: Stage, sums: _Sandwiches, attackers: list[Address], how: str) -> Outcome:
    stage.cast.leave(attackers)
    named = roles(attackers, dict.fromkeys(sums.victims), infrastructure=[sums.venue.address])
    where = "a small pool" if sums.venue.is_small else f"a great pool of {sums.venue.token.symbol}"
    note = f"{how} around {len(sums.victims)} purchases in {where}"
    if sums.harm is None:
        note = f"{note}; it bought too much, and the purchases failed"
        return Outcome(hashes(sums.done), named, note, succeeded=False)
    return Outcome(hashes(sums.done), named, note, sums.harm, ETH.usd(sums.lost_wei))
