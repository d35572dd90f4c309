"""Bridge mismatch: what leaves a bridge that nobody paid into; and people who cross it, late or careless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.contract.story import Names, Story, attack, dealt, ether, honest, rests
from tests.fixtures.frames import ChainBuilder, Crossing, address, keccak

BRIDGE, RELAYER, WRAPPED, NATIVE = (
    address("bridge harbour"), address("bridge relayer"), address("bridged coin"), bytes(20),
)  # fmt: skip
ZERO = bytes(20)
DELAY_BLOCKS = 10
"""A minute of delay, a minute of skew: what was not told by then never will be."""


def nonce_of(name: str, number: int = 0) -> bytes:
    return keccak(b"message", name.encode(), bytes([number]))


def paid_in(name: str, who: bytes, units: int, number: int = 0) -> Crossing:
    """A deposit on the other chain."""
    nonce = nonce_of(name, number)
    return Crossing("lock", "in", nonce, WRAPPED, units, units, who, who, transaction=keccak(nonce), ago=60)


def claims(chain: ChainBuilder, told: Crossing, by: bytes = RELAYER) -> None:
    """A claim on this chain: the bridge mints what the message says, or releases what it holds."""
    place = chain.sent
    payer = ZERO if told.kind == "mint" else BRIDGE
    assert told.recipient is not None and told.asset is not None
    with chain.transaction(by, BRIDGE):
        chain.log(BRIDGE, (keccak(b"claimed"),), told.nonce or b"")
        chain.erc20(told.asset, payer, told.recipient, told.amount)
    chain.crosses(replace(told, at=place, moved_log=1, ago=0))


def minted(deposit: Crossing) -> Crossing:
    return replace(deposit, kind="mint", ago=0, sender=None)


def positives(seed: int) -> list[Story]:
    """Ten: claims of nothing, twice, of more, for another, of another asset, and of hollow deposits."""
    tales = {
        "forged": _forged,
        "twice": _twice,
        "more": _more,
        "redirected": _redirected,
        "hollow": _hollow,
        "hollow here": _hollow_here,
        "unsaid": _unsaid,
        "released there": _released_there,
        "another asset": _another_asset,
        "copied": _forged,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _forged(name: str, rng: Random, names: Names) -> Story:
    """The validators' keys signed it: the shape is perfect, and nobody locked anything (P4)."""
    thief = names.fresh()
    told = minted(paid_in(name, thief, ether(rng, 1, 900)))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from rests(rng, 2)
        claims(chain, told, rng.choice((thief, RELAYER)))
        for _ in range(DELAY_BLOCKS + 3):
            yield

    return attack(name, acts, thief)


def _twice(name: str, rng: Random, names: Names) -> Story:
    thief = names.fresh()
    deposit = paid_in(name, thief, ether(rng, 1, 90))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.crosses(deposit)
        yield from rests(rng, 3)
        claims(chain, minted(deposit))
        yield from rests(rng, 3)
        yield
        claims(chain, minted(deposit))

    return attack(name, acts, thief)


def _more(name: str, rng: Random, names: Names) -> Story:
    thief = names.fresh()
    deposit = paid_in(name, thief, ether(rng, 1, 9))
    told = replace(minted(deposit), amount=deposit.amount * rng.randint(2, 50))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.crosses(deposit)
        yield from rests(rng, 3)
        claims(chain, replace(told, moved=told.amount), thief)

    return attack(name, acts, thief)


def _redirected(name: str, rng: Random, names: Names) -> Story:
    """The deposit is told after the claim that took it."""
    thief, owner = names.many(2)
    deposit = paid_in(name, owner, ether(rng, 1, 90))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        claims(chain, replace(minted(deposit), recipient=thief), thief)
        yield
        yield
        chain.crosses(replace(deposit, ago=90))

    return attack(name, acts, thief, victims=[owner])


def _another_asset(name: str, rng: Random, names: Names) -> Story:
    thief = names.fresh()
    deposit = paid_in(name, thief, ether(rng, 1, 90))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.crosses(replace(deposit, asset=address("cheap coin")))
        yield
        claims(chain, minted(deposit), thief)

    return attack(name, acts, thief)


def _hollow(name: str, rng: Random, names: Names) -> Story:
    """A genuine message of a deposit whose log nothing moved for (P1, P2)."""
    thief = names.fresh()
    deposit = replace(paid_in(name, thief, ether(rng, 50, 900)), moved=0)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.crosses(deposit)
        yield from rests(rng, 4)
        claims(chain, minted(deposit))

    return attack(name, acts, thief)


