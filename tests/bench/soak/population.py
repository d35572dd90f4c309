"""Who pays whom in the blocks of a soak: a population that grows, remembers its friends and has hubs.

Addresses follow from numbers and a draw from the seed and the block alone, so that a run that was cut short
goes on with the blocks it would have met.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

ADDRESS, WORD = 20, 32
_GOLDEN, _FIRST, _SECOND = (
    np.uint64(z) for z in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)


@dataclass(frozen=True, slots=True)
class Population:
    """before: wallets that were there before the first block. born: new ones a block. hubs: exchanges, bots
    and payers of wages, met by Zipf's law. Shares of draws: `to_hub` a hub, `to_friend` (of payees) one of
    `friends` whom the payer always had; the rest is an old wallet whose age is log-uniform, so that most were
    born lately.
    """

    before: int = 2_000_000
    born: int = 18
    hubs: int = 20_000
    to_hub: float = 0.30
    to_friend: float = 0.35
    friends: int = 3
    zipf: float = 1.25

    def wallets(self, block: int) -> int:
        """How many there are at the end of a block, hubs included."""
        return self.hubs + self.before + self.born * block

    def payers(self, dice: np.random.Generator, blocks: Ints) -> Ints:
        """One for each block number given: hubs and old wallets."""
        old = self._old(dice, blocks)
        return np.where(dice.random(blocks.size) < self.to_hub, self._busy(dice, blocks.size), old)

    def payees(self, dice: np.random.Generator, blocks: Ints, payers: Ints) -> Ints:
        """Of the first in each block, as many as are born there are the new ones."""
        chosen, draw = self._old(dice, blocks), dice.random(blocks.size)
        friend = dice.integers(0, self.friends, blocks.size)
        older = np.maximum(payers, self.hubs).astype(np.uint64)
        known = mixed(payers * self.friends + friend, 1) % older
        chosen = np.where(draw < self.to_friend, known.astype(np.int64), chosen)
        busy = draw > 1.0 - self.to_hub
        chosen = np.where(busy, self._busy(dice, blocks.size), chosen)
        return self._with_born(blocks, chosen)

    def _with_born(self, blocks: Ints, chosen: Ints) -> Ints:
        first = np.searchsorted(blocks, blocks, side="left")
        place = np.arange(blocks.size) - first
        newest = self.hubs + self.before + self.born * (blocks - 1) + place
        return np.where(place < self.born, newest, chosen)

    def _old(self, dice: np.random.Generator, blocks: Ints) -> Ints:
        there = self.before + self.born * (blocks - 1)
        age = np.exp(dice.random(blocks.size) * np.log(there)).astype(np.int64)
        return self.hubs + there - np.clip(age, 1, there)

    def _busy(self, dice: np.random.Generator, count: int) -> Ints:
        return dice.zipf(self.zipf, count) % self.hubs


def mixed(numbers: NDArray[np.int64] | NDArray[np.uint64], salt: int) -> NDArray[np.uint64]:
    """64 bits for each number (the finaliser of splitmix64, Steele 2014)."""
    z = (numbers.astype(np.uint64) + np.uint64(salt)) * _GOLDEN + np.uint64(salt)
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


def addresses(kind: int, numbers: Ints) -> Bytes:
    """[n, 20], spread, so that no two look alike; `kind` keeps wallets, tokens and pools apart."""
    return _parts(numbers, range(3 * kind, 3 * kind + 3))[:, :ADDRESS]


def hashes(kind: int, numbers: Ints) -> Bytes:
    """[n, 32]: of blocks and transactions."""
    return _parts(numbers, range(100 + 4 * kind, 104 + 4 * kind))


def _parts(numbers: Ints, salts: range) -> Bytes:
    """Eight bytes for each salt, side by side."""
    parts = [mixed(numbers, salt).astype(">u8").view(np.uint8).reshape(-1, 8) for salt in salts]
    return np.concatenate(parts, axis=1)


def padded(addresses_: Bytes) -> Bytes:
    """As words of 32 bytes: topics."""
    found = np.zeros((len(addresses_), WORD), np.uint8)
    found[:, WORD - ADDRESS :] = addresses_
    return found


def words(amounts: NDArray[np.float64]) -> Bytes:
    """Amounts below 2^128 as 32 bytes, big-endian: [n, 32]."""
    high = np.floor(amounts / 2.0**64)
    limbs = np.stack([high, amounts - high * 2.0**64], axis=1).astype(np.uint64).astype(">u8")
    found = np.zeros((len(amounts), WORD), np.uint8)
    found[:, 16:] = limbs.view(np.uint8).reshape(-1, 16)
    return found
