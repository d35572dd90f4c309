"""Banks that are entered again while they pay a token that calls its receiver, and honest ones that are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.contract.story import TOKENS, Names, Story, attack, dealt, honest, rests
from tests.fixtures.frames import Called, ChainBuilder

GAME = TOKENS["game"]


def positives(seed: int) -> list[Story]:
    """Sixteen: at once, by two hands in turn, twice only, with a stake of days before, through a proxy,
    small; a bank that books first, paid by the coin and by a token.
    """
    tales = {
        "deep": _deep,
        "two hands": _two_hands,
        "twice": _twice,
        "old stake": _old_stake,
        "several strikes": _several,
        "small part": _small,
        "books first": _books_first,
        "token books first": _token_books_first,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Nine: who puts a part back, withdraws twice, is paid rewards, pays many, moves by a loan, trades by a
    router; and, of calls that failed, who puts a part back, and who borrows.
    """
    tales = {
        "saver": _saver,
        "two withdrawals": _two_withdrawals,
        "rewards": _rewards,
        "payroll": _payroll,
        "flash loan": _flash_loan,
        "bridge": _bridge,
        "aggregator": _aggregator,
        "saves in vain": _saves_in_vain,
        "borrows in vain": _borrows_in_vain,
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


def _enters(name: str, names: Names, by_token: bool) -> Story:
    """The bank had booked before it paid, so the second withdrawal fails, and with it everything."""
    thief, raider = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, names)
        chain.creates(thief, raider)
        yield
        paid = (
            [Called(2, bank, GAME), Called(3, GAME, raider, b"told of it", failed=True)]
            if by_token
            else [Called(2, bank, raider, wei=7, failed=True)]
        )
        again = Called(paid[-1].depth + 1, raider, bank, b"withdraw", failed=True)
        first = [Called(1, raider, bank, b"deposit"), Called(1, raider, bank, b"withdraw", failed=True)]
        chain.fails(thief, raider, b"raid", calls=[*first, *paid, again])
        yield

    return attack(name, acts, thief, [raider])


def _books_first(name: str, rng: Random, names: Names) -> Story:
    return _enters(name, names, by_token=False)


def _token_books_first(name: str, rng: Random, names: Names) -> Story:
    return _enters(name, names, by_token=True)


def _in_peace(name: str, names: Names, calls: Callable[[bytes, bytes], list[Called]]) -> Story:
    owner, wallet = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, names)
        chain.creates(owner, wallet)
        yield
        chain.fails(owner, wallet, b"take", calls=calls(wallet, bank))
        yield

    return honest(name, acts, [owner, wallet])


def _aggregator(name: str, rng: Random, names: Names) -> Story:
    """A router sells in two equal parts, one inside of the other, and hands on each (11.N1)."""
    person, router, venue = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield
        with chain.transaction(person, router, data=b"swap"):
            chain.erc20(TOKENS["usd"], person, router, 8_000)
            for _ in range(2):
                chain.erc20(TOKENS["usd"], router, venue, 4_000).erc20(GAME, venue, router, 500)
                chain.erc20(GAME, router, person, 500)

    return honest(name, acts, [person, router])


def _saves_in_vain(name: str, rng: Random, names: Names) -> Story:
    """While it is paid, a wallet puts a part straight back; what it does afterwards fails."""

    def calls(wallet: bytes, bank: bytes) -> list[Called]:
        paid = [Called(1, wallet, bank, b"withdraw"), Called(2, bank, wallet, wei=9)]
        return [*paid, Called(3, wallet, bank, b"deposit", wei=3), Called(1, wallet, GAME, b"x", failed=True)]

    return _in_peace(name, names, calls)


def _borrows_in_vain(name: str, rng: Random, names: Names) -> Story:
    """A lender calls back, is asked for more, and is not repaid."""

    def calls(wallet: bytes, bank: bytes) -> list[Called]:
        lent = [Called(1, wallet, bank, b"loan", failed=True), Called(2, bank, wallet, b"onLoan")]
        return [*lent, Called(3, wallet, bank, b"supply"), Called(3, wallet, GAME, b"approve")]

    return _in_peace(name, names, calls)


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
