"""Wrapped native coins as facts: whether who emits a Deposit gives tokens for the chain's coin, asked once.

A contract is known by its code: that of a WETH9, whatever compiler metadata is behind it (name, symbol and
decimals lie in its storage). Any other that calls itself a token of the coin's decimals is told too, as one
whose deposits count only where exactly that value is seen. A bank or a stake is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import polars as pl

from ingest import decode, schema
from ingest.blocks.trie import keccak
from ingest.facts.codes import CODES_A_REQUEST
from ingest.facts.codes import Ask as AskCodes
from ingest.facts.tokens import TOKENS_A_REQUEST, small_number, text
from ingest.facts.tokens import Ask as AskContracts
from ingest.model.batch import Batch
from ingest.model.errors import BadInput

T = TypeVar("T")

MOST_KNOWN = 100_000
"""Contracts remembered, wrapped coins or not. The longest known are forgotten first, and asked again."""

ASK_AGAIN_BLOCKS = 1000
"""A contract that the node knew nothing of (it has pruned that state) is asked again in the next so many
blocks, as each range of a lake begins anew with them.
"""

WETH9_CODES = frozenset(
    bytes.fromhex(code_hash)
    for code_hash in (
        "2ed19494e7def0c00c199c9a7b1f938de6ec4603c65492cb6f41eb41ed92e602",
        "fe11dc5f972bcc37196745de3efb79f1cf458959471c2fa0bd5f5d28a1048061",
        "ba61982800092b641005e8eaf95549942a087ef8109c5e66284c8322bd42709f",
        "f4069076fbcde848a955079258304b569e422ca1aab16f3f71626da56ee73be5",
        "8ce083da38f7390fcc716bc2ad515fa11b81be466b849d9ff44f25c206cff57a",
    )
)
"""Keccak of the code of WETH9 without its metadata. In order: Ethereum's, which WBNB is too (solc 0.4.18);
the predeployed one of the OP stack (0.5.17, optimised); those published as `canonical-weth` (0.5.0),
`@uniswap/v2-periphery` (0.6.6) and `@aave/core-v3` (0.8.10).
"""

_QUESTIONS = tuple(keccak(f"{name}()".encode())[:4] for name in ("symbol", "decimals"))
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_LENGTH_BYTES, _CBOR_MAP, _SHOWN = 2, 0xA, 60


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is known of a contract since `block_number`: `how` it is told, None where it is not. `is_open`
    while the node could not say.
    """

    block_number: int
    how: str | None
    is_open: bool = False


