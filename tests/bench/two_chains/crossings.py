"""What people do at the bridge: thefts of every kind that a bridge was robbed by, and honest crossings that
look odd. A story is a generator: at each `yield` a block is mined on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from random import Random

from ingest.localchain.chain.wallet import Address, address_of
from tests.bench.two_chains.sides import DOLLAR, DRIFTWOOD, HARBOUR, Coin, Sent, Side

TOLD_BLOCKS = 12
"""So many blocks after a deposit it is told on the other side: finality, delay, and a block."""

CLAIM = "(address,uint256,address,uint256)"
DEPOSIT = "(address,uint256,uint256)"


@dataclass(frozen=True, slots=True)
class Told:
    """What a story did, in order; the parts; `harm` is the transaction by which money was lost."""

    note: str
    done: tuple[Sent, ...]
    attackers: tuple[Address, ...] = ()
    victims: tuple[Address, ...] = ()
    intermediaries: tuple[Address, ...] = ()
    infrastructure: tuple[Address, ...] = ()
    harm: Sent | None = None


Story = Generator[None, None, Told]
Deposit = Generator[None, None, tuple[list[Sent], int]]


@dataclass(slots=True)
class Scene:
    """Both sides, as a story sees them; `rng` and `name` are its own."""

    here: Side
    there: Side
    rng: Random
    name: str
    stage: Stage
    _people: int = 0

    def person(self) -> Address:
        """Somebody new, with coins of every kind on both sides from before the story."""
        self._people += 1
        return address_of(f"{self.name}, person {self._people}")

    def units(self, least: int = 2, most: int = 800) -> int:
        """An amount in units of eighteen digits; a thousandth of a coin is its smallest part."""
        return self.rng.randint(least * 1000, most * 1000) * 10**15

    def nonce(self) -> int:
        self.stage.nonces += 1
        return self.stage.nonces

    def relayer(self) -> Address:
        return address_of(f"relayer {self.rng.randint(1, 3)}")

    def endows(self, side: Side, coin: Coin, who: Address, units: int) -> None:
        """Coins that somebody had before the story, which this is no part of. Those of the treasury crossed
        long ago.
        """
        side.hands(treasury(), coin, who, units)


@dataclass(slots=True)
class Stage:
    """What all stories share. `nonces`: messages of the bridge so far. `ends`: after this block nodes are
    read; `wants`: what has to happen to the chains then; `silent`: whether the other chain cannot be read.
    """

    nonces: int = 0
    ends: bool = False
    wants: set[str] = field(default_factory=set)
    silent: bool = False


def treasury() -> Address:
    return address_of("treasury of the harbour")


def rests(rng: Random, least: int, most: int) -> Iterator[None]:
    for _ in range(rng.randint(least, most)):
        yield


def attacks() -> dict[str, Callable[[Scene], Story]]:
    """By variant."""
    return {
        "forged_mint": forged_mint,
        "forged_mint_there": forged_mint_there,
        "forged_release": forged_release,
        "forged_release_there": forged_release_there,
        "replayed": replayed,
        "replayed_there": replayed_there,
        "copied": copied,
        "inflated": inflated,
        "wrong_decimals": wrong_decimals,
        "redirected": redirected,
        "hollow_lock": hollow_lock,
        "hollow_burn": hollow_burn,
        "other_asset": other_asset,
        "stolen_minter": stolen_minter,
        "seized_escrow": seized_escrow,
    }


def _robbed(scene: Scene, note: str, thief: Address, done: list[Sent], harm: Sent, *others: Address) -> Told:
    """The bridge is robbed on both sides at once: what one holds no longer covers what the other owes."""
    bridges = (scene.here.bridge, scene.there.bridge)
    signers = {sent.person for sent in done} - {thief, *others}
    return Told(note, tuple(done), (thief,), (*bridges, *others), tuple(sorted(signers)), harm=harm)


def _by(scene: Scene, thief: Address) -> Address:
    """Who sends what stolen keys signed: the thief, or the relayer, who asks nobody."""
    return scene.rng.choice((thief, scene.relayer()))


def locks(scene: Scene, who: Address, units: int, coin: Coin = HARBOUR) -> Deposit:
    """A deposit on the other side, of coins that `who` got there before, and the id of its message."""
    scene.endows(scene.there, coin, who, units)
    yield
    nonce = scene.nonce()
    sent = scene.there.bridges(who, f"lock{DEPOSIT}", coin, nonce, units)
    yield
    return [sent], nonce


def forged_mint(scene: Scene) -> Story:
    """The validators' keys sign a mint for which nobody locked anything (Ronin, Harmony, Orbit)."""
    thief, units = scene.person(), scene.units(50)
    sent = scene.here.bridges(_by(scene, thief), f"mint{CLAIM}", HARBOUR, scene.nonce(), thief, units)
    yield
    return _robbed(scene, "minted for a lock that nobody made", thief, [sent], sent)


