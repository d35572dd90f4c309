"""A mixer with four pools, as Tornado Cash has them, and relayers who withdraw for those without gas.

Deposits and withdrawals have Tornado's selectors and events; a withdrawal carries the note itself where
Tornado has a zero-knowledge proof (see `mixer.sol`).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Self

from ingest.blocks.trie import keccak
from ingest.localchain.chain.actions import PLAIN_GAS, ZERO, Transaction
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address, address_of, call_data
from ingest.localchain.world.world import ETH, Base

DEPOSIT_GAS = 150_000
WITHDRAWAL_GAS = 250_000

_MIXER = Own("mixer", "Mixer", ("uint256",))
_DENOMINATIONS = (10**17, 10**18, 10**19, 10**20)
_RELAYERS = 4
_RELAYER_WEI = 200 * ETH.one


@dataclass(frozen=True, slots=True)
class Pool:
    """Takes and gives `wei`, never more or less."""

    address: Address
    wei: int


@dataclass(frozen=True, slots=True)
class Note:
    """What a depositor keeps, to withdraw with: 32 random bytes twice."""

    pool: Pool
    nullifier: bytes
    secret: bytes

    @property
    def commitment(self) -> bytes:
        return keccak(self.nullifier + self.secret)


@dataclass(frozen=True, slots=True)
class Mixer:
    """`pools` of 0.1, 1, 10 and 100 ETH. `relayers` pay the gas of others' withdrawals, for a fee."""

    pools: tuple[Pool, ...]
    relayers: tuple[Address, ...]

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        pools = [Pool(deployment.deploy(_MIXER.deployment(wei)), wei) for wei in _DENOMINATIONS]
        relayers = [address_of(f"undertow: relayer {number}") for number in range(_RELAYERS)]
        for relayer in relayers:
            deployment.send(Transaction(deployment.deployer, relayer, value=_RELAYER_WEI, gas=PLAIN_GAS))
        return cls(tuple(pools), tuple(relayers))

    def notes(self, rng: Random, wei: int, most: int = 12) -> list[Note]:
        """At most so many notes that together come to at most `wei`, the largest first."""
        notes: list[Note] = []
        for pool in reversed(self.pools):
            while wei >= pool.wei and len(notes) < most:
                notes.append(new_note(rng, pool))
                wei -= pool.wei
        return notes


PROTOCOL = Mixer


def new_note(rng: Random, pool: Pool) -> Note:
    return Note(pool, rng.randbytes(32), rng.randbytes(32))


def deposit(note: Note, sender: Address, tip: int | None = None) -> Transaction:
    data = call_data("deposit(bytes32)", note.commitment)
    return Transaction(sender, note.pool.address, data, note.pool.wei, DEPOSIT_GAS, tip)


def withdraw(note: Note, to: Address, sender: Address, fee: int = 0, tip: int | None = None) -> Transaction:
    """The note's value to `to`. With a `fee` in wei, `sender` is its relayer; else anybody with gas."""
    signature = "withdraw(bytes,bytes32,bytes32,address,address,uint256,uint256)"
    proof, spent = note.nullifier + note.secret, keccak(note.nullifier)
    data = call_data(signature, proof, bytes(32), spent, to, sender if fee else ZERO, fee, 0)
    return Transaction(sender, note.pool.address, data, gas=WITHDRAWAL_GAS, tip=tip)
