"""What is asked of transfers, and what is answered: values that screens pass on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard import wording
from detectors.alerts.text import printable
from ingest.schema import NATIVE_DECIMALS, native_symbol

Direction = Literal["both", "in", "out"]
Order = Literal["newest", "oldest"]
MOST_ROWS = 10_000
"""Transfers of one answer: what a page works with, in a few MB and well under a second."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement of value. Hashes and addresses are lower-case 0x-hex; `token` and `log_index` are null for
    native value, `timestamp` where only an alert tells of it. `amount` is exact, in token units.
    """

    chain_id: int
    block_number: int
    timestamp: int | None
    transaction: str
    log_index: int | None
    kind: str
    token: str | None
    payer: str
    payee: str
    amount: int
    transaction_index: int = 0

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands in the chain: earlier is less."""
        return self.block_number, self.transaction_index, -1 if self.log_index is None else self.log_index


@dataclass(frozen=True, slots=True)
class Asked:
    """Which transfers: of any of `addresses` (as payer, payee or either), of a token, of a transaction, in
    a stretch of blocks. Empty and None let everything through. `native_only` and `token` exclude each other.
    """

    chain_id: int
    addresses: tuple[str, ...] = ()
    direction: Direction = "both"
    token: str | None = None
    native_only: bool = False
    transaction: str | None = None
    first_block: int | None = None
    last_block: int | None = None
    order: Order = "newest"
    most: int = MOST_ROWS


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: transfers in the order that was asked for, and what was left out of them, in words."""

    transfers: tuple[Transfer, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """What a token calls itself: as raw bytes, and made safe; `decimals` is null where it does not say."""

    address: str | None
    symbol: str
    name: str
    decimals: int | None
    raw_symbol: bytes = b""
    raw_name: bytes = b""
    block_number: int | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What a list says of an address, from a block on; `listed` false: it is named no more."""

    kind: str
    tag: str
    source: str
    date: int | None
    listed: bool
    block_number: int


@dataclass(frozen=True, slots=True)
class Contract:
    """That an address is a contract: who made it, when, and the digest of its code."""

    block_number: int
    creator: str | None
    code_hash: str | None


def native(chain_id: int) -> Token:
    """The chain's own coin."""
    return Token(None, native_symbol(chain_id) or "native coin", "the chain's own coin", NATIVE_DECIMALS)


def told(address: str, name: bytes | None, symbol: bytes | None, decimals: int | None, block: int) -> Token:
    """A token by what it said of itself, made safe; one without a symbol is called by its short address."""
    shown = wording.cut(printable(symbol or b""), wording.SYMBOL_LENGTH) or wording.short(address)
    safe = wording.cut(printable(name or b""), 80)
    return Token(address, shown, safe, decimals, symbol or b"", name or b"", block)


def unknown(address: str) -> Token:
    return Token(address, wording.short(address), "", None)
