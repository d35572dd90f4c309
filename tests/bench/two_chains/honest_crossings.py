"""Honest crossings that look odd: late and early ones, fees, batches, and chains or readers that are not
where they should be.
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.localchain.chain.wallet import Address
from tests.bench.two_chains.crossings import (
    CLAIM,
    DEPOSIT,
    TOLD_BLOCKS,
    Scene,
    Story,
    Told,
    locks,
    rests,
)
from tests.bench.two_chains.sides import DOLLAR, HARBOUR, Sent


def hard_negatives() -> dict[str, Callable[[Scene], Story]]:
    """By variant."""
    return {
        "way_in": way_in,
        "before_it_is_told": before_it_is_told,
        "late_relay": late_relay,
        "late_reader": late_reader,
        "reorganised_deposit": reorganised_deposit,
        "reorganised_mint": reorganised_mint,
        "bridge_keeps_fee": bridge_keeps_fee,
        "relayer_keeps_fee": relayer_keeps_fee,
        "for_another": for_another,
        "abandoned": abandoned,
        "batch_relay": batch_relay,
        "way_out": way_out,
        "late_way_out": late_way_out,
        "dollars_in": dollars_in,
        "dollars_out": dollars_out,
    }


def _honest(scene: Scene, note: str, done: list[Sent], *people: Address) -> Told:
    """Whoever signs is part of it."""
    known = (scene.here.bridge, scene.there.bridge, *people)
    signers = {sent.person for sent in done} - set(known)
    return Told(note, tuple(done), infrastructure=(*known, *sorted(signers)))


def _relayed(scene: Scene, note: str, least: int, most: int, kept: int = 0) -> Story:
    """Locked there, minted here so many blocks later; the bridge keeps `kept` of ten thousand."""
    person, units = scene.person(), scene.units()
    done, nonce = yield from locks(scene, person, units)
    yield from rests(scene.rng, least, most)
    paid = units - units * kept // 10_000
    done.append(scene.here.bridges(scene.relayer(), f"mint{CLAIM}", HARBOUR, nonce, person, paid))
    yield
    return _honest(scene, note, done, person)


def way_in(scene: Scene) -> Story:
    """As most do it."""
    return (yield from _relayed(scene, "locked there, minted here", TOLD_BLOCKS, TOLD_BLOCKS + 5))


def before_it_is_told(scene: Scene) -> Story:
    """Relayers are quicker than whoever reads the other chain."""
    return (yield from _relayed(scene, "minted before its lock was told", 0, 3))


def late_relay(scene: Scene) -> Story:
    """Relayers sleep; people come for their money when they think of it."""
    return (yield from _relayed(scene, "minted long after its lock", 30, 70))


def bridge_keeps_fee(scene: Scene) -> Story:
    return (yield from _relayed(scene, "the bridge kept a fee", 2, 16, kept=scene.rng.randint(1, 100)))


def late_reader(scene: Scene) -> Story:
    """The other chain's node is silent: locks of that time are told long after they are paid."""
    scene.stage.wants.add("silence")
    while not scene.stage.silent:
        yield
    person, units = scene.person(), scene.units()
    done, nonce = yield from locks(scene, person, units)
    yield
    done.append(scene.here.bridges(scene.relayer(), f"mint{CLAIM}", HARBOUR, nonce, person, units))
    yield
    return _honest(scene, "crossed while nobody could read the other chain", done, person)


def reorganised_deposit(scene: Scene) -> Story:
    """The block of the lock is mined anew after it was seen, and before it was final."""
    person, units = scene.person(), scene.units()
    scene.endows(scene.there, HARBOUR, person, units)
    yield
    while not scene.stage.ends:
        yield
    nonce = scene.nonce()
    lock = scene.there.bridges(person, f"lock{DEPOSIT}", HARBOUR, nonce, units)
    scene.stage.wants.add("reorganisation there")
    yield
    yield from rests(scene.rng, 2, 12)
    mint = scene.here.bridges(scene.relayer(), f"mint{CLAIM}", HARBOUR, nonce, person, units)
    yield
    return _honest(scene, "the block of its lock was mined anew", [lock, mint], person)


def reorganised_mint(scene: Scene) -> Story:
    """The block of the mint is mined anew after it was judged."""
    person, units = scene.person(), scene.units()
    done, nonce = yield from locks(scene, person, units)
    while not scene.stage.ends:
        yield
    done.append(scene.here.bridges(scene.relayer(), f"mint{CLAIM}", HARBOUR, nonce, person, units))
    scene.stage.wants.add("reorganisation here")
    yield
    return _honest(scene, "the block of its mint was mined anew", done, person)


