"""A random stream of blocks, and a random way to it: any cut, reorganisations inside of reorganisations."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from ingest.model.batch import Batch, Event, Rollback
from tests.contract.stories.address_poisoning import lookalike
from tests.fixtures.frames import ChainBuilder, address

PEOPLE = [address(f"person {n}") for n in range(9)]
USD, FAKE, MALLORY = (address(name) for name in ("usd", "a token of mallory's", "mallory"))
DAY = 86_400


def random_chain(rng: Random, blocks: int, first: int) -> ChainBuilder:
    chain = ChainBuilder(first_block=first)
    return lived_on(chain, rng, blocks)


def lived_on(chain: ChainBuilder, rng: Random, blocks: int) -> ChainBuilder:
    """Blocks seconds, hours or weeks apart, in which people pay, pass on, imitate and are told of; now and
    then a token says what it is called.
    """
    for _ in range(blocks):
        chain.block(rng.choice((12, 12, 12, 12, 700, 5 * 3600, 9 * DAY, 31 * DAY)))
        here = rng.choice(PEOPLE)
        for _ in range(rng.randint(0, 4)):
            payee = rng.choice([each for each in PEOPLE if each != here])
            _pays(chain, rng, here, payee)
            here = payee
        if rng.random() < 0.3:
            chain.metadata(rng.randbytes(20), "a token of this branch", "TKN")
    return chain


def _pays(chain: ChainBuilder, rng: Random, payer: bytes, payee: bytes) -> None:
    kind, amount = rng.random(), rng.randint(1, 9) * 10**17
    if kind < 0.4:
        chain.native(payer, payee, amount)
    elif kind < 0.6:
        chain.erc20(USD, payer, payee, amount)
    elif kind < 0.7:
        chain.erc20(USD, payer, payee, amount, by=rng.choice(PEOPLE))
    elif kind < 0.8:
        chain.erc20(USD, bytes(20), payee, amount, by=payee)
    elif kind < 0.9:
        fake = lookalike(Random(rng.randrange(3)), payee)
        chain.erc20(USD, payer, fake, 0, by=MALLORY)
        if rng.random() < 0.5:
            chain.native(payer, fake, amount)
    else:
        with chain.transaction(MALLORY, FAKE):
            for number in range(rng.randint(1, 30)):
                chain.erc20(FAKE, rng.choice(PEOPLE), address(f"stranger {number}"), 1)


def random_log(chain: ChainBuilder, rng: Random, finality: int, epoch: int) -> list[Event]:
    """Ends in all of `chain`. Blocks of other branches come and go, as deep below the highest one that ever
    was as `finality` lets them, also below the first block of all.
    """
    return list(random_events(chain, rng, finality, epoch))


def random_events(chain: ChainBuilder, rng: Random, finality: int, epoch: int) -> Iterator[Event]:
    """As `random_log`, made as they are asked for."""
    walk = _Walk(chain, rng, finality, epoch)
    while walk.stayed < chain.head:
        walk.goes_on()
        if rng.random() < 0.6:
            walk.goes_back()
        yield from walk.log
        walk.log.clear()


class _Walk:
    """`branch` is the one that is being read, `stayed` its last block that is also one of the chain's."""

    def __init__(self, chain: ChainBuilder, rng: Random, finality: int, epoch: int) -> None:
        self.chain, self.rng, self.finality, self.epoch = chain, rng, finality, epoch
        self.first = chain.batch().first
        self.branch, self.head, self.stayed, self.top = chain, self.first - 1, self.first - 1, self.first - 1
        self.log: list[Event] = []
        self.forks = 0

    def goes_on(self) -> None:
        """A few more blocks, of a branch no more than leave the way back open."""
        last = self.head + self.rng.randint(1, 20)
        if self.branch is self.chain:
            last = min(last, self.chain.head)
            self.stayed = last
        else:
            last = min(last, max(self.head, self.stayed + self.finality))
            lived_on(self.branch, self.rng, last - self.head)
        while self.head < last:
            end = self.rng.randint(self.head + 1, last)
            self.log.append(self.branch.batch(self.head + 1, end))
            self.head = end
        self.top = max(self.top, self.head)

    def goes_back(self) -> None:
        """To a block that is not final: often to the end of an epoch; then another branch, or the chain."""
        lowest = max(self.top - self.finality, self.first - 2)
        to = self.rng.randint(lowest, max(lowest, self.head - 1))
        if self.rng.random() < 0.5:
            to = max(lowest, to - to % self.epoch - self.rng.randint(0, 1))
        if to >= self.head:
            return
        back = max(to, self.first - 1)
        self.log.append(Rollback(self.chain.chain_id, to, self._hash(to)))
        self.stayed, self.head = min(self.stayed, back), back
        if self.rng.random() < 0.5 and back >= self.first:
            self.forks += 1
            self.branch = self.branch.fork(back, f"fork {self.forks}")
            return
        if back > self.stayed:
            self.log.append(Rollback(self.chain.chain_id, self.stayed, self._hash(self.stayed)))
        self.branch, self.head = self.chain, self.stayed

    def _hash(self, number: int) -> bytes:
        if number < self.first:
            return bytes(32) if number == self.first - 1 else b"another" + bytes(25)
        return _of(self.branch, number).last_hash


def _of(chain: ChainBuilder, number: int) -> Batch:
    return chain.batch(number, number)
