"""What a detector is tried on: a story with a truth, told on a chain beside whatever else goes on there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from random import Random

from tests.fixtures.frames import ChainBuilder, address

ETHER = 10**18
Acts = Callable[[ChainBuilder], Iterator[None]]
"""Puts transactions into the open block; each `yield` waits for the next block."""

HOT = address("exchange hot wallet")
TOKENS = {name: address(f"token {name}") for name in ("usd", "eur", "gold", "cat", "game")}
USD = TOKENS["usd"]


@dataclass(frozen=True, slots=True)
class Story:
    """An attack: `subject` is the wallet to be found, `attackers` all that may be called so, `victims` never.

    A hard negative has neither subject nor attackers: none of its `wallets` may be called an attacker.
    """

    name: str
    acts: Acts
    subject: bytes | None = None
    attackers: frozenset[bytes] = frozenset()
    victims: frozenset[bytes] = frozenset()
    wallets: frozenset[bytes] = frozenset()
    alone: bool = False
    """Told after all others, by a story that needs long pauses."""


def attack(
    name: str, acts: Acts, subject: bytes, others: Iterable[bytes] = (), victims: Iterable[bytes] = ()
) -> Story:
    return Story(name, acts, subject, frozenset({subject, *others}), frozenset(victims))


def honest(name: str, acts: Acts, wallets: Iterable[bytes], alone: bool = False) -> Story:
    return Story(name, acts, wallets=frozenset(wallets), alone=alone)


def tell(
    chain: ChainBuilder, acts: Iterable[tuple[int, Acts]], background: Iterator[None] | None = None
) -> None:
    """Tells all stories at once: each begins so many blocks from here; until the last has ended."""
    waiting = sorted(acts, key=lambda pair: pair[0])
    playing: list[Iterator[None]] = []
    block = 0
    while waiting or playing:
        chain.block()
        if background is not None:
            next(background)
        while waiting and waiting[0][0] <= block:
            playing.append(waiting.pop(0)[1](chain))
        playing = [story for story in playing if next(story, _OVER) is not _OVER]
        block += 1


_OVER = object()


@dataclass(slots=True)
class Names:
    """Fresh wallets of one story: no two stories share one."""

    story: str
    count: int = 0

    def fresh(self) -> bytes:
        self.count += 1
        return address(f"{self.story} wallet {self.count}")

    def many(self, count: int) -> list[bytes]:
        return [self.fresh() for _ in range(count)]


def dealt(seed: int, *variants: str, rounds: int = 1) -> Iterator[tuple[str, Random, Names]]:
    """Dice and names for `rounds` stories of each variant, all from the seed."""
    for turn in range(rounds):
        for variant in variants:
            name = f"{variant} {seed}.{turn}"
            yield name, Random(name), Names(name)


def ether(rng: Random, low: float, high: float) -> int:
    """A random amount of wei, given in whole coins."""
    return int(rng.uniform(low, high) * 10**6) * 10**12


def rests(rng: Random, most: int) -> Iterator[None]:
    """Some blocks in which nothing happens."""
    for _ in range(rng.randint(0, most)):
        yield


def friend_of(rng: Random) -> bytes:
    """Somebody of the background, whom anybody may pay."""
    return address(f"person {rng.randrange(40)}")


def open_account(chain: ChainBuilder, wallet: bytes, wei: int, usd: int = 0) -> None:
    """`wallet` withdraws from the exchange, which has many customers."""
    chain.native(HOT, wallet, wei)
    if usd:
        chain.erc20(USD, HOT, wallet, usd)


def interleaved(one: Iterable[Story], other: Iterable[Story]) -> list[Story]:
    """Turn by turn, until both are used up."""
    return [story for pair in zip_longest(one, other) for story in pair if story is not None]
