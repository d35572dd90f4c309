"""Addresses, numbered by the first row they are in, with what is learned about each once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from detectors.memory.layout import Array
from detectors.memory.numbering import Fact, Numbering
from detectors.memory.numbers import FACTS, NONE

ADDRESS_BYTES, ADDRESS_WORDS = 20, 5
ZERO_ID = 0
"""The zero address, which also stands for the native asset: it was there before the first block."""

SIGNED, EMITTED, BORN, CREATED, CREATOR, CODED, CODE, FUNDED, FUNDER = range(FACTS, FACTS + 9)
"""Columns behind an address: the blocks of its first transaction and first log, of its birth, of its creation
and who did it, of its code and the number of the code's hash, of its first funding and who that was. With
address and first appearance that is 64 bytes.
"""

FACTS_OF_NAMES: dict[str, Fact] = {
    "signed": (SIGNED, NONE),
    "emitted": (EMITTED, NONE),
    "born": (BORN, NONE),
    "creator": (CREATED, CREATOR),
    "code": (CODED, CODE),
    "funder": (FUNDED, FUNDER),
}


class Names(Numbering):
    """A numbering of addresses, empty before `begin`. The value of `code` is a number, since code hashes have
    a numbering of their own.
    """

    def __init__(self, *, folder: Path | None = None, name: str = "names") -> None:
        super().__init__(ADDRESS_WORDS, FACTS_OF_NAMES, folder=folder, name=name)

    def begin(self) -> None:
        """Numbers the zero address, which nobody has to appear for."""
        self.number(np.zeros((1, ADDRESS_WORDS), np.uint32), np.array([-1]), np.array([0]))

    def address(self, number: int) -> bytes:
        words: Array = self.segments.cells[number, : self.words]
        return words.tobytes()

    def addresses(self, which: Sequence[int] | Array) -> list[bytes]:
        return [words.tobytes() for words in self.keys(np.asarray(which, np.int64))]


def address_words(addresses: Sequence[bytes]) -> Array:
    """Addresses as uint32 [n, 5]."""
    return np.frombuffer(b"".join(addresses), np.uint32).reshape(-1, ADDRESS_WORDS)