class WrappedReader:
    """Finds who emits deposits and withdrawals in a batch, and asks those it does not know."""

    def __init__(self, call: AskContracts, codes: AskCodes, settings: frozenset[bytes]) -> None:
        """`settings` are wrapped coins that need not be asked."""
        self._call = call
        self._codes = codes
        self._settings = settings
        self._known: dict[bytes, _Answer] = {}
        self._fresh: dict[bytes, _Answer] = {}

    def facts(self, batch: Batch) -> pl.DataFrame:
        """A row for each block and wrapped coin that emits in it (shape: `schema.WRAPPED_NATIVES`), but for
        those known by chain id.

        Raises NodeUnreachable where the node gives no answer. Nothing is remembered until `remember`.
        """
        rows: list[tuple[int, int, bytes, str]] = []
        self._fresh = {}
        hashes = dict(batch.blocks.select("block_number", "block_hash").iter_rows())
        for number, addresses in _emitters(batch).items():
            unknown = [address for address in addresses if self._must_ask(address, number)]
            answers = self._answers(unknown, hashes[number], number) if unknown else []
            self._fresh.update(zip(unknown, answers, strict=True))
            hows = ((address, self._how(address)) for address in addresses)
            rows += [(batch.chain_id, number, address, how) for address, how in hows if how is not None]
        return pl.DataFrame(rows, schema=schema.WRAPPED_NATIVES.schema, orient="row")

    def remember(self) -> None:
        """What `facts` said last is in the log now."""
        for address, answer in self._fresh.items():
            self._known.pop(address, None)
            self._known[address] = answer
        self._fresh = {}
        for address in list(islice(self._known, max(0, len(self._known) - MOST_KNOWN))):
            del self._known[address]

    def roll_back(self, number: int) -> None:
        """Blocks above `number` have left the chain, and what was answered in their state."""
        self._fresh = {}
        self._known = {at: answer for at, answer in self._known.items() if answer.block_number <= number}

    def _answer(self, address: bytes) -> _Answer | None:
        return self._fresh.get(address) or self._known.get(address)

    def _must_ask(self, address: bytes, number: int) -> bool:
        if address in self._settings:
            return False
        answer = self._answer(address)
        if answer is None:
            return True
        return answer.is_open and number // ASK_AGAIN_BLOCKS > answer.block_number // ASK_AGAIN_BLOCKS

    def _how(self, address: bytes) -> str | None:
        if address in self._settings:
            return decode.BY_SETTING
        answer = self._answer(address)
        return None if answer is None else answer.how

    def _answers(self, addresses: Sequence[bytes], block_hash: bytes, number: int) -> list[_Answer]:
        codes: list[bytes | None] = []
        for some in _shares(addresses, CODES_A_REQUEST):
            codes += self._codes(some, block_hash)
        given = dict(zip(addresses, codes, strict=True))
        other = [address for address in addresses if not is_weth9(given[address])]
        said: list[bytes | None] = []
        for some in _shares(other, TOKENS_A_REQUEST):
            said += self._call([(address, data) for address in some for data in _QUESTIONS], block_hash)
        words = dict(zip(other, zip(said[::2], said[1::2], strict=True), strict=True))
        return [_judged(number, given[address], *words.get(address, (None, None))) for address in addresses]


def is_weth9(code: bytes | None) -> bool:
    """Whether a contract's code is that of a known WETH9, but for the compiler's metadata at its end."""
    return code is not None and keccak(_bare(code)) in WETH9_CODES


def read_addresses(texts: Iterable[str], flag: str) -> frozenset[bytes]:
    """Addresses as a flag has them, several of them after commas. Raises BadInput for what is none."""
    parts = [part.strip() for text in texts for part in text.split(",")]
    for part in parts:
        if not _ADDRESS.fullmatch(part):
            raise BadInput(f"{flag}: {part[:_SHOWN]!r} is no address (0x and 40 hex digits)")
    return frozenset(bytes.fromhex(part[2:]) for part in parts)


def unknown_wrapped(batch: Batch, settings: frozenset[bytes]) -> bool:
    """Whether a coin in `settings` emits somewhere in `batch` without being told there as one that counts."""
    sure = batch.wrapped_natives.filter(pl.col("how") != decode.BY_VALUE)
    told = set(sure.select("block_number", "address").iter_rows())
    return any(
        address in settings and (number, address) not in told
        for number, addresses in _emitters(batch).items()
        for address in addresses
    )


def _judged(number: int, code: bytes | None, symbol: bytes | None, decimals: bytes | None) -> _Answer:
    if is_weth9(code):
        return _Answer(number, decode.BY_CODE)
    if text(symbol) and small_number(decimals) == schema.NATIVE_DECIMALS:
        return _Answer(number, decode.BY_VALUE)
    return _Answer(number, None, is_open=code is None and symbol is None and decimals is None)


def _bare(code: bytes) -> bytes:
    """Code without the map in CBOR that solc puts at its end, whose length is in the last two bytes."""
    size = int.from_bytes(code[-_LENGTH_BYTES:], "big") + _LENGTH_BYTES
    return code[:-size] if size < len(code) and code[-size] >> 4 == _CBOR_MAP else code


def _emitters(batch: Batch) -> dict[int, list[bytes]]:
    """Who emits a Deposit or a Withdrawal in each block, but for the coins that are known by chain id."""
    logs = decode.wrapping_logs(batch.logs).select("block_number", "address").unique(maintain_order=True)
    known, found = schema.wrapped_natives(batch.chain_id), dict[int, list[bytes]]()
    for number, address in logs.iter_rows():
        if address not in known:
            found.setdefault(number, []).append(address)
    return found


def _shares(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
