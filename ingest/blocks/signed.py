"""Transactions as the transactions root holds them: so what a node says of value, payee, input and nonce is
proved like the receipts, and a sender can be recovered from its signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from ingest.blocks import rlp
from ingest.blocks.answers import AccessAnswer, AuthorizationAnswer, TransactionAnswer, number
from ingest.blocks.receipts import DEPOSIT
from ingest.blocks.trie import ordered_root

T = TypeVar("T")

_WORD_DIGITS = 2 + 2 * 32
_EMPTY = "80"

_FIRST_PROTECTED_V = 35
"""From here on the `v` of a legacy transaction holds the chain id as well (EIP-155)."""


class UnknownType(Exception):
    """A transaction whose encoding is not known here: other chains have types of their own."""


class Incomplete(Exception):
    """A transaction of a known type that lacks what its encoding needs."""


def transactions_root(transactions: Sequence[TransactionAnswer]) -> bytes:
    """The root over transactions. Raises UnknownType and Incomplete, and ValueError for what is no hex."""
    return ordered_root([encoded(transaction) for transaction in transactions])


def encoded(transaction: TransactionAnswer) -> bytes:
    """A transaction as the trie holds it: typed ones behind their type (EIP-2718)."""
    kind = int(number(transaction.type) or "0x0", 16)
    fields = _fields(kind, transaction)
    return _sealed(kind, fields if kind == DEPOSIT else fields + _signature(kind, transaction))


def signed_part(transaction: TransactionAnswer) -> bytes:
    """What the sender signed the hash of; a deposit is signed by nobody. Raises what `encoded` raises."""
    kind = int(number(transaction.type) or "0x0", 16)
    fields = _fields(kind, transaction)
    v = 0 if kind else int(_given(transaction.v), 16)
    chain = (
        f"{_quantity(hex((v - _FIRST_PROTECTED_V) // 2))}{_EMPTY}{_EMPTY}" if v >= _FIRST_PROTECTED_V else ""
    )
    return _sealed(kind, fields + chain)


def parity(transaction: TransactionAnswer) -> int:
    """Which of two keys a signature fits, 0 or 1. Nodes give it alone, as 27 or 28, or with the chain id."""
    return _parity(number(transaction.y_parity) or transaction.v)


def _parity(text: str | None) -> int:
    v = int(_given(text), 16)
    if v >= _FIRST_PROTECTED_V:
        return (v - _FIRST_PROTECTED_V) % 2
    return v - 27 if v in (27, 28) else v


def _sealed(kind: int, fields: str) -> bytes:
    body = rlp.unhex(rlp.hex_list(fields))
    return bytes((kind,)) + body if kind else body


def _fields(kind: int, transaction: TransactionAnswer) -> str:
    encode = _ENCODERS.get(kind)
    if encode is None:
        raise UnknownType(f"transaction {transaction.hash} is of a type not known here, {transaction.type}")
    return encode(transaction)


def _signature(kind: int, transaction: TransactionAnswer) -> str:
    v = hex(parity(transaction)) if kind else transaction.v
    return f"{_quantity(v)}{_word(transaction.r)}{_word(transaction.s)}"


def _legacy(sent: TransactionAnswer) -> str:
    return f"{_quantity(sent.nonce)}{_quantity(sent.gas_price)}{_call(sent)}"


def _with_access_list(sent: TransactionAnswer) -> str:
    """EIP-2930."""
    front = f"{_quantity(sent.chain_id)}{_quantity(sent.nonce)}{_quantity(sent.gas_price)}"
    return f"{front}{_call(sent)}{_access_list(sent.access_list)}"


def _dynamic_fee(sent: TransactionAnswer) -> str:
    """EIP-1559."""
    fees = f"{_quantity(sent.max_priority_fee_per_gas)}{_quantity(sent.max_fee_per_gas)}"
    front = f"{_quantity(sent.chain_id)}{_quantity(sent.nonce)}{fees}"
    return f"{front}{_call(sent)}{_access_list(sent.access_list)}"


def _blob(sent: TransactionAnswer) -> str:
    """EIP-4844."""
    hashes = rlp.hex_list("".join(map(_bytes, _given(sent.blob_versioned_hashes))))
    return f"{_dynamic_fee(sent)}{_quantity(sent.max_fee_per_blob_gas)}{hashes}"


def _set_code(sent: TransactionAnswer) -> str:
    """EIP-7702."""
    authorizations = _given(sent.authorization_list)
    return f"{_dynamic_fee(sent)}{rlp.hex_list(''.join(map(_authorization, authorizations)))}"


def _deposit(sent: TransactionAnswer) -> str:
    """The OP stack's deposits from L1 (its specification, "deposits"): what is not minted, or no system
    transaction, may be left out.
    """
    front = f"{_bytes(_given(sent.source_hash))}{_bytes(sent.sender)}{_payee(sent.to)}"
    minted, is_system = _quantity(sent.mint or "0x0"), "01" if sent.is_system_tx else _EMPTY
    paid = f"{minted}{_quantity(sent.value)}{_quantity(sent.most_gas)}"
    return f"{front}{paid}{is_system}{_bytes(_given(sent.call_data))}"


_ENCODERS: dict[int, Callable[[TransactionAnswer], str]] = {
    0: _legacy,
    1: _with_access_list,
    2: _dynamic_fee,
    3: _blob,
    4: _set_code,
    DEPOSIT: _deposit,
}


def _call(sent: TransactionAnswer) -> str:
    return (
        f"{_quantity(sent.most_gas)}{_payee(sent.to)}{_quantity(sent.value)}{_bytes(_given(sent.call_data))}"
    )


def _payee(to: str | None) -> str:
    return _bytes(to) if to else _EMPTY


def _access_list(entries: Sequence[AccessAnswer] | None) -> str:
    given = _given(entries)
    return rlp.hex_list("".join(map(_access, given)) if given else "")


def _access(entry: AccessAnswer) -> str:
    return rlp.hex_list(_bytes(entry.address) + rlp.hex_list("".join(map(_key, entry.storage_keys))))


def _key(text: str) -> str:
    """A storage key: 32 bytes, of which some nodes leave out the zeros in front."""
    return "a0" + text[2:].rjust(64, "0")


def _authorization(given: AuthorizationAnswer) -> str:
    who = f"{_quantity(given.chain_id)}{_bytes(_given(given.address))}{_quantity(given.nonce)}"
    parity = number(given.y_parity) or hex(_parity(given.v))
    return rlp.hex_list(f"{who}{_quantity(parity)}{_word(given.r)}{_word(given.s)}")


@lru_cache(1 << 14)
def _quantity(text: str | None) -> str:
    """RLP of a number: the same gas prices, chains and sums come again and again."""
    digits = _given(text)[2:].lstrip("0")
    return rlp.hex_string(digits if len(digits) % 2 == 0 else "0" + digits)


def _word(text: str | None) -> str:
    """The same for numbers that hardly ever begin with zeros, nor come again."""
    if text is not None and len(text) == _WORD_DIGITS and text[2:4] != "00":
        return "a0" + text[2:]
    return _quantity(text)


def _bytes(text: str) -> str:
    return rlp.hex_string(text[2:])


def _given(value: T | None) -> T:
    if value is None:
        raise Incomplete
    return value
