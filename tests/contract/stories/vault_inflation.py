"""Nearly empty vaults whose first depositor makes a share dear by a gift, and vaults that really earn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from ingest.decode.shapes import signature
from tests.contract.story import TOKENS, Names, Story, attack, dealt, honest, rests
from tests.fixtures.frames import ChainBuilder, address, word

USD = TOKENS["usd"]
DEPOSIT = signature("Deposit(address,address,uint256,uint256)")
DEAD = address("burnt for ever")


@dataclass(frozen=True, slots=True)
class Vault:
    """Keeps dollars; its own token are the shares."""

    chain: ChainBuilder
    where: bytes

    def pays_in(self, who: bytes, assets: int, shares: int) -> None:
        with self.chain.transaction(who, self.where):
            self.takes(who, assets, shares)

    def takes(self, who: bytes, assets: int, shares: int) -> None:
        self.chain.erc20(USD, who, self.where, assets)
        self.chain.erc20(self.where, bytes(20), who, shares)
        self.chain.log(self.where, (DEPOSIT, word(who), word(who)), word(assets) + word(shares))

    def pays_out(self, who: bytes, assets: int, shares: int) -> None:
        with self.chain.transaction(who, self.where):
            self.chain.erc20(self.where, who, bytes(20), shares)
            self.chain.erc20(USD, self.where, who, assets)


def positives(seed: int) -> list[Story]:
    """Fourteen: by hand, by contract, long before, in small steps, in vain, a market of Compound's kind, and
    a share that a lender takes as collateral.
    """
    tales = {
        "first": _first,
        "long before": _long_before,
        "contract": _contract,
        "nobody comes": _nobody,
        "virtual shares": _virtual,
        "compound": _compound,
        "collateral": _collateral,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Five: earnings, gifts, burnt first shares, a lone saver, a keeper's large donation."""
    tales = {
        "earnings": _earnings,
        "gift": _gift,
        "founder first": _founder,
        "lone saver": _lone,
        "keeper": _keeper,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _opened(chain: ChainBuilder, names: Names) -> Vault:
    vault = Vault(chain, names.fresh())
    chain.creates(names.fresh(), vault.where)
    return vault


def _first(name: str, rng: Random, names: Names, waits: int = 0) -> Story:
    thief, victim, amount = names.fresh(), names.fresh(), rng.randint(10**5, 10**9)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _opened(chain, names)
        yield
        vault.pays_in(thief, 1, 1)
        chain.erc20(USD, thief, vault.where, 2 * amount)
        for _ in range(waits):
            yield
        vault.pays_in(victim, amount, 0)
        yield from rests(rng, 1)
        vault.pays_out(thief, 3 * amount + 1, 1)

    return attack(name, acts, thief, victims=[victim])


def _long_before(name: str, rng: Random, names: Names) -> Story:
    return _first(name, rng, names, waits=6)


def _contract(name: str, rng: Random, names: Names) -> Story:
    """A unit and the gift in one transaction of a contract."""
    thief, tool, victim, amount = names.fresh(), names.fresh(), names.fresh(), rng.randint(10**5, 10**9)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _opened(chain, names)
        chain.creates(thief, tool)
        chain.erc20(USD, thief, tool, 3 * amount)
        yield
        with chain.transaction(thief, tool):
            vault.takes(tool, 1, 1)
            chain.erc20(USD, tool, vault.where, 2 * amount)
        yield
        vault.pays_in(victim, amount, 0)

    return attack(name, acts, tool, [thief], [victim])


def _nobody(name: str, rng: Random, names: Names) -> Story:
    thief = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _opened(chain, names)
        vault.pays_in(thief, 1, 1)
        yield
        chain.erc20(USD, thief, vault.where, rng.randint(10**5, 10**9))
        yield

    return attack(name, acts, thief)


def _virtual(name: str, rng: Random, names: Names) -> Story:
    """A vault that makes a million shares for a unit."""
    thief, victim = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _opened(chain, names)
        vault.pays_in(thief, 1, 10**6)
        chain.erc20(USD, thief, vault.where, 10**8)
        yield
        vault.pays_in(victim, 10**7, 10**5)

    return attack(name, acts, thief, victims=[victim])


def _compound(name: str, rng: Random, names: Names) -> Story:
    """An empty market whose shares come from itself; its price is borrowed against elsewhere (12.P1)."""
    thief, tool, lender = names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market = names.fresh()
        chain.creates(names.fresh(), market)
        chain.creates(thief, tool)
        chain.erc20(USD, thief, tool, 10**9)
        yield
        with chain.transaction(thief, tool):
            chain.erc20(USD, tool, market, 100)
            chain.erc20(market, market, tool, 2)
            chain.erc20(USD, tool, market, 10**8)
            chain.erc20(TOKENS["eur"], lender, tool, 10**7)

    return attack(name, acts, tool, [thief], [lender])


def _collateral(name: str, rng: Random, names: Names) -> Story:
    """A vault that was just opened is given to, and its one share borrowed against elsewhere (12.P2)."""
    thief, lender = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _opened(chain, names)
        yield
        vault.pays_in(thief, 1, 1)
        chain.erc20(USD, thief, vault.where, rng.randint(10**6, 10**9))
        yield
        with chain.transaction(thief, lender):
            chain.erc20(vault.where, thief, lender, 1).erc20(TOKENS["eur"], lender, thief, 10**9)

    return attack(name, acts, thief, victims=[lender])


def _used(chain: ChainBuilder, names: Names, people: list[bytes]) -> Vault:
    """People have paid in a thousand each."""
    vault = _opened(chain, names)
    for person in people:
        vault.pays_in(person, 1_000, 1_000)
    return vault


def _earnings(name: str, rng: Random, names: Names) -> Story:
    people, operator = names.many(3), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _used(chain, names, people)
        for _ in range(3):
            yield
            chain.erc20(USD, operator, vault.where, rng.randint(10, 300))
        for person in people:
            vault.pays_out(person, 1_005, 1_000)

    return honest(name, acts, [operator, *people])


def _gift(name: str, rng: Random, names: Names) -> Story:
    """Ten times of what is there, from somebody who has no share."""
    people, giver = names.many(2), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _used(chain, names, people)
        yield
        chain.erc20(USD, giver, vault.where, 20_000)

    return honest(name, acts, [giver, *people])


def _founder(name: str, rng: Random, names: Names) -> Story:
    """Who goes first burns the shares, and gives (12.N2)."""
    founder, person = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _opened(chain, names)
        vault.pays_in(founder, 10, 10)
        chain.erc20(vault.where, founder, DEAD, 10)
        chain.erc20(USD, founder, vault.where, 10_000)
        yield
        vault.pays_in(person, 5_000, 5)

    return honest(name, acts, [founder, person])


def _lone(name: str, rng: Random, names: Names) -> Story:
    """The only depositor earns, from the operator, and leaves."""
    person, operator = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _used(chain, names, [person])
        yield
        chain.erc20(USD, operator, vault.where, rng.randint(10, 900))
        yield
        vault.pays_out(person, 1_500, 1_000)

    return honest(name, acts, [person, operator])


def _keeper(name: str, rng: Random, names: Names) -> Story:
    """A keeper who once paid in a little gives two thousand times of it: the shares are others' (12.N1)."""
    people, keeper = names.many(3), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        vault = _used(chain, names, people)
        vault.pays_in(keeper, 5, 5)
        yield
        chain.erc20(USD, keeper, vault.where, 10**6)

    return honest(name, acts, [keeper, *people])
