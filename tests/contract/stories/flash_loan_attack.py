"""Attacks on borrowed money, however it is borrowed, by whatever account; and honest loans for a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.contract import exploit_shapes
from tests.contract.story import Acts, Names, Story, attack, dealt, honest, open_account
from tests.fixtures.assembly import asked
from tests.fixtures.frames import Called, ChainBuilder, word
from tests.fixtures.lenders import (
    BORROW,
    FLASH_AAVE,
    LIQUIDATION,
    REPAY,
    SUPPLY,
    WITHDRAW,
    Venue,
    venue,
)
from tests.fixtures.market import ETHER, FLASH_LOAN, WETH, Market, Pool

Deed = Callable[[Venue, bytes, bytes], None]
"""Inside of a transaction: by an account, for its owner."""


def positives(seed: int) -> list[Story]:
    """Twenty-four: lenders and funds, by event, by transfers alone, in a constructor, by the wallet itself;
    one whose victim refuses; and shapes that hide an attack, once each.
    """
    tales = {
        "lender": _by_contract(_lender(FLASH_AAVE)),
        "lender of unknown kind": _by_contract(_lender(None)),
        "fund": _by_contract(_fund(FLASH_LOAN)),
        "fund, by transfers": _by_contract(_fund(None)),
        "constructor": _constructor,
        "wallet with code": _wallet_with_code,
        "profit sent on": _by_contract(_sent_on),
        "refused": _refused,
    }
    twice = [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]
    shapes = dealt(seed, *exploit_shapes.ATTACKS)
    return twice + [
        _by_contract(exploit_shapes.ATTACKS[name.rsplit(" ", 1)[0]])(name, rng, names)
        for name, rng, names in shapes
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Nineteen: loans for a moment that harm nobody, and large sums without any; of calls that failed, an
    arbitrage that came too late, and one that a lender of many refuses.
    """
    tales = {
        "arbitrage": _honest(_arbitrage),
        "liquidation": _honest(_liquidation),
        "collateral swap": _honest(_collateral_swap),
        "refinance": _honest(_refinance),
        "supply and borrow": _supply_and_borrow,
        "safe": _safe,
        "liquidity removed": _liquidity_removed,
        "unwrapped": _unwrapped,
        "backrun": _honest(_backrun),
        "too late": _too_late,
        "refused by many's": _refused_by_a_lender_of_many,
        **{name: _honest(deed) for name, deed in exploit_shapes.HONEST.items()},
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _fails(name: str, names: Names, victims: int, refuses: bool) -> tuple[Acts, bytes, bytes]:
    """A loan, a swap with it, and a call of a lender that `victims` people use: it refuses, or all works but
    the end.
    """
    thief, raider, lender, pool, market = names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(thief, raider)
        chain.creates(names.fresh(), market)
        for person in names.many(victims):
            chain.calls(person, market, b"deposit")
        yield
        calls = [
            Called(1, raider, lender, b"loan", failed=True),
            Called(
                2, lender, raider, asked("onFlashLoan(address,address,uint256,uint256,bytes)"), failed=True
            ),
            Called(3, raider, pool, asked("swap(uint256,uint256,address,bytes)")),
            Called(3, raider, market, b"borrow", failed=refuses),
        ]
        chain.fails(thief, raider, b"run", calls=calls)
        yield

    return acts, thief, raider


def _refused(name: str, rng: Random, names: Names) -> Story:
    acts, thief, raider = _fails(name, names, 3, refuses=True)
    return attack(name, acts, thief, [raider])


def _too_late(name: str, rng: Random, names: Names) -> Story:
    acts, owner, bot = _fails(name, names, 3, refuses=False)
    return honest(name, acts, [owner, bot])


def _refused_by_a_lender_of_many(name: str, rng: Random, names: Names) -> Story:
    acts, owner, bot = _fails(name, names, 30, refuses=True)
    return honest(name, acts, [owner, bot])


def opened(chain: ChainBuilder, names: Names, rng: Random) -> Venue:
    coin = rng.randint(100, 500) * ETHER
    pool, token, lender, vault = names.many(4)
    return venue(Market(chain), pool, token, lender, vault, coin)


def _lender(event: bytes | None) -> Deed:
    def deed(place: Venue, who: bytes, owner: bytes) -> None:
        coin = place.coin
        owed = place.lends(who, 2 * coin, event=event)
        left = place.raids_lender(who, 2 * coin, coin * 8 // 10)
        place.is_repaid(who, owed)
        place.market.chain.erc20(WETH, who, owner, (left - owed) // 2)

    return deed


def _fund(event: bytes | None) -> Deed:
    def deed(place: Venue, who: bytes, owner: bytes) -> None:
        coin = place.coin
        owed = place.lends(who, 3 * coin, event=event)
        place.raids_vault(who, coin, 2 * coin, coin // 2)
        place.is_repaid(who, owed)

    return deed


def _sent_on(place: Venue, who: bytes, owner: bytes) -> None:
    """What is gained goes to a wallet that does nothing else."""
    coin = place.coin
    owed = place.lends(who, 2 * coin)
    left = place.raids_lender(who, 2 * coin, coin * 8 // 10)
    place.is_repaid(who, owed)
    place.market.chain.erc20(WETH, who, owner[::-1], left - owed)


def _by_contract(deed: Deed) -> Callable[[str, Random, Names], Story]:
    def tale(name: str, rng: Random, names: Names) -> Story:
        owner, contract, lender = names.many(3)

        def acts(chain: ChainBuilder) -> Iterator[None]:
            place = opened(chain, names, rng)
            place.lender = lender
            open_account(chain, owner, ETHER)
            chain.creates(owner, contract)
            yield
            with chain.transaction(owner, contract, data=b"\1\2\3\4"):
                deed(place, contract, owner)

        return attack(name, acts, owner, [contract, owner[::-1]], [lender])

    return tale


def _constructor(name: str, rng: Random, names: Names) -> Story:
    """The attack is the deployment: there is no contract to be called."""
    owner, contract, lender = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        place = opened(chain, names, rng)
        place.lender = lender
        open_account(chain, owner, ETHER)
        yield
        with chain.transaction(owner, None):
            _lender(FLASH_AAVE)(place, contract, owner)

    return attack(name, acts, owner, [contract], [lender])


def _wallet_with_code(name: str, rng: Random, names: Names) -> Story:
    """The wallet calls itself, and carries the code."""
    owner, lender = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        place = opened(chain, names, rng)
        place.lender = lender
        yield
        with chain.transaction(owner, owner, data=b"\1\2\3\4"):
            _lender(FLASH_AAVE)(place, owner, owner[::-1])

    return attack(name, acts, owner, [owner[::-1]], [lender])


def _honest(deed: Deed) -> Callable[[str, Random, Names], Story]:
    def tale(name: str, rng: Random, names: Names) -> Story:
        people = names.many(2)

        def acts(chain: ChainBuilder) -> Iterator[None]:
            place = opened(chain, names, rng)
            chain.creates(people[0], people[1])
            yield
            with chain.transaction(people[0], people[1], data=b"\1\2\3\4"):
                deed(place, people[1], people[0])

        return honest(name, acts, people)

    return tale


def _arbitrage(place: Venue, who: bytes, owner: bytes) -> None:
    """Two pools stand apart by half."""
    coin, pool = place.coin, place.pool
    dear = place.market.opens(
        Pool(pool.where[::-1], pool.tokens, [pool.reserves[0], coin * 3 // 2]), introduced=False
    )
    owed = place.lends(who, coin // 20)
    units = place.market.swaps(pool, 1, coin // 20, who, who)
    place.market.swaps(dear, 0, units, who, who)
    place.is_repaid(who, owed)


def _backrun(place: Venue, who: bytes, owner: bytes) -> None:
    """The same, after somebody has bought much, with a lender that nobody knows."""
    place.market.swaps(place.pool, 1, place.coin // 5, place.vault[::-1], place.vault[::-1])
    _arbitrage(place, who, owner)


def _liquidation(place: Venue, who: bytes, owner: bytes) -> None:
    """Half of a debt is paid; collateral worth a tenth more comes for it and is sold."""
    chain, pool, market = place.market.chain, place.pool, place.lender
    debt, borrower = place.coin // 50, market[::-1]
    owed = place.lends(who, debt)
    seized = debt * pool.reserves[0] * 11 // (pool.reserves[1] * 10)
    chain.erc20(WETH, who, market, debt)
    chain.erc20(pool.tokens[0], place.vault[::-1], who, seized)
    topics = (LIQUIDATION, word(pool.tokens[0]), word(WETH), word(borrower))
    chain.log(market, topics, word(debt) + word(seized) + word(who) + word(0))
    place.market.swaps(pool, 0, seized, who, who)
    place.is_repaid(who, owed)


def _collateral_swap(place: Venue, who: bytes, owner: bytes) -> None:
    """The coin is lent and put in; what was collateral comes out and is sold for it."""
    chain, token, market = place.market.chain, place.token, place.lender
    amount = place.coin // 30
    owed = place.lends(who, amount)
    chain.erc20(WETH, who, market, amount)
    chain.log(market, (SUPPLY, word(WETH), word(owner), word(0)), word(who) + word(amount))
    held = place.pool.reserves[0] // 28
    chain.erc20(token, market[::-1], who, held)
    chain.log(market, (WITHDRAW, word(token), word(owner), word(who)), word(held))
    place.market.swaps(place.pool, 0, held, who, who)
    place.is_repaid(who, owed)


def _refinance(place: Venue, who: bytes, owner: bytes) -> None:
    """A debt in the coin is paid with a loan, and a debt in the token pays the loan."""
    chain, token, market = place.market.chain, place.token, place.lender
    amount = place.coin // 30
    owed = place.lends(who, amount)
    chain.erc20(WETH, who, market, amount)
    chain.log(market, (REPAY, word(WETH), word(owner), word(who)), word(amount) + word(0))
    drawn = place.pool.reserves[0] // 28
    chain.erc20(token, market[::-1], who, drawn)
    data = word(who) + word(drawn) + word(2) + word(0)
    chain.log(market, (BORROW, word(token), word(owner), word(0)), data)
    place.market.swaps(place.pool, 0, drawn, who, who)
    place.is_repaid(who, owed)


def _alone(tell: Callable[[Venue, list[bytes]], None]) -> Callable[[str, Random, Names], Story]:
    def tale(name: str, rng: Random, names: Names) -> Story:
        people = names.many(2)

        def acts(chain: ChainBuilder) -> Iterator[None]:
            place = opened(chain, names, rng)
            yield
            tell(place, people)

        return honest(name, acts, people)

    return tale


def _supplies_and_borrows(place: Venue, people: list[bytes]) -> None:
    """Large collateral in, large debt out, in one transaction."""
    chain, market = place.market.chain, place.lender
    with chain.transaction(people[0], market, data=b"\1\2\3\4"):
        chain.erc20(place.token, people[0], market, place.pool.reserves[0])
        chain.erc20(WETH, market, people[0], place.coin // 3)


def _safe_pays(place: Venue, people: list[bytes]) -> None:
    with place.market.chain.transaction(people[0], place.vault, data=b"\1\2\3\4"):
        place.market.chain.erc20(WETH, place.vault, people[1], 900 * ETHER)


def _removes(place: Venue, people: list[bytes]) -> None:
    chain, pool = place.market.chain, place.pool
    with chain.transaction(people[0], place.vault, data=b"\1\2\3\4"):
        chain.erc20(pool.where, people[0], bytes(20), ETHER)
        for token, held in zip(pool.tokens, pool.reserves, strict=True):
            chain.erc20(token, pool.where, people[0], held // 2)


def _unwraps(place: Venue, people: list[bytes]) -> None:
    place.market.chain.withdrawal(WETH, people[0], 900 * ETHER)


_supply_and_borrow, _safe, _liquidity_removed, _unwrapped = (
    _alone(each) for each in (_supplies_and_borrows, _safe_pays, _removes, _unwraps)
)
