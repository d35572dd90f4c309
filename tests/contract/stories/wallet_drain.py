"""Wallet drain: unrelated wallets in use emptied to one address, and honest ones that send all they have."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.background import SHOPS
from tests.contract.story import (
    ETHER,
    HOT,
    TOKENS,
    USD,
    Names,
    Story,
    attack,
    dealt,
    ether,
    friend_of,
    honest,
    open_account,
    rests,
)
from tests.fixtures.frames import ChainBuilder, address

FEE = 10**15


def positives(seed: int) -> list[Story]:
    """Twelve: keys stolen (native value only, or tokens too), gifts sent ahead, and approvals phished."""
    tales = {
        "keys": _keys,
        "keys and tokens": _keys_and_tokens,
        "keys after gifts": _keys_after_gifts,
        "approvals": _approvals,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=3)
    ]


def in_use(
    chain: ChainBuilder, rng: Random, wallets: list[bytes], usd: int, left: dict[bytes, int]
) -> Iterator[None]:
    """Each wallet opens an account and pays three others; `left` is told what native value each has left."""
    for wallet in wallets:
        left[wallet] = ether(rng, 2, 9)
        open_account(chain, wallet, left[wallet], usd)
    yield
    errands = {wallet: [*rng.sample(SHOPS, 2), friend_of(rng)] for wallet in wallets}
    for errand in range(3):
        for wallet in wallets:
            chain.native(wallet, errands[wallet][errand], paid := ether(rng, 0.01, 0.2))
            left[wallet] -= paid
        yield


def _keys(name: str, rng: Random, names: Names) -> Story:
    victims, thief = names.many(rng.randint(3, 7)), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        left: dict[bytes, int] = {}
        yield from in_use(chain, rng, victims, 0, left)
        for victim in victims:
            chain.native(victim, thief, left[victim] - FEE)
            yield from rests(rng, 2)

    return attack(name, acts, thief, victims=victims)


def _keys_after_gifts(name: str, rng: Random, names: Names) -> Story:
    """The thief sends each victim a worthless token and dust before, so as to look like somebody it knows."""
    victims, thief, worthless = names.many(rng.randint(3, 6)), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        left: dict[bytes, int] = {}
        yield from in_use(chain, rng, victims, 0, left)
        for victim in victims:
            chain.erc20(worthless, thief, victim, 5 * ETHER).native(thief, victim, FEE)
        yield from rests(rng, 2)
        for victim in victims:
            chain.native(victim, thief, left[victim])
            yield from rests(rng, 1)

    return attack(name, acts, thief, victims=victims)


def _keys_and_tokens(name: str, rng: Random, names: Names) -> Story:
    victims, thief = names.many(rng.randint(3, 6)), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        left: dict[bytes, int] = {}
        yield from in_use(chain, rng, victims, 300 * ETHER, left)
        for victim in victims:
            chain.erc20(USD, victim, thief, 300 * ETHER).native(victim, thief, left[victim] - FEE)
            yield from rests(rng, 1)

    return attack(name, acts, thief, victims=victims)


def _approvals(name: str, rng: Random, names: Names) -> Story:
    """Tokens are pulled by a spender that the victims approved; their native value stays."""
    victims, spender, thief = names.many(rng.randint(3, 6)), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from in_use(chain, rng, victims, 300 * ETHER, {})
        for victim in victims:
            chain.erc20(USD, victim, thief, 300 * ETHER, by=spender)
            yield from rests(rng, 1)

    return attack(name, acts, thief, [spender], victims)


def hard_negatives(seed: int) -> list[Story]:
    """Sweeps, migrations in one step and in two, one owner's wallets, closed accounts, a sale, a purchase."""
    tales = {
        "sweeps": _sweeps,
        "migration": _migration,
        "migration in two steps": _slow_migration,
        "consolidation": _consolidation,
        "closed accounts": _closed_accounts,
        "sell-off": _sell_off,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _sweeps(name: str, rng: Random, names: Names) -> Story:
    """Ten deposit addresses that never paid anybody else are emptied into the hot wallet."""
    customers, deposits = names.many(10), names.many(10)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from in_use(chain, rng, customers, 0, {})
        for customer, there in zip(customers, deposits, strict=True):
            chain.native(customer, there, ETHER)
        yield
        for there in deposits:
            chain.native(there, HOT, ETHER - FEE)

    return honest(name, acts, [*customers, *deposits, HOT])


def _migration(name: str, rng: Random, names: Names) -> Story:
    """Six holders hand in all of a token and get its second version in the same transaction."""
    holders, project = names.many(6), names.fresh()
    new = address(f"{name} second version")

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from in_use(chain, rng, holders, 300 * ETHER, {})
        for holder in holders:
            with chain.transaction(holder, project):
                chain.erc20(USD, holder, project, 300 * ETHER).erc20(new, bytes(20), holder, 300 * ETHER)
            yield from rests(rng, 1)

    return honest(name, acts, [*holders, project])


def _slow_migration(name: str, rng: Random, names: Names) -> Story:
    """Six holders hand in all of a token and get the new one blocks later; their other token stays."""
    holders, project = names.many(6), names.fresh()
    new = address(f"{name} second version")

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for holder in holders:
            chain.erc20(TOKENS["gold"], HOT, holder, 5 * ETHER)
        yield from in_use(chain, rng, holders, 300 * ETHER, {})
        for holder in holders:
            chain.erc20(USD, holder, project, 300 * ETHER)
        yield
        for holder in holders:
            chain.erc20(new, bytes(20), holder, 300 * ETHER, by=project)

    return honest(name, acts, [*holders, project])


def _consolidation(name: str, rng: Random, names: Names) -> Story:
    """One owner funds own wallets, uses them, and gathers everything in a new one."""
    owner, vault, own = names.fresh(), names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, owner, 100 * ETHER)
        yield
        for wallet in own:
            chain.native(owner, wallet, ETHER)
        yield
        for wallet in own:
            for shop in rng.sample(SHOPS, 3):
                chain.native(wallet, shop, ETHER // 100)
        yield from rests(rng, 2)
        for wallet in own:
            chain.native(wallet, vault, ETHER - 3 * ETHER // 100 - FEE)
            yield from rests(rng, 1)

    return honest(name, acts, [owner, vault, *own])


def _closed_accounts(name: str, rng: Random, names: Names) -> Story:
    """Five customers send all they have back to the exchange's hot wallet, which serves everybody."""
    customers = names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        left: dict[bytes, int] = {}
        yield from in_use(chain, rng, customers, 0, left)
        for customer in customers:
            chain.native(customer, HOT, left[customer] - FEE)

    return honest(name, acts, [*customers, HOT])


def _sell_off(name: str, rng: Random, names: Names) -> Story:
    """Bad news: five holders sell all they have of a token to one pool, each for another token."""
    holders, pool = names.many(5), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from in_use(chain, rng, holders, 300 * ETHER, {})
        for holder in holders:
            with chain.transaction(holder, pool):
                chain.erc20(USD, holder, pool, 300 * ETHER).erc20(TOKENS["eur"], pool, holder, 290 * ETHER)

    return honest(name, acts, [*holders, pool])
