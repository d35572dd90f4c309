"""What every actor is handed: the dice, the contracts, the people, the chain. And how an actor plays.

An actor is a generator: it yields the transactions of its next block and is sent what became of them. A habit
goes on for ever; a story ends and returns an outcome, from which its label is made.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from ingest.localchain.chain.actions import PLAIN_GAS, Asset, Transaction, pay
from ingest.localchain.chain.miner import Mined, Miner
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.cast import Cast, Person
from ingest.localchain.world.clock import Clock
from ingest.localchain.world.exchange import Exchange
from ingest.localchain.world.world import ETH, World

RoleName = Literal["attacker", "victim", "intermediary", "infrastructure"]

ETHER = 10**18


Role = tuple[Address, RoleName]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a story did: its transactions in order, the first that did harm, the loss, the parts played."""

    transactions: tuple[str, ...]
    roles: tuple[Role, ...]
    note: str
    harm: str | None = None
    loss_usd: float = 0.0
    succeeded: bool = True
    """False where the attack was tried and came to nothing."""
    also: tuple[str, ...] = ()
    """Further categories that are true of what was done here, not of what was meant: each story that names
    some says by what rule. An attempt that came to nothing is also what it would have been, as it is in its
    own category.
    """


class Bundle(list[Transaction]):
    """A part of a block that comes first in it and in one piece, as builders sell it to whoever pays."""


Acts = Generator[list[Transaction], list[Mined], Any]
Habit = Generator[list[Transaction], list[Mined], None]
Story = Generator[list[Transaction], list[Mined], Outcome]


@dataclass(frozen=True, slots=True)
class Stage:
    rng: Random
    world: World
    cast: Cast
    exchange: Exchange
    miner: Miner
    clock: Clock
    sanctioned: tuple[Address, ...] = ()
    """Wallets that a sanctions list names since before this chain was watched."""

    @property
    def now(self) -> int:
        """Seconds UTC of the newest block."""
        return self.miner.time

    def fresh(self) -> Address:
        """A wallet nobody has used."""
        return "0x" + self.rng.randbytes(20).hex()

    def dormant(self, wei: int) -> Address:
        """An old wallet that has not moved since before this chain was watched, with some native value."""
        address = self.fresh()
        self.miner.give(address, wei)
        return address

    def ether(self, low: float, high: float) -> int:
        """A random amount of wei, given in whole coins."""
        return ETH.units(self.rng.uniform(low, high) * ETH.cents / 100)

    def holding(self, asset: Asset, address: Address) -> int:
        return self.miner.holdings([(asset, address)])[0]

    def spendable(self, address: Address, *gas: int) -> int:
        """The wei `address` can send when it must also pay for transactions with these gas limits."""
        return max(0, self.holding(ETH, address) - self.miner.fee(*gas))

    def send_all(self, address: Address, to: Address) -> list[Transaction]:
        """Everything `address` holds, to `to`: each token, then what native value the fees leave."""
        assets = self.world.assets
        held = self.miner.holdings((asset, address) for asset in assets)
        out = [pay(a, address, to, n) for a, n in zip(assets, held, strict=True) if n and a.address]
        left = held[0] - self.miner.fee(*(t.gas for t in out), PLAIN_GAS)
        return [*out, pay(ETH, address, to, left)] if left > 0 else out

    def holder(self, asset: Asset, least_usd: float) -> Address:
        """Somebody in no story who has paid before and holds so much; else the richest there is."""
        people = self.cast.veterans(self.rng, 1)
        rich = self.holders(people, asset, least_usd)
        if rich:
            return rich[0].address
        held = self.miner.holdings((asset, person.address) for person in people)
        return max(zip(held, (p.address for p in people), strict=True))[1]

    def holders(self, people: Iterable[Person], asset: Asset, least_usd: float) -> list[Person]:
        """Those of `people` who hold at least so much of `asset` and can pay for a transaction."""
        people = list(people)
        held = self.miner.holdings((asset, person.address) for person in people)
        native = self.miner.holdings((ETH, person.address) for person in people)
        rich = zip(people, held, native, strict=True)
        return [p for p, n, wei in rich if asset.usd(n) >= least_usd and wei >= ETHER // 50]


def wait(blocks: int) -> Acts:
    """Lets so many blocks pass."""
    for _ in range(blocks):
        yield []


def sleep(stage: Stage, seconds: int) -> Acts:
    """Lets at least so many seconds of block time pass: hours, days, weeks. A story that does so states how
    often, as its `NIGHTS`."""
    yield from stage.clock.sleep(seconds)


def spread(stage: Stage, parts: Iterable[list[Transaction]], longest_pause: int = 1) -> Acts:
    """Each part in a block of its own, with up to `longest_pause` blocks between; returns what was mined."""
    done: list[Mined] = []
    for part in parts:
        done += yield part
        yield from wait(stage.rng.randint(0, longest_pause))
    return done


def lookalike(rng: Random, address: Address) -> Address:
    """Another address with the same first three to five and last four to six hex digits."""
    digits = address[2:]
    head, tail = digits[: rng.randint(3, 5)], digits[-rng.randint(4, 6) :]
    middle = "".join(rng.choices("0123456789abcdef", k=40 - len(head) - len(tail)))
    return f"0x{head}{middle}{tail}"


def roles(
    attackers: Iterable[Address] = (),
    victims: Iterable[Address] = (),
    intermediaries: Iterable[Address] = (),
    infrastructure: Iterable[Address] = (),
) -> tuple[Role, ...]:
    """Who played what part, in this order."""
    parts: tuple[tuple[RoleName, Iterable[Address]], ...] = (
        ("attacker", attackers),
        ("victim", victims),
        ("intermediary", intermediaries),
        ("infrastructure", infrastructure),
    )
    return tuple((address, role) for role, addresses in parts for address in addresses)


def in_pairs(addresses: Sequence[Address]) -> Iterator[Sequence[Address]]:
    """Two by two; the last one alone where their number is odd."""
    return (addresses[start : start + 2] for start in range(0, len(addresses), 2))


def hashes(mined: Iterable[Mined]) -> tuple[str, ...]:
    return tuple(one.hash for one in mined)


StoryTeller = Callable[[Stage], Story]
