"""Contracts as they are deployed: who made each, and what its code says before anybody uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.parts.bytecode import read
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.people import whole

WIRED = ("wired0", "wired1", "wired2", "wired3", "wired4", "wired5")
CODE = Layout(ints=("bits", "count"), words=WIRED)
KNOWN_BY = Layout(ints=("maker",))
_INTS = ("row", "contract", "maker", "bits", "count")


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: how long what a code says is remembered by its hash: its bytes are told once."""

    horizon_s: int = 3_650 * DAY
    cap: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Deployments:
    """`made`, by "row" (that of the creation): `contract`, `maker` (who signed), `bits` (see `bytecode`),
    `count` (how many addresses stand in its code), and the first six of these as words, `wired0` and on.

    Only what code facts tell of. Histories: `codes` has by code hash the same; `wired` by an address (see
    `key_of`) the makers of contracts in whose code it stands.
    """

    name: str = "deployments"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            name: HistorySpec(layout, own.horizon_s, own.cap)
            for name, layout in {"codes": CODE, "wired": KNOWN_BY}.items()
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        codes, known, told = memory["codes"], memory["wired"], seen.codes
        assert isinstance(codes, History)
        assert isinstance(known, History)
        if not told["block"].size:
            return {}
        found = [self._made(codes, seen, line) for line in range(told["block"].size)]
        for line in found:
            _note(known, seen, line)
        lines = sorted((each for each in found if each is not None), key=_first)
        table: dict[str, Array] = {
            name: np.array([line[i] for line in lines], np.int64) for i, name in enumerate(_INTS)
        }
        for i, name in enumerate(WIRED, len(_INTS)):
            table[name] = np.array([line[i] for line in lines], np.uint64).reshape(-1, 4)
        return {"made": table}

    def _made(self, codes: History, seen: Seen, line: int) -> tuple[Any, ...] | None:
        told = seen.codes
        block, contract, code = int(told["block"][line]), int(told["address"][line]), told["code"][line]
        now = int(seen.blocks["time"][np.searchsorted(seen.blocks["number"], block)])
        key = int.from_bytes(told["hash"][line].tobytes()[:8], "big") >> 1
        known = codes.rows(key, block, now, 1)
        if not known["bits"].size and code is not None:
            said = read(code)
            words = {name: words_of(address) for name, address in zip(WIRED, said.addresses, strict=False)}
            codes.add(key, block, now, bits=said.bits, count=len(said.addresses), **words)
            known = codes.rows(key, block, now, 1)
        rows = seen.rows
        born = (rows["block"] == block) & (
            ((rows["kind"] == Kind.TRANSACTION) & (rows["third"] == contract))
            | ((rows["kind"] == Kind.CREATION) & (rows["target"] == contract))
        )
        if not known["bits"].size or not born.any():
            return None
        at = int(born.nonzero()[0][0])
        ints = (rows["number"][at], contract, rows["signer"][at], known["bits"][0], known["count"][0])
        return (*(int(each) for each in ints), *(known[name][0].tolist() for name in WIRED))


def _note(known: History, seen: Seen, line: tuple[Any, ...] | None) -> None:
    if line is None:
        return
    at = line[0] - int(seen.rows["number"][0])
    block, now = int(seen.rows["block"][at]), int(seen.rows["time"][at])
    for words in line[len(_INTS) :]:
        if any(words):
            known.add(key_of(_bytes(words)), block, now, maker=line[2])


def key_of(address: bytes) -> int:
    """The key of an address that need not have appeared."""
    return int.from_bytes(address[-8:], "big") >> 1


def _bytes(words: list[int]) -> bytes:
    return b"".join(word.to_bytes(8, "big") for word in words)[-20:]


def _first(line: tuple[Any, ...]) -> int:
    return int(line[0])


def words_of(address: bytes) -> list[int]:
    """An address as four limbs, most significant first."""
    padded = address.rjust(32, b"\0")
    return [int.from_bytes(padded[i : i + 8], "big") for i in range(0, 32, 8)]


def wired(table: Columns, line: int) -> list[bytes]:
    """The addresses that stand in the code of a line."""
    words = [whole(table[name][line : line + 1])[0] for name in WIRED]
    return [word.to_bytes(20, "big") for word in words if word]