def forged_mint_there(scene: Scene) -> Story:
    """The same on the other side: dollars for which nothing was locked here."""
    thief, units = scene.person(), scene.units(50)
    sent = scene.there.bridges(_by(scene, thief), f"mint{CLAIM}", DOLLAR, scene.nonce(), thief, units)
    yield
    return _robbed(scene, "minted there for a lock that nobody made here", thief, [sent], sent)


def forged_release(scene: Scene) -> Story:
    """Dollars that the bridge holds here are released for a burn that never was."""
    thief, units = scene.person(), scene.units(50) // 10**12
    sent = scene.here.bridges(_by(scene, thief), f"release{CLAIM}", DOLLAR, scene.nonce(), thief, units)
    yield
    return _robbed(scene, "released for a burn that nobody made", thief, [sent], sent)


def forged_release_there(scene: Scene) -> Story:
    thief, units = scene.person(), scene.units(50)
    sent = scene.there.bridges(_by(scene, thief), f"release{CLAIM}", HARBOUR, scene.nonce(), thief, units)
    yield
    return _robbed(scene, "released there for a burn that nobody made here", thief, [sent], sent)


def replayed(scene: Scene) -> Story:
    """A message is paid, and paid again (a relayer that forgot it, a proof that was valid twice)."""
    thief, units = scene.person(), scene.units()
    done, nonce = yield from locks(scene, thief, units)
    for _ in range(2):
        yield from rests(scene.rng, 3, 14)
        done.append(scene.here.bridges(_by(scene, thief), f"mint{CLAIM}", HARBOUR, nonce, thief, units))
        yield
    return _robbed(scene, "one lock was paid twice", thief, done, done[-1])


def replayed_there(scene: Scene) -> Story:
    """Burnt here once, released there twice."""
    thief, units = scene.person(), scene.units()
    scene.endows(scene.here, HARBOUR, thief, units)
    yield
    nonce = scene.nonce()
    done = [scene.here.bridges(thief, f"burn{DEPOSIT}", HARBOUR, nonce, units)]
    for _ in range(2):
        yield from rests(scene.rng, 3, 14)
        done.append(scene.there.bridges(_by(scene, thief), f"release{CLAIM}", HARBOUR, nonce, thief, units))
        yield
    return _robbed(scene, "one burn was paid twice", thief, done, done[-1])


def copied(scene: Scene) -> Story:
    """Somebody puts his own address into the message of another, which was paid before (Nomad)."""
    person, thief, units = scene.person(), scene.person(), scene.units()
    done, nonce = yield from locks(scene, person, units)
    yield from rests(scene.rng, 3, 14)
    done.append(scene.here.bridges(scene.relayer(), f"mint{CLAIM}", HARBOUR, nonce, person, units))
    yield from rests(scene.rng, 1, 9)
    yield
    done.append(scene.here.bridges(thief, f"mint{CLAIM}", HARBOUR, nonce, thief, units))
    yield
    return _robbed(scene, "another's message with his own address", thief, done, done[-1], person)