def _hollow_here(name: str, rng: Random, names: Names) -> Story:
    """On this chain: the bridge says that it holds what nobody paid."""
    thief = names.fresh()
    units = ether(rng, 50, 900)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        place = chain.sent
        with chain.transaction(thief, BRIDGE):
            chain.log(BRIDGE, (keccak(b"locked"),), nonce_of(name))
        chain.native(thief, names.fresh(), 5)
        told = Crossing("lock", "out", nonce_of(name), NATIVE, units, 0, thief, thief, at=place)
        chain.crosses(told)
        yield

    return attack(name, acts, thief)


def _unsaid(name: str, rng: Random, names: Names) -> Story:
    """Minted by a stolen minter, past the bridge."""
    thief = names.fresh()
    units = ether(rng, 1, 900)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        place = chain.sent
        chain.erc20(WRAPPED, ZERO, thief, units, by=thief)
        told = Crossing("mint", "in", None, WRAPPED, units, units, thief, at=place, moved_log=0, said=False)
        chain.crosses(told)
        yield

    return attack(name, acts, thief)


def _released_there(name: str, rng: Random, names: Names) -> Story:
    """On the other chain something is released that nobody burnt here."""
    thief = names.fresh()
    units = ether(rng, 1, 900)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(thief, names.fresh(), 10**15)
        yield
        told = Crossing("release", "out", nonce_of(name), WRAPPED, units, units, thief, ago=60)
        chain.crosses(replace(told, transaction=keccak(told.nonce or b"")))
        yield

    return attack(name, acts, thief)


def hard_negatives(seed: int) -> list[Story]:
    """Crossings in both directions, late ones, a deposit that nobody claims, fees, and one told twice."""
    tales = {
        "crossing": _crossing, "late telling": _late_telling, "late relay": _late_relay,
        "abandoned": _abandoned, "way out": _way_out, "fee": _fee, "told again": _told_again,
    }  # fmt: skip
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _crossing(name: str, rng: Random, names: Names) -> Story:
    person = names.fresh()
    deposit = paid_in(name, person, ether(rng, 1, 90))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.crosses(deposit)
        yield from rests(rng, 5)
        claims(chain, minted(deposit))
        yield
        chain.erc20(WRAPPED, person, names.fresh(), deposit.amount // 2)

    return honest(name, acts, [person])


def _late_telling(name: str, rng: Random, names: Names) -> Story:
    """Relayers pay as soon as a deposit is final: it is told a minute later."""
    person = names.fresh()
    deposit = paid_in(name, person, ether(rng, 1, 90))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        claims(chain, minted(deposit))
        for _ in range(5):
            yield
        chain.crosses(replace(deposit, ago=5 * 12 + 3))
        for _ in range(DELAY_BLOCKS):
            yield

    return honest(name, acts, [person])


def _late_relay(name: str, rng: Random, names: Names) -> Story:
    person = names.fresh()
    deposit = paid_in(name, person, ether(rng, 1, 90))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.crosses(deposit)
        for _ in range(rng.randint(20, 30)):
            yield
        claims(chain, minted(deposit), person)

    return honest(name, acts, [person])


def _abandoned(name: str, rng: Random, names: Names) -> Story:
    """Somebody pays in and never claims; somebody pays the bridge without a word."""
    person, other = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.crosses(paid_in(name, person, ether(rng, 1, 90)))
        yield
        chain.native(other, BRIDGE, 10**18)
        for _ in range(DELAY_BLOCKS):
            yield

    return honest(name, acts, [person, other])


def _way_out(name: str, rng: Random, names: Names) -> Story:
    """Burnt here, released there."""
    person = names.fresh()
    units = ether(rng, 1, 90)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        place = chain.sent
        with chain.transaction(person, BRIDGE):
            chain.log(BRIDGE, (keccak(b"burnt"),), nonce_of(name))
            chain.erc20(WRAPPED, person, ZERO, units)
        burnt = Crossing(
            "burn", "out", nonce_of(name), WRAPPED, units, units, person, person, at=place, moved_log=1
        )
        chain.crosses(burnt)
        for _ in range(8):
            yield
        chain.crosses(
            replace(burnt, kind="release", at=None, moved_log=None, ago=62, transaction=keccak(b"out"))
        )

    return honest(name, acts, [person])


def _fee(name: str, rng: Random, names: Names) -> Story:
    """The bridge keeps a part of a percent, and shares round."""
    person = names.fresh()
    deposit = paid_in(name, person, ether(rng, 1, 90))
    less = deposit.amount * 999 // 1000

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.crosses(replace(deposit, moved=deposit.amount - 1))
        yield
        claims(chain, replace(minted(deposit), amount=less, moved=less))

    return honest(name, acts, [person])


def _told_again(name: str, rng: Random, names: Names) -> Story:
    """A reader that starts again tells a deposit twice."""
    person = names.fresh()
    deposit = paid_in(name, person, ether(rng, 1, 90))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.crosses(deposit)
        yield
        claims(chain, minted(deposit))
        yield
        chain.crosses(replace(deposit, ago=84))

    return honest(name, acts, [person])
