"""What passes between contracts, and what an operation may ask of the machine that it runs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Call:
    """A message: addresses are numbers of 160 bits. Without `to` its data is code that creates a contract."""

    sender: int
    to: int | None
    data: bytes = b""
    value: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """A log."""

    emitter: int
    topics: tuple[int, ...]
    data: bytes


class World(Protocol):
    """`storage` and `passing` (what lasts a transaction) by contract and slot; `balances` of the coin."""

    number: int
    time: int
    chain_id: int
    origin: int
    codes: dict[int, bytes]
    storage: dict[tuple[int, int], int]
    passing: dict[tuple[int, int], int]
    balances: dict[int, int]
    logs: list[Said]
    paid: list[tuple[int, int, int]]

    def code(self, address: int) -> bytes: ...
    def has_code(self, address: int) -> bool: ...
    def send(self, call: Call, code_of: int | None = None, static: bool = False) -> tuple[bool, bytes]: ...
    def create(self, sender: int, init: bytes, value: int) -> int: ...