def inflated(scene: Scene) -> Story:
    """More is minted than was locked."""
    thief, units = scene.person(), scene.units(2, 9)
    done, nonce = yield from locks(scene, thief, units)
    more = units * scene.rng.randint(2, 60)
    yield from rests(scene.rng, 3, 14)
    done.append(scene.here.bridges(_by(scene, thief), f"mint{CLAIM}", HARBOUR, nonce, thief, more))
    yield
    return _robbed(scene, "more was minted than locked", thief, done, done[-1])


def wrong_decimals(scene: Scene) -> Story:
    """Burnt there with eighteen digits, released here as if it had fewer, of a coin that has six."""
    thief, units = scene.person(), scene.units(2, 9)
    scene.endows(scene.there, DOLLAR, thief, units)
    yield
    nonce = scene.nonce()
    done = [scene.there.bridges(thief, f"burn{DEPOSIT}", DOLLAR, nonce, units)]
    yield from rests(scene.rng, 3, 14)
    paid = units // 10 ** (12 - scene.rng.randint(1, 3))
    done.append(scene.here.bridges(_by(scene, thief), f"release{CLAIM}", DOLLAR, nonce, thief, paid))
    yield
    return _robbed(scene, "released with the wrong digits", thief, done, done[-1])


def redirected(scene: Scene) -> Story:
    """What was meant for one is minted for another, before its owner comes for it, or its lock is told."""
    owner, thief, units = scene.person(), scene.person(), scene.units()
    done, nonce = yield from locks(scene, owner, units)
    yield from rests(scene.rng, 0, 20)
    done.append(scene.here.bridges(_by(scene, thief), f"mint{CLAIM}", HARBOUR, nonce, thief, units))
    yield
    return _robbed(scene, "another's crossing was paid to him", thief, done, done[-1], owner)


def hollow_lock(scene: Scene) -> Story:
    """The bridge says that it holds what never came, and honest relayers mint (Qubit, Meter)."""
    thief, units = scene.person(), scene.units(50)
    nonce = scene.nonce()
    done = [scene.there.bridges(thief, f"lockNothing{DEPOSIT}", HARBOUR, nonce, units)]
    yield from rests(scene.rng, 3, 16)
    yield
    done.append(scene.here.bridges(scene.relayer(), f"mint{CLAIM}", HARBOUR, nonce, thief, units))
    yield
    return _robbed(scene, "minted for a lock that moved nothing", thief, done, done[-1])


def hollow_burn(scene: Scene) -> Story:
    """The same the other way: a burn that burnt nothing."""
    thief, units = scene.person(), scene.units(50)
    nonce = scene.nonce()
    done = [scene.here.bridges(thief, f"burnNothing{DEPOSIT}", HARBOUR, nonce, units)]
    yield from rests(scene.rng, 3, 16)
    yield
    done.append(scene.there.bridges(scene.relayer(), f"release{CLAIM}", HARBOUR, nonce, thief, units))
    yield
    return _robbed(scene, "released for a burn that burnt nothing", thief, done, done[-1])


def other_asset(scene: Scene) -> Story:
    """Driftwood goes in, the harbour's own coin comes out."""
    thief, units = scene.person(), scene.units()
    done, nonce = yield from locks(scene, thief, units, DRIFTWOOD)
    yield from rests(scene.rng, 3, 14)
    done.append(scene.here.bridges(_by(scene, thief), f"mint{CLAIM}", HARBOUR, nonce, thief, units))
    yield
    return _robbed(scene, "another coin was minted than was locked", thief, done, done[-1])


def stolen_minter(scene: Scene) -> Story:
    """Minted past the bridge: no message is even pretended."""
    thief, units = scene.person(), scene.units(50)
    sent = scene.here.bridges(thief, "issue(address,address,uint256)", HARBOUR, thief, units)
    yield
    return _robbed(scene, "minted without any message", thief, [sent], sent)


def seized_escrow(scene: Scene) -> Story:
    """What the bridge holds leaves it by its owner's key."""
    thief, units = scene.person(), scene.units(50) // 10**12
    sent = scene.here.bridges(thief, "seize(address,address,uint256)", DOLLAR, thief, units)
    yield
    return _robbed(scene, "taken out of the bridge without any message", thief, [sent], sent)
