"""Tokens whose makers sell what no event ever gave them, and honest tokens whose events do not add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.contract.stories.asset_drain import UPGRADED
from tests.contract.story import Names, Story, attack, dealt, honest, rests
from tests.fixtures import assembly
from tests.fixtures.assembly import OPEN_MINT, SILENT_MINT, asked, token
from tests.fixtures.frames import ChainBuilder, word
from tests.fixtures.market import ETHER, WETH, Market, Pool

SUPPLY = 10**6 * ETHER


def positives(seed: int) -> list[Story]:
    """Twenty: balances written, wallets without end, events that tell little, doubling, constructors, code
    that was exchanged, a mint that nobody agreed to; code that was tried, with and without success, before
    anything was sold.
    """
    tales = {
        "written": _written,
        "bottomless": _bottomless,
        "understated": _understated,
        "doubles": _doubles,
        "constructor": _constructor,
        "after weeks": _after_weeks,
        "in vain": _in_vain,
        "not sold yet": _not_sold_yet,
        "upgraded": _upgraded,
        "minted and sold": _minted_and_sold,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Ten: rebases, fees, mints in the open, also by code, tokens without a first event, bridges, old tokens,
    a call that its maker may not make any more; claims and shares that are sold as they are made.
    """
    tales = {
        "rebase": _rebase,
        "fee": _fee,
        "announced": _announced,
        "no first event": _no_first_event,
        "bridge": _bridge,
        "older": _older,
        "rewards": _rewards,
        "renounced": _renounced,
        "claimed and sold": _claimed_and_sold,
        "share sold": _share_sold,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _launched(chain: ChainBuilder, names: Names, owner: bytes, announced: bool = True) -> tuple[Market, Pool]:
    """A new token with half of it in a pool."""
    token, market = names.fresh(), Market(chain)
    chain.creates(owner, token)
    if announced:
        chain.erc20(token, bytes(20), owner, SUPPLY, by=owner)
    pool = market.opens(Pool(names.fresh(), (token, WETH), [SUPPLY // 2, 100 * ETHER]), introduced=False)
    chain.erc20(token, owner, pool.where, SUPPLY // 2)
    return market, pool


def _crowd(market: Market, pool: Pool, people: list[bytes], rng: Random) -> list[int]:
    """People buy; what each got."""
    return [market.trades(person, pool, 1, rng.randint(1, 5) * ETHER) for person in people]


def _tried(name: str, names: Names, renounces: bool) -> Story:
    """A token in whose code a "fee" is a balance; its maker sets one."""
    owner, helper = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        coin = _coded(chain, names, owner, token(more=SILENT_MINT))
        yield
        data = asked("setFee(address,uint256)", helper, 20 * assembly.SUPPLY)
        if renounces:
            chain.calls(owner, coin, asked("renounceOwnership()"))
            yield
            chain.fails(owner, coin, data)
        else:
            chain.calls(owner, coin, data)
        yield

    return attack(name, acts, owner, [helper])


def _coded(chain: ChainBuilder, names: Names, owner: bytes, code: bytes) -> bytes:
    coin = names.fresh()
    chain.creates(owner, coin, data=code)
    chain.erc20(coin, owner, names.fresh(), assembly.SUPPLY // 3)
    return coin


def _in_vain(name: str, rng: Random, names: Names) -> Story:
    return _tried(name, names, renounces=True)


def _not_sold_yet(name: str, rng: Random, names: Names) -> Story:
    return _tried(name, names, renounces=False)


def _rewards(name: str, rng: Random, names: Names) -> Story:
    """More is made in the open, by code: a transfer from nobody tells of it."""
    owner, person = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        coin = _coded(chain, names, owner, token(more=OPEN_MINT))
        yield
        with chain.transaction(
            owner, coin, data=asked("reward(address,uint256)", person, assembly.SUPPLY // 5)
        ):
            chain.erc20(coin, bytes(20), person, assembly.SUPPLY // 5)
        yield

    return honest(name, acts, [owner, person])


def _renounced(name: str, rng: Random, names: Names) -> Story:
    """Its maker forgot that the token is not his any more: what he wanted gives nobody anything."""
    owner = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        coin = _coded(chain, names, owner, token())
        chain.calls(owner, coin, asked("renounceOwnership()"))
        yield
        chain.fails(owner, coin, asked("openTrading(address)", names.fresh()))
        chain.fails(owner, coin, asked("transfer(address,uint256)", names.fresh(), 3 * assembly.SUPPLY))
        yield

    return honest(name, acts, [owner])


Before = Callable[[ChainBuilder, bytes, bytes, bytes], None]


def _swindle(name: str, rng: Random, names: Names, before: Before, days: int = 0) -> Story:
    """`before` is what happens with the token ahead of the sales by a helper of its owner."""
    owner, helper, people = names.fresh(), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _launched(chain, names, owner)
        yield
        _crowd(market, pool, people, rng)
        yield from rests(rng, 2)
        if days:
            chain.block(days * 86_400)
            yield
        before(chain, pool.tokens[0], owner, helper)
        for _ in range(rng.randint(1, 3)):
            market.trades(helper, pool, 0, rng.randint(1, 3) * SUPPLY)
            yield

    told = attack(name, acts, owner, [helper], people)
    return Story(told.name, acts, owner, told.attackers, told.victims, alone=days > 0)


def _written(name: str, rng: Random, names: Names) -> Story:
    """A call of the owner's puts a balance into the books: nothing tells of it."""
    return _swindle(name, rng, names, lambda chain, token, owner, _: _call(chain, owner, token))


def _call(chain: ChainBuilder, who: bytes, token: bytes) -> None:
    chain.calls(who, token, b"set the fee")


def _bottomless(name: str, rng: Random, names: Names) -> Story:
    return _swindle(name, rng, names, lambda *_: None)


def _understated(name: str, rng: Random, names: Names) -> Story:
    """A hundredth of the supply is sent by its event, and much more arrives."""

    def before(chain: ChainBuilder, token: bytes, owner: bytes, helper: bytes) -> None:
        chain.erc20(token, owner, helper, SUPPLY // 100)

    return _swindle(name, rng, names, before)


def _doubles(name: str, rng: Random, names: Names) -> Story:
    """Transfers to oneself double what one has (5.P2)."""

    def before(chain: ChainBuilder, token: bytes, owner: bytes, helper: bytes) -> None:
        chain.erc20(token, owner, helper, SUPPLY // 8)
        for n in range(4):
            chain.erc20(token, helper, helper, SUPPLY // 8 << n)

    return _swindle(name, rng, names, before)


def _constructor(name: str, rng: Random, names: Names) -> Story:
    """Who was given a surplus by the constructor only ever pays out (5.P1)."""

    def before(chain: ChainBuilder, token: bytes, owner: bytes, helper: bytes) -> None:
        chain.erc20(token, helper, owner, SUPPLY)

    return _swindle(name, rng, names, before)


def _after_weeks(name: str, rng: Random, names: Names) -> Story:
    """The token was honest for weeks (5.P4)."""
    return _swindle(name, rng, names, lambda *_: None, days=40)


def _upgraded(name: str, rng: Random, names: Names) -> Story:
    """The rules of supply change after months (5.P4): the first surplus shows it."""

    def before(chain: ChainBuilder, token: bytes, owner: bytes, helper: bytes) -> None:
        chain.log(token, (UPGRADED, word(names.fresh())), by=owner)

    return _swindle(name, rng, names, before, days=20)


def _minted_and_sold(name: str, rng: Random, names: Names) -> Story:
    """A function that was left open mints for a stranger (5.P3), and he sells at once to an old pool."""
    thief, contract = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _old_market(chain, names)
        chain.creates(thief, contract)
        yield
        with chain.transaction(thief, contract, data=b"raid"):
            chain.erc20(pool.tokens[0], bytes(20), contract, 40 * SUPPLY)
            got = market.swaps(pool, 0, 12 * SUPPLY, contract, contract)
            chain.erc20(WETH, contract, thief, got)

    return attack(name, acts, thief, [contract])


def _old_market(chain: ChainBuilder, names: Names) -> tuple[Market, Pool]:
    """A pool of a token that nobody saw the beginning of."""
    market = Market(chain)
    pool = Pool(names.fresh(), (names.fresh(), WETH), [SUPPLY, 100 * ETHER])
    return market, market.opens(pool, introduced=False)


def _claimed_and_sold(name: str, rng: Random, names: Names) -> Story:
    """Rewards are made and sold by one call: a tenth of what the pool has."""
    person, claimer = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _old_market(chain, names)
        yield
        with chain.transaction(person, claimer, data=b"claim"):
            chain.erc20(pool.tokens[0], bytes(20), claimer, SUPPLY // 10)
            chain.erc20(WETH, claimer, person, market.swaps(pool, 0, SUPPLY // 10, claimer, claimer))

    return honest(name, acts, [person, claimer])


def _share_sold(name: str, rng: Random, names: Names) -> Story:
    """A thin pool pays far too much for a share: it is bought where it is made, for the coin, and sold."""
    person, bot, vault = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _old_market(chain, names)
        yield
        with chain.transaction(person, bot, data=b"swap"):
            chain.erc20(WETH, person, bot, 20 * ETHER).erc20(WETH, bot, vault, 20 * ETHER)
            chain.erc20(pool.tokens[0], bytes(20), bot, 2 * SUPPLY)
            chain.erc20(WETH, bot, person, market.swaps(pool, 0, 2 * SUPPLY, bot, bot))

    return honest(name, acts, [person, bot])


def _rebase(name: str, rng: Random, names: Names) -> Story:
    """Balances grew by a fifth: everybody sells more than came (5.N1)."""
    owner, people = names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _launched(chain, names, owner)
        yield
        got = _crowd(market, pool, people, rng)
        yield
        for person, units in zip(people, got, strict=True):
            market.trades(person, pool, 0, units * 6 // 5)

    return honest(name, acts, [owner, *people])


def _fee(name: str, rng: Random, names: Names) -> Story:
    """A tenth of each transfer goes to the owner, by an event of its own."""
    owner, people, friend = names.fresh(), names.many(3), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _launched(chain, names, owner)
        yield
        for person, units in zip(people, _crowd(market, pool, people, rng), strict=True):
            with chain.transaction(person, pool.tokens[0]):
                chain.erc20(pool.tokens[0], person, owner, units // 10)
                chain.erc20(pool.tokens[0], person, friend, units - units // 10)
        yield
        market.trades(friend, pool, 0, ETHER)

    return honest(name, acts, [owner, friend, *people])


def _announced(name: str, rng: Random, names: Names) -> Story:
    """Rewards minted in the open are sold."""
    owner, people = names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _launched(chain, names, owner)
        yield
        for person in people:
            chain.erc20(pool.tokens[0], bytes(20), person, SUPPLY // 50, by=owner)
        yield
        for person in people:
            market.trades(person, pool, 0, SUPPLY // 50)

    return honest(name, acts, [owner, *people])


def _no_first_event(name: str, rng: Random, names: Names) -> Story:
    """The constructor gave the founder everything and told nobody (5.N4)."""
    owner, people = names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _launched(chain, names, owner, announced=False)
        yield
        _crowd(market, pool, people, rng)
        yield
        market.trades(owner, pool, 0, SUPPLY // 10)

    return honest(name, acts, [owner, *people])


def _bridge(name: str, rng: Random, names: Names) -> Story:
    """A bridge mints much for a customer, who sells it."""
    bridge, person = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _launched(chain, names, bridge)
        yield
        chain.erc20(pool.tokens[0], bytes(20), person, 3 * SUPPLY, by=bridge)
        yield
        market.trades(person, pool, 0, 2 * SUPPLY)

    return honest(name, acts, [bridge, person])


def _older(name: str, rng: Random, names: Names) -> Story:
    """Nobody saw the token's beginning: holders sell what they got before."""
    people, market_maker = names.many(3), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market = Market(chain)
        pool = market.opens(Pool(names.fresh(), (names.fresh(), WETH), [SUPPLY, 100 * ETHER]), False)
        chain.erc20(pool.tokens[0], bytes(20), market_maker, SUPPLY // 100, by=market_maker)
        yield
        for person in people:
            market.trades(person, pool, 0, SUPPLY // 10)

    return honest(name, acts, people)
