"""What proved bytes say: headers, receipts and signed transactions, read back from what tries and hashes are
over. Nothing here is believed that the bytes do not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.blocks import rlp
from ingest.blocks.receipts import DEPOSIT

_CELO_FIELDS = 10
_FIRST_PROTECTED_V, _FIRST_LIST = 35, 0xC0
_PLACES = {0: (0, 3, 4, 5), 1: (1, 4, 5, 6), 2: (1, 5, 6, 7), 3: (1, 5, 6, 7), 4: (1, 5, 6, 7)}
"""Where nonce, payee, value and input stand, by type (EIP-2718: 2930, 1559, 4844, 7702). A deposit has no
nonce.
"""
_DEPOSIT_PLACES = (0, 2, 4, 7)


@dataclass(frozen=True, slots=True)
class HeaderBytes:
    """A header by what it is hashed from: `time` in whatever unit the chain has."""

    number: int
    parent: bytes
    time: int
    transactions_root: bytes
    receipts_root: bytes


@dataclass(frozen=True, slots=True)
class LogBytes:
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class ReceiptBytes:
    """`status` is None where a state root stands in its place."""

    kind: int
    status: int | None
    gas: int
    logs: tuple[LogBytes, ...]


@dataclass(frozen=True, slots=True)
class SignedBytes:
    """A transaction: `to` is None where it creates a contract, `chain_id` where its signature names none."""

    kind: int
    nonce: int | None
    to: bytes | None
    value: int
    input: bytes
    chain_id: int | None


def header_of(encoded: bytes) -> HeaderBytes:
    """Raises ValueError for what is no header. Celo's first ones lack uncles, difficulty and gas limit."""
    fields = [_string(each) for each in _list(rlp.decode(encoded))]
    is_celos = len(fields) == _CELO_FIELDS and len(fields[1]) == 20
    if not is_celos and len(fields) < 12:
        raise ValueError(f"a header has {len(fields)} fields")
    sent, received, number, time = (3, 4, 6, 8) if is_celos else (4, 5, 8, 11)
    roots = fields[sent], fields[received]
    return HeaderBytes(_number(fields[number]), fields[0], _number(fields[time]), *roots)


def receipt_of(encoded: bytes) -> ReceiptBytes:
    """Raises ValueError for what is no receipt."""
    kind, fields = _opened(encoded)
    if len(fields) < 4:
        raise ValueError(f"a receipt has {len(fields)} fields")
    outcome, gas = _string(fields[0]), _number(_string(fields[1]))
    status = None if len(outcome) == 32 else _number(outcome)
    return ReceiptBytes(kind, status, gas, tuple(_log(each) for each in _list(fields[3])))


def signed_of(encoded: bytes) -> SignedBytes:
    """Raises ValueError for what is no transaction, or of a type not known here."""
    kind, fields = _opened(encoded)
    places = _DEPOSIT_PLACES if kind == DEPOSIT else _PLACES.get(kind)
    if places is None or len(fields) < 8:
        raise ValueError(f"a transaction of type {kind} with {len(fields)} fields is not known here")
    at, *others = places
    nonce = None if kind == DEPOSIT else _number(_string(fields[at]))
    to, value, input_ = (_string(fields[place]) for place in others)
    return SignedBytes(kind, nonce, to or None, _number(value), input_, _chain_of(kind, fields))


def signing_of(encoded: bytes) -> tuple[bytes, int, int, int] | None:
    """What was signed, and the signature: r, s, and which of two keys (0 or 1). None where nobody signed: a
    deposit, or r and s of nothing, as development nodes have them. Raises ValueError like `signed_of`.
    """
    kind, fields = _opened(encoded)
    if kind == DEPOSIT:
        return None
    v, r, s = (_number(_string(each)) for each in fields[-3:])
    if not r and not s:
        return None
    part = list(fields[:-3])
    if kind:
        return bytes((kind,)) + rlp.encode(part), r, s, v
    if v >= _FIRST_PROTECTED_V:
        return rlp.encode([*part, rlp.number((v - 35) // 2), b"", b""]), r, s, (v - 35) % 2
    return rlp.encode(part), r, s, v - 27


def named_sender(encoded: bytes) -> bytes | None:
    """Who sent a deposit of an OP-stack chain: it says so itself. None for all others."""
    kind, fields = _opened(encoded)
    return _string(fields[1]) if kind == DEPOSIT else None


def _chain_of(kind: int, fields: Sequence[rlp.Item]) -> int | None:
    if kind == DEPOSIT:
        return None
    if kind:
        return _number(_string(fields[0]))
    v = _number(_string(fields[-3]))
    return (v - 35) // 2 if v >= _FIRST_PROTECTED_V else None


def _opened(encoded: bytes) -> tuple[int, Sequence[rlp.Item]]:
    """The type before it, 0 where there is none, and the fields."""
    if not encoded:
        raise ValueError("nothing is there")
    kind = encoded[0] if encoded[0] < _FIRST_LIST else 0
    return kind, _list(rlp.decode(encoded[1:] if kind else encoded))


def _log(item: rlp.Item) -> LogBytes:
    address, topics, data = _list(item)
    return LogBytes(_string(address), tuple(map(_string, _list(topics))), _string(data))


def _list(item: rlp.Item) -> Sequence[rlp.Item]:
    if isinstance(item, bytes):
        raise ValueError("bytes stand where a list should")
    return item


def _string(item: rlp.Item) -> bytes:
    if not isinstance(item, bytes):
        raise ValueError("a list stands where bytes should")
    return item


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