def relayer_keeps_fee(scene: Scene) -> Story:
    """One message, two payments."""
    person, units = scene.person(), scene.units()
    done, nonce = yield from locks(scene, person, units)
    fee = units * scene.rng.randint(1, 100) // 10_000
    yield from rests(scene.rng, 2, 16)
    sign = "mintLessFee(address,uint256,address,uint256,uint256)"
    done.append(scene.here.bridges(scene.relayer(), sign, HARBOUR, nonce, person, units, fee))
    yield
    return _honest(scene, "the relayer was paid out of it", done, person)


def for_another(scene: Scene) -> Story:
    person, friend, units = scene.person(), scene.person(), scene.units()
    scene.endows(scene.there, HARBOUR, person, units)
    yield
    nonce = scene.nonce()
    sign = "lockFor(address,uint256,address,uint256)"
    lock = scene.there.bridges(person, sign, HARBOUR, nonce, friend, units)
    yield from rests(scene.rng, 2, 16)
    mint = scene.here.bridges(scene.relayer(), f"mint{CLAIM}", HARBOUR, nonce, friend, units)
    yield
    return _honest(scene, "a gift that crossed", [lock, mint], person, friend)


def abandoned(scene: Scene) -> Story:
    """Locked and never claimed; and coins that somebody sends to the bridge as if it were a person."""
    person, other, units = scene.person(), scene.person(), scene.units()
    done, _ = yield from locks(scene, person, units)
    scene.endows(scene.here, DOLLAR, other, units // 10**12)
    yield
    done.append(scene.here.hands(other, DOLLAR, scene.here.bridge, units // 10**12))
    yield from rests(scene.rng, 15, 25)
    return _honest(scene, "paid in, and nobody came for it", done, person, other)


def batch_relay(scene: Scene) -> Story:
    """Two people's crossings in one transaction."""
    one, other, units, more = scene.person(), scene.person(), scene.units(), scene.units()
    done, first = yield from locks(scene, one, units)
    more_done, second = yield from locks(scene, other, more)
    done += more_done
    yield from rests(scene.rng, 2, 16)
    sign = "mintBoth(address,uint256,address,uint256,uint256,address,uint256)"
    given = (first, one, units, second, other, more)
    done.append(scene.here.bridges(scene.relayer(), sign, HARBOUR, *given))
    yield
    return _honest(scene, "two crossings in one transaction", done, one, other)


def _out(scene: Scene, note: str, least: int, most: int) -> Story:
    person, units = scene.person(), scene.units()
    scene.endows(scene.here, HARBOUR, person, units)
    yield
    nonce = scene.nonce()
    burn = scene.here.bridges(person, f"burn{DEPOSIT}", HARBOUR, nonce, units)
    yield from rests(scene.rng, least, most)
    paid = scene.there.bridges(scene.relayer(), f"release{CLAIM}", HARBOUR, nonce, person, units)
    yield
    return _honest(scene, note, [burn, paid], person)


def way_out(scene: Scene) -> Story:
    return (yield from _out(scene, "burnt here, released there", 2, 9))


def late_way_out(scene: Scene) -> Story:
    return (yield from _out(scene, "burnt here, released there long after", 30, 70))


def dollars_in(scene: Scene) -> Story:
    """Eighteen digits there, six here: the rest of a unit is lost."""
    person, units = scene.person(), scene.units() + scene.rng.randint(1, 10**12 - 1)
    scene.endows(scene.there, DOLLAR, person, units)
    yield
    nonce = scene.nonce()
    burn = scene.there.bridges(person, f"burn{DEPOSIT}", DOLLAR, nonce, units)
    yield from rests(scene.rng, 2, 16)
    paid = units // 10**12
    out = scene.here.bridges(scene.relayer(), f"release{CLAIM}", DOLLAR, nonce, person, paid)
    yield
    return _honest(scene, "burnt there, released here", [burn, out], person)


def dollars_out(scene: Scene) -> Story:
    person, units = scene.person(), scene.units() // 10**12
    scene.endows(scene.here, DOLLAR, person, units)
    yield
    nonce = scene.nonce()
    lock = scene.here.bridges(person, f"lock{DEPOSIT}", DOLLAR, nonce, units)
    yield from rests(scene.rng, 2, 16)
    paid = scene.there.bridges(scene.relayer(), f"mint{CLAIM}", DOLLAR, nonce, person, units * 10**12)
    yield
    return _honest(scene, "locked here, minted there", [lock, paid], person)
