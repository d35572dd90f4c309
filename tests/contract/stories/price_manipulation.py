"""Prices that are moved and believed, at once or step by step; and large trades that nobody believes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.contract.stories.flash_loan_attack import opened
from tests.contract.story import Acts, Names, Story, attack, dealt, honest
from tests.fixtures.assembly import asked
from tests.fixtures.frames import Called, ChainBuilder, address, word
from tests.fixtures.lenders import LIQUIDATION, Venue
from tests.fixtures.market import ETHER, SYNC, WETH, Pool

Told = Callable[[Venue, list[bytes]], Iterator[None]]


def positives(seed: int) -> list[Story]:
    """Twenty-four: at once, step by step, by several wallets, by liquidations, destruction, a wrong feed, and
    a sale at the price of the moment; and a lender that looks at the pool and refuses.
    """
    tales = {
        "in one call": _in_one_call,
        "pushed fund": _fund,
        "liquidation": _liquidated,
        "step by step": _steps,
        "in one block": _in_one_block,
        "several buyers": _several_buyers,
        "several loans": _several_loans,
        "burnt from the pool": _burnt,
        "wrong feed": _wrong_feed,
        "bond": _bond,
        "burnt for dollars": _burnt_for_dollars,
    }
    told = [
        _attack(tales[name.rsplit(" ", 1)[0]], name, rng, names)
        for name, rng, names in dealt(seed, *tales, rounds=2)
    ]
    return told + [_refused(name, names) for name, _, names in dealt(seed, "refused", rounds=2)]


def hard_negatives(seed: int) -> list[Story]:
    """Thirteen: large swaps, slices, leverage at a fair price, pools evened out, repayments, small burns; and
    calls that failed for another reason than a price.
    """
    tales = {
        "large swap": _large_swap,
        "slices": _slices,
        "leverage": _leverage,
        "depeg": _depeg,
        "repaid": _repaid,
        "both ways": _both_ways,
        "sandwich": _sandwich,
        "burns a little": _burns_a_little,
        "old lender": _old_lender,
        "liquidated fairly": _liquidated_fairly,
    }
    told = [
        _honest(tales[name.rsplit(" ", 1)[0]], name, rng, names) for name, rng, names in dealt(seed, *tales)
    ]
    fails = {"second pool refuses": "pool", "never looked": "blind", "refused by many's": "many's"}
    told += [
        _fails_honestly(name, fails[name.rsplit(" ", 1)[0]], names) for name, _, names in dealt(seed, *fails)
    ]
    return told


def _fails(names: Names, refuses: str) -> tuple[Acts, bytes, bytes]:
    """A contract trades a pool with its owner's money, and calls a lender, which looks at the pool and
    refuses; or else who refuses is another pool, a lender that does not look, or one that many use.
    """
    owner, bot, pool, market = names.many(4)
    swap = asked("swap(uint256,uint256,address,bytes)")

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(owner, bot)
        chain.creates(names.fresh(), market)
        for person in names.many(30 if refuses == "many's" else 3):
            chain.calls(person, market, b"deposit")
        yield
        calls = [Called(1, bot, pool, swap)]
        calls += [Called(1, bot, market, swap if refuses == "pool" else b"borrow", failed=True)]
        if refuses != "blind":
            calls += [Called(2, market, pool, asked("getReserves()"), way="staticcall")]
        chain.fails(owner, bot, b"run", calls=calls)
        yield

    return acts, owner, bot


def _refused(name: str, names: Names) -> Story:
    acts, thief, raider = _fails(names, "lender")
    return attack(name, acts, thief, [raider])


def _fails_honestly(name: str, refuses: str, names: Names) -> Story:
    acts, owner, bot = _fails(names, refuses)
    return honest(name, acts, [owner, bot])


def _attack(told: Told, name: str, rng: Random, names: Names) -> Story:
    """The first of the people is the thief; the third is the lender."""
    people = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        place = opened(chain, names, rng)
        place.lender = people[2]
        yield
        yield from told(place, people)

    return attack(name, acts, people[0], [people[1]], [people[2]])


def _honest(told: Told, name: str, rng: Random, names: Names) -> Story:
    people = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        place = opened(chain, names, rng)
        yield
        yield from told(place, people)

    return honest(name, acts, people)


def _in_one_call(place: Venue, people: list[bytes]) -> Iterator[None]:
    """A contract of the thief takes the thief's money and gives back more."""
    chain, (thief, contract, _) = place.market.chain, people
    chain.creates(thief, contract)
    yield
    money = 2 * place.coin
    with chain.transaction(thief, contract, data=b"\1\2\3\4"):
        chain.erc20(WETH, thief, contract, money)
        chain.erc20(WETH, contract, thief, place.raids_lender(contract, money, place.coin * 8 // 10))


def _fund(place: Venue, people: list[bytes]) -> Iterator[None]:
    chain, (thief, contract, _), coin = place.market.chain, people, place.coin
    chain.creates(thief, contract)
    yield
    with chain.transaction(thief, contract, data=b"\1\2\3\4"):
        chain.erc20(WETH, thief, contract, 3 * coin)
        chain.erc20(WETH, contract, thief, place.raids_vault(contract, coin, 2 * coin, coin // 2))


def _liquidated(place: Venue, people: list[bytes]) -> Iterator[None]:
    """A token is sold until borrowers look short; their collateral goes for a third of its worth."""
    chain, market, (thief, contract, lender) = place.market.chain, place.market, people
    chain.creates(thief, contract)
    yield
    tokens, debt = place.pool.reserves[0], place.coin // 10
    with chain.transaction(thief, contract, data=b"\1\2\3\4"):
        chain.erc20(place.token, thief, contract, tokens)
        got = market.swaps(place.pool, 0, tokens, contract, contract)
        chain.erc20(WETH, contract, lender, debt)
        chain.erc20(place.token, lender, contract, tokens * 3 // 10)
        market.swaps(place.pool, 1, got - debt, contract, contract)


def _buys(place: Venue, buyer: bytes, money: int, to: bytes) -> int:
    return place.market.trades(buyer, place.pool, 1, money, to)


def _leaves(place: Venue, who: bytes, units: int) -> None:
    with place.market.chain.transaction(who, place.lender, data=b"\1\2\3\4"):
        place.market.chain.erc20(place.token, who, place.lender, units)


def _draws(place: Venue, who: bytes, wei: int) -> None:
    with place.market.chain.transaction(who, place.lender, data=b"\5\6\7\1"):
        place.market.chain.erc20(WETH, place.lender, who, wei)


def _steps(place: Venue, people: list[bytes]) -> Iterator[None]:
    coin = place.coin
    units = _buys(place, people[0], 2 * coin, people[0])
    yield
    _leaves(place, people[0], units // 2)
    _draws(place, people[0], coin * 8 // 10)
    yield
    place.market.trades(people[0], place.pool, 0, units - units // 2)


def _in_one_block(place: Venue, people: list[bytes]) -> Iterator[None]:
    for _ in _steps(place, people):
        pass
    yield


def _several_buyers(place: Venue, people: list[bytes]) -> Iterator[None]:
    """Two wallets buy in small parts for one that draws."""
    coin, units = place.coin, 0
    for n in range(6):
        units += _buys(place, people[n % 2], coin // 3, people[0])
        yield
    _leaves(place, people[0], units // 2)
    _draws(place, people[0], coin * 8 // 10)


def _several_loans(place: Venue, people: list[bytes]) -> Iterator[None]:
    coin = place.coin
    units = _buys(place, people[0], 2 * coin, people[0])
    _leaves(place, people[0], units // 2)
    for _ in range(3):
        yield
        _draws(place, people[0], coin * 3 // 10)


def _bond(place: Venue, people: list[bytes]) -> Iterator[None]:
    """A principal is registered at the price of the moment, and claimed a block later (10.P2)."""
    coin = place.coin
    units = _buys(place, people[0], 2 * coin, people[0])
    _leaves(place, people[0], units // 2)
    place.market.trades(people[0], place.pool, 0, units - units // 2)
    yield
    _draws(place, people[0], coin * 8 // 10)


def _burnt_for_dollars(place: Venue, people: list[bytes]) -> Iterator[None]:
    """A pool whose money nothing prices loses its tokens, and then its money."""
    chain, (thief, contract, _) = place.market.chain, people
    dollars = address(f"dollars of {place.vault.hex()}")
    pool = Pool(thief[::-1], (place.token, dollars), [10**24, 10**12])
    place.market.opens(pool, introduced=False)
    chain.creates(thief, contract)
    yield
    place.lender, place.pool = pool.where, pool
    with chain.transaction(thief, contract, data=b"\1\2\3\4"):
        _burns(place, pool.reserves[0] * 9 // 10)
        place.market.swaps(pool, 0, pool.reserves[0], contract, contract)


def _large_swap(place: Venue, people: list[bytes]) -> Iterator[None]:
    _buys(place, people[0], place.coin // 4, people[0])
    yield


def _slices(place: Venue, people: list[bytes]) -> Iterator[None]:
    for _ in range(5):
        place.market.trades(people[0], place.pool, 0, place.pool.reserves[0] // 50)
        yield


def _leverage(place: Venue, people: list[bytes]) -> Iterator[None]:
    """What is borrowed is half of what was paid for the collateral, and buys more of it."""
    coin = place.coin // 50
    units = _buys(place, people[0], coin, people[0])
    _leaves(place, people[0], units)
    _draws(place, people[0], coin // 2)
    yield
    _buys(place, people[0], coin // 2, people[0])


def _depeg(place: Venue, people: list[bytes]) -> Iterator[None]:
    """A pool that stands apart is evened out, by one who gains by it."""
    pool, market = place.pool, place.market
    other = market.opens(Pool(people[2], pool.tokens, [pool.reserves[0], pool.reserves[1] * 2]), False)
    with market.chain.transaction(people[0], people[1]):
        units = market.swaps(pool, 1, place.coin // 5, people[1], people[1])
        market.swaps(other, 0, units, people[1], people[1])
    yield


def _repaid(place: Venue, people: list[bytes]) -> Iterator[None]:
    """Somebody takes back what he lent: more than the tokens that he also left there."""
    chain = place.market.chain
    with chain.transaction(people[0], place.lender, data=b"\1\2\3\4"):
        chain.erc20(WETH, people[0], place.lender, 90 * ETHER)
    units = _buys(place, people[0], 20 * ETHER, people[0])
    _leaves(place, people[0], units)
    yield
    _draws(place, people[0], 90 * ETHER)


def _both_ways(place: Venue, people: list[bytes]) -> Iterator[None]:
    """Bought and sold in one transaction, and a stranger is paid in it for what he gives."""
    chain, market = place.market.chain, place.market
    with chain.transaction(people[0], people[1]):
        units = market.swaps(place.pool, 1, place.coin // 10, people[1], people[1])
        chain.erc20(WETH, people[2], people[1], ETHER)
        chain.erc20(place.token, people[1], people[2], place.pool.reserves[0] // (place.coin // ETHER))
        market.swaps(place.pool, 0, units * 9 // 10, people[1], people[1])
    yield


def _sandwich(place: Venue, people: list[bytes]) -> Iterator[None]:
    """A sandwich's legs are no manipulation: nobody believed the price."""
    units = _buys(place, people[0], place.coin // 10, people[0])
    _buys(place, people[1], place.coin // 10, people[1])
    place.market.trades(people[0], place.pool, 0, units)
    yield


def _burns(place: Venue, units: int) -> None:
    """Inside of a transaction: the token takes so many out of the pool, which syncs."""
    chain, pool = place.market.chain, place.pool
    chain.erc20(place.token, pool.where, address("nobody"), units)
    pool.reserves[0] -= units
    chain.log(pool.where, (SYNC,), b"".join(map(word, pool.reserves)))


def _burnt(place: Venue, people: list[bytes]) -> Iterator[None]:
    """Most of a pool's tokens are burnt; what the thief has then buys the money in it."""
    chain, (thief, contract, _) = place.market.chain, people
    chain.creates(thief, contract)
    yield
    place.lender = place.pool.where
    with chain.transaction(thief, contract, data=b"\1\2\3\4"):
        _burns(place, place.pool.reserves[0] * 9 // 10)
        place.market.swaps(place.pool, 0, place.pool.reserves[0], contract, contract)


def _burns_a_little(place: Venue, people: list[bytes]) -> Iterator[None]:
    """A token that burns half a percent of each sale from the pool."""
    with place.market.chain.transaction(people[0], people[1]):
        _burns(place, place.pool.reserves[0] // 200)
        place.market.swaps(place.pool, 0, place.pool.reserves[0] // 10, people[0], people[0])
    yield


def _is_liquidated(place: Venue, who: bytes, owner: bytes, debt: int, seized: int) -> None:
    chain = place.market.chain
    with chain.transaction(who, place.vault):
        chain.erc20(WETH, who, place.vault, debt)
        chain.erc20(place.token, place.vault[::-1], who, seized)
        topics = (LIQUIDATION, word(place.token), word(WETH), word(owner))
        chain.log(place.vault, topics, word(debt) + word(seized) + word(who) + word(0))


def _market_of_old(place: Venue) -> Iterator[None]:
    """The pool has been there for a while, and people trade in it."""
    pool = place.pool
    place.market.pools.remove(pool)
    place.market.fills(pool, address("provider"))
    place.market.trades(address("provider"), pool, 0, pool.reserves[0] // 1000)
    for _ in range(7):
        yield


def _wrong_feed(place: Venue, people: list[bytes]) -> Iterator[None]:
    """Collateral goes for a third of what pools pay for it: the feed is wrong, no pool was moved."""
    yield from _market_of_old(place)
    debt = place.coin // 20
    _is_liquidated(place, people[0], people[2], debt, place.pool.reserves[0] * 3 // 20)


def _liquidated_fairly(place: Venue, people: list[bytes]) -> Iterator[None]:
    yield from _market_of_old(place)
    _is_liquidated(place, people[0], people[2], place.coin // 20, place.pool.reserves[0] * 11 // 200)


def _old_lender(place: Venue, people: list[bytes]) -> Iterator[None]:
    """Others make dearer what somebody bought and left; he draws half of what it is worth by now."""
    units = _buys(place, people[0], place.coin // 50, people[0])
    _leaves(place, people[0], units)
    yield
    for _ in range(4):
        _buys(place, people[1], place.coin // 2, people[1])
        yield
    _draws(place, people[0], units * place.pool.reserves[1] // place.pool.reserves[0] // 2)
