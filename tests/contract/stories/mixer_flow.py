"""Mixer flow: loot and dirty money through a mixer; and people who want to be private."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from ingest.decode.shapes import signature
from tests.contract.background import PEOPLE, SHOPS
from tests.contract.story import ETHER, HOT, Names, Story, attack, dealt, friend_of, honest, rests
from tests.fixtures.frames import ChainBuilder, address, keccak, word

DEPOSIT = signature("Deposit(bytes32,uint32,uint256)")
WITHDRAWAL = signature("Withdrawal(address,bytes32,address,uint256)")
POOLS = {wei: address(f"mixer of {wei}") for wei in (ETHER // 10, ETHER, 10 * ETHER)}
RELAYERS = [address(f"relayer {n}") for n in range(3)]


def pays_in(chain: ChainBuilder, who: bytes, wei: int) -> None:
    with chain.transaction(who, POOLS[wei], wei):
        chain.log(POOLS[wei], (DEPOSIT, keccak(who, word(chain.head))), word(1) + word(chain.now))


def is_paid_out(chain: ChainBuilder, who: bytes, wei: int, by: bytes | None = None) -> None:
    """Nobody sees the calls inside: only the log."""
    note = keccak(b"spent", who, word(chain.head))
    with chain.transaction(by or who, POOLS[wei]):
        chain.log(POOLS[wei], (WITHDRAWAL, word(by or bytes(20))), word(who) + note + word(wei // 200))


def positives(seed: int) -> list[Story]:
    """Twelve: loot that goes in at once, spread over depositors, and comes out to whom the payer knows; and
    what could not be mixed and moved on.
    """
    tales = {
        "loot": _loot,
        "depositors": _depositors,
        "reuse": _reuse,
        "known wallet": _known_wallet,
        "very notes": _very_notes,
        "given up": _given_up,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def _loot(name: str, rng: Random, names: Names) -> Story:
    victim, thief, *out = names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, victim, 4 * ETHER)
        yield
        chain.native(victim, thief, 4 * ETHER - 10**16)
        for wallet in out:
            yield from rests(rng, 1)
            pays_in(chain, thief, ETHER)
            yield
            is_paid_out(chain, wallet, ETHER, rng.choice(RELAYERS))

    return attack(name, acts, thief, out, [victim])


def _depositors(name: str, rng: Random, names: Names) -> Story:
    """An old wallet pays a new one, which pays in."""
    owner, wallet, out = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(owner, wallet, 3 * ETHER)
        yield
        chain.native(wallet, friend_of(rng), 10**16)
        for _ in range(2):
            pays_in(chain, wallet, ETHER)
            yield
        is_paid_out(chain, out, ETHER, RELAYERS[0])

    return attack(name, acts, wallet, [owner, out])


def _reuse(name: str, rng: Random, names: Names) -> Story:
    owner = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(owner, friend_of(rng), 10**16)
        pays_in(chain, owner, ETHER)
        yield from rests(rng, 3)
        yield
        is_paid_out(chain, owner, ETHER, rng.choice(RELAYERS))

    return attack(name, acts, owner)


def _known_wallet(name: str, rng: Random, names: Names) -> Story:
    owner, wallet = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(owner, wallet, 10**17)
        pays_in(chain, owner, 10 * ETHER)
        yield from rests(rng, 3)
        yield
        is_paid_out(chain, wallet, 10 * ETHER)

    return attack(name, acts, owner, [wallet])


def _very_notes(name: str, rng: Random, names: Names) -> Story:
    """Ever other numbers of notes, so that nobody else has the same."""
    owner, wallet = names.many(2)
    notes = [10 * ETHER] * rng.randint(2, 4) + [ETHER] * rng.randint(3, 6) + [ETHER // 10] * rng.randint(1, 4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(owner, friend_of(rng), 10**16)
        for wei in notes:
            pays_in(chain, owner, wei)
        yield
        for wei in rng.sample(notes, len(notes)):
            is_paid_out(chain, wallet, wei, rng.choice(RELAYERS))
            yield

    return attack(name, acts, owner, [wallet])


def fails_to_pay_in(chain: ChainBuilder, who: bytes, pool: int, wei: int) -> None:
    with chain.transaction(who, POOLS[pool], wei, status=0, data=signature("deposit(bytes32)")[:4]):
        pass


def _given_up(name: str, rng: Random, names: Names) -> Story:
    """Half a note is not taken; all of it goes to a new wallet instead."""
    owner, wallet = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from rests(rng, 2)
        fails_to_pay_in(chain, owner, ETHER, ETHER // 2)
        yield
        chain.native(owner, wallet, rng.randint(2, 9) * ETHER)

    return attack(name, acts, owner, [wallet])


def hard_negatives(seed: int) -> list[Story]:
    """A relayer at work, a saver, a gift, notes of somebody who has a life, and of one who tries again."""
    tales = {"relayer": _relayer, "saver": _saver, "gift": _gift, "private": _private, "again": _tries_again}
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _relayer(name: str, rng: Random, names: Names) -> Story:
    people, wallets, relayer = rng.sample(PEOPLE, 3), names.many(3), rng.choice(RELAYERS)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for person in people:
            pays_in(chain, person, ETHER // 10)
        yield
        for wallet in wallets:
            is_paid_out(chain, wallet, ETHER // 10, relayer)
        yield
        chain.native(relayer, names.fresh(), 10**15)

    return honest(name, acts, [relayer, *people, *wallets])


def _saver(name: str, rng: Random, names: Names) -> Story:
    """What an exchange sent goes in, and out to two wallets, one of which has gas of its own."""
    saver, *wallets = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, saver, 3 * ETHER)
        yield
        for _ in wallets:
            pays_in(chain, saver, ETHER)
        yield from rests(rng, 2)
        yield
        chain.native(HOT, wallets[0], 10**16)
        yield
        is_paid_out(chain, wallets[0], ETHER)
        is_paid_out(chain, wallets[1], ETHER, RELAYERS[1])
        yield
        chain.native(wallets[0], friend_of(rng), ETHER // 2)

    return honest(name, acts, [saver, *wallets])


def _gift(name: str, rng: Random, names: Names) -> Story:
    giver, shop = names.fresh(), rng.choice(SHOPS)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        pays_in(chain, giver, ETHER)
        yield from rests(rng, 2)
        yield
        is_paid_out(chain, shop, ETHER, rng.choice(RELAYERS))

    return honest(name, acts, [giver, shop])


def _private(name: str, rng: Random, names: Names) -> Story:
    person, wallet = rng.choice(PEOPLE), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        pays_in(chain, person, ETHER)
        yield from rests(rng, 4)
        yield
        is_paid_out(chain, wallet, ETHER, rng.choice(RELAYERS))

    return honest(name, acts, [person, wallet])


def _tries_again(name: str, rng: Random, names: Names) -> Story:
    """An old wallet gets the sum of a note wrong, then right, and pays somebody."""
    saver, friend = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        fails_to_pay_in(chain, saver, ETHER, ETHER // 2)
        yield from rests(rng, 2)
        yield
        pays_in(chain, saver, ETHER)
        yield
        chain.native(saver, friend, ETHER)

    return honest(name, acts, [saver, friend])
