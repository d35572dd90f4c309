"""Banks that are entered again while they pay a token that calls its receiver, and honest ones that are."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.story import TOKENS, Names, Story, attack, dealt, honest, rests
from tests.fixtures.frames import ChainBuilder

GAME = TOKENS["game"]


def positives(seed: int) -> list[Story]:
    """Twelve: at once, by two hands in turn, twice only, with a stake of days before, through a proxy,
    small.
    """
    tales = {
        "deep": _deep,
        "two hands": _two_hands,
        "twice": _twice,
        "old stake": _old_stake,
        "several strikes": _several,
        "small part": _small,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Six: who puts a part back, withdraws twice, is paid rewards, pays many, moves by a loan."""
    tales = {
        "saver": _saver,
        "two withdrawals": _two_withdrawals,
        "rewards": _rewards,
        "payroll": _payroll,
        "flash loan": _flash_loan,
        "bridge": _bridge,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _bank(chain: ChainBuilder, names: Names) -> bytes:
    """A bank with what others have put in."""
    bank = names.fresh()
    chain.creates(names.fresh(), bank)
    for person in names.many(3):
        chain.erc20(GAME, person, bank, 10**6, by=person, via=bank)
    return bank


def _raids(
    name: str, rng: Random, names: Names, depth: int, stake: int, hands: int = 1, times: int = 1
) -> Story:
    thief, raiders = names.fresh(), names.many(hands)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, names)
        for raider in raiders:
            chain.creates(thief, raider)
        yield
        for _ in range(times):
            chain.erc20(GAME, thief, raiders[0], stake)
            with chain.transaction(thief, raiders[0], data=b"raid"):
                chain.erc20(GAME, raiders[0], bank, stake)
                for n in range(depth):
                    chain.erc20(GAME, bank, raiders[n % hands], stake)
            yield
        chain.erc20(GAME, raiders[0], thief, stake * depth // hands, by=thief, via=raiders[0])

    return attack(name, acts, thief, raiders)


def _deep(name: str, rng: Random, names: Names) -> Story:
    return _raids(name, rng, names, rng.randint(5, 11), rng.randint(10_000, 200_000))


def _two_hands(name: str, rng: Random, names: Names) -> Story:
    """What one hand has not been booked out of is the other's meanwhile."""
    return _raids(name, rng, names, rng.randint(4, 8), 50_000, hands=2)


def _twice(name: str, rng: Random, names: Names) -> Story:
    return _raids(name, rng, names, 2, rng.randint(10_000, 500_000))


def _several(name: str, rng: Random, names: Names) -> Story:
    return _raids(name, rng, names, 3, 50_000, times=3)


def _small(name: str, rng: Random, names: Names) -> Story:
    return _raids(name, rng, names, 4, 100)


def _old_stake(name: str, rng: Random, names: Names) -> Story:
    """The stake was put in some blocks before."""
    thief, raider, stake = names.fresh(), names.fresh(), 70_000

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, names)
        chain.creates(thief, raider)
        chain.erc20(GAME, thief, raider, stake)
        chain.erc20(GAME, raider, bank, stake, by=thief, via=raider)
        yield
        yield from rests(rng, 3)
        with chain.transaction(thief, raider, data=b"raid"):
            for _ in range(4):
                chain.erc20(GAME, bank, raider, stake)

    return attack(name, acts, thief, [raider])


def _saver(name: str, rng: Random, names: Names) -> Story:
    """A part of each withdrawal goes straight back."""
    owner, wallet = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, names)
        chain.creates(owner, wallet)
        chain.erc20(GAME, wallet, bank, 50_000, by=owner, via=wallet)
        for _ in range(3):
            yield
            with chain.transaction(owner, wallet, data=b"take"):
                chain.erc20(GAME, bank, wallet, 8_000)
                chain.erc20(GAME, wallet, bank, 2_000)

    return honest(name, acts, [owner, wallet])


def _two_withdrawals(name: str, rng: Random, names: Names) -> Story:
    """Somebody takes out what is his in two equal parts."""
    owner = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, names)
        chain.erc20(GAME, owner, bank, 60_000, via=bank)
        yield
        with chain.transaction(owner, bank):
            chain.erc20(GAME, bank, owner, 30_000).erc20(GAME, bank, owner, 30_000)

    return honest(name, acts, [owner])


def _rewards(name: str, rng: Random, names: Names) -> Story:
    """Two positions earn the same, and are claimed together."""
    owner = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, names)
        chain.erc20(GAME, owner, bank, 60_000, via=bank)
        yield
        with chain.transaction(owner, bank):
            chain.erc20(GAME, bank, owner, 300).erc20(GAME, bank, owner, 300)

    return honest(name, acts, [owner])


def _payroll(name: str, rng: Random, names: Names) -> Story:
    """A contract pays many the same, and some give a commission back."""
    payer, people = names.fresh(), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        router = names.fresh()
        chain.creates(names.fresh(), router)
        yield
        with chain.transaction(payer, router):
            chain.erc20(GAME, payer, router, 5_000)
            for person in people:
                chain.erc20(GAME, router, person, 1_000).erc20(GAME, person, router, 50)

    return honest(name, acts, [payer, *people])


def _flash_loan(name: str, rng: Random, names: Names) -> Story:
    """Lent twice in one transaction, and given back twice."""
    owner, mover = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, names)
        chain.creates(owner, mover)
        yield
        with chain.transaction(owner, mover, data=b"move"):
            for _ in range(2):
                chain.erc20(GAME, bank, mover, 9_000).erc20(GAME, mover, bank, 9_000)

    return honest(name, acts, [owner, mover])


def _bridge(name: str, rng: Random, names: Names) -> Story:
    """Two equal arrivals are paid out together to somebody who never put anything in here (11.N2)."""
    person = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, names)
        yield
        with chain.transaction(person, bank):
            chain.erc20(GAME, bank, person, 4_000).erc20(GAME, bank, person, 4_000)

    return honest(name, acts, [person])
