"""Reads an answer whose hex is written in another way than most nodes write it, where it can mean one thing.

Capitals, 0x left out, zeros left out or put in front, "true" for a status, "" for nothing. It costs time, so
it is done for answers that could not be read or proved as they came; the proof then decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar

import msgspec

from ingest.blocks.answers import (
    NO_ROOT,
    AccessAnswer,
    Answer,
    AuthorizationAnswer,
    HeaderAnswer,
    LogAnswer,
    ReceiptAnswer,
    TransactionAnswer,
    number,
)
from ingest.blocks.header_fields import ALWAYS_THERE
from ingest.model.redact import shown

H = TypeVar("H", bound=HeaderAnswer)
S = TypeVar("S", bound=msgspec.Struct)
Read = Callable[[str], str]

_HASH, _ADDRESS, _BLOOM, _SEAL = 64, 40, 512, 16
_HEX = re.compile("[0-9a-f]*")
_TRUTH = {"true": "0x1", "false": "0x0"}
_PREFIXES = ("0x", "xdc")
"""XDC's nodes begin addresses with the name of their chain."""


class Ambiguous(ValueError):
    """A number that may be decimal or hex."""


def tidied(answer: Answer) -> Answer:
    """`answer` with everything that is read of it written in one way. Raises Ambiguous for what may mean two
    things, another ValueError for what means nothing.
    """
    block = tidied_header(answer.block)
    sent = [_transaction(each) for each in block.transactions]
    receipts = [_receipt(each) for each in answer.receipts]
    return replace(answer, block=msgspec.structs.replace(block, transactions=sent), receipts=receipts)


def with_sums(answer: Answer) -> Answer | None:
    """`answer` with the cumulative gas of its receipts made from what each used: some nodes leave it out, or
    give the block's in its place, or each one's own. None where it is not known, or is so already.
    """
    used = [number(receipt.gas_used) for receipt in answer.receipts]
    if not used or None in used:
        return None
    sums = accumulate(int(text or "", 16) for text in used)
    both = zip(answer.receipts, sums, strict=True)
    receipts = [msgspec.structs.replace(one, cumulative_gas_used=hex(total)) for one, total in both]
    return None if receipts == answer.receipts else replace(answer, receipts=receipts)


def has_prefixes(answer: Answer) -> bool:
    """Whether all hex of an answer begins with 0x: then what is written otherwise makes an error where it is
    read, and nothing is taken for something else.
    """
    logs = (log for receipt in answer.receipts for log in receipt.logs)
    if not all(log.data[:2] == "0x" for log in logs):
        return False
    structs = (answer.block, *answer.block.transactions, *answer.receipts)
    values = (value for struct in structs for value in msgspec.structs.astuple(struct))
    return all(value[:2] == "0x" for value in values if type(value) is str and value)


def tidied_header(header: H) -> H:
    """The same for a header, or a block but for its transactions."""
    return _struct(header, _HEADER)


def word(digits: int, text: str, pads: bool = True) -> str:
    """A hash or an address of so many hex digits. With `pads`, zeros in front may have been left out."""
    rest, has_prefix = _split(text)
    if not rest:
        return ""
    if len(rest) > digits:
        rest = rest[:-digits].lstrip("0") + rest[-digits:]
    is_whole = len(rest) == digits or (pads and has_prefix and len(rest) < digits)
    if not is_whole:
        raise ValueError(f"{shown(text, 80)} is not of {digits // 2} bytes")
    return "0x" + rest.rjust(digits, "0")


def data(text: str) -> str:
    """Bytes, as many as there are."""
    rest, _ = _split(text)
    if rest == "0":
        return "0x"
    if len(rest) % 2:
        raise ValueError(f"{shown(text, 80)} is no whole number of bytes")
    return "0x" + rest


def quantity(text: str) -> str:
    """A number. Without 0x it may be decimal or hex, and is not guessed at beyond a digit."""
    if text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    rest, has_prefix = _split(text)
    if not has_prefix and len(rest) > 1:
        raise Ambiguous(f"its number {shown(text, 80)} is written without 0x: it may be decimal or hex")
    return "0x" + rest if rest else ""


def _split(text: str) -> tuple[str, bool]:
    """The hex digits of a text, and whether it says that they are hex."""
    lower = text.strip().lower()
    prefix = next((one for one in _PREFIXES if lower.startswith(one)), "")
    rest = lower[len(prefix) :]
    if not _HEX.fullmatch(rest):
        raise ValueError(f"{shown(text, 80)} is no hex")
    return rest, bool(prefix)


_hash, _address = partial(word, _HASH), partial(word, _ADDRESS)
_sender, _name = partial(word, _ADDRESS, pads=False), partial(word, _HASH, pads=False)
"""Nothing proves these, unless somebody asks for it: one that is short may be cut off as well."""

_DATA = ("extra_data", *sorted(ALWAYS_THERE), "parent_proposer_pubkey", "input", "data")
_HASHES = (
    "receipts_root", "state_root", "transactions_root", "sha3_uncles", "mix_hash",
    "withdrawals_root", "parent_beacon_block_root", "requests_hash", "block_access_list_hash",
    "ext_data_hash", "root", "source_hash",
)  # fmt: skip
_ADDRESSES = ("miner", "author", "contract_address", "address", "to", "fee_currency")
_KNOWN: dict[str, Read] = {
    **dict.fromkeys(_DATA, data),
    **dict.fromkeys(_HASHES, _hash),
    **dict.fromkeys(_ADDRESSES, _address),
    "logs_bloom": partial(word, _BLOOM),
    "sender": _sender,
    **dict.fromkeys(("hash", "parent_hash", "block_hash", "transaction_hash"), _name),
}
_REQUIRED = {"number", "hash", "parent_hash", "receipts_root", "timestamp", "cumulative_gas_used", "value",
             "sender", "address"}  # fmt: skip
_UNREAD = {"step", "signature", "aura_step", "aura_seal"}


def _readers(kind: type[msgspec.Struct], **others: Read) -> dict[str, Read]:
    """How each field of a struct is read: numbers are what has no other name."""
    names = [name for name in kind.__struct_fields__ if name not in _UNREAD]
    return {name: others.get(name, _KNOWN.get(name, quantity)) for name in names}


_HEADER = _readers(
    HeaderAnswer, nonce=partial(word, _SEAL), receipts_root=lambda text: _hash(text) or NO_ROOT
)
_LOG, _RECEIPT = _readers(LogAnswer), _readers(ReceiptAnswer)
_SENT = {name: read for name, read in _readers(TransactionAnswer).items() if name != "type"}
_ACCESS, _AUTHORIZATION = _readers(AccessAnswer), _readers(AuthorizationAnswer)


def _struct(one: S, readers: dict[str, Read], **more: Any) -> S:
    """A struct with each of its texts read; `more` replaces its lists."""
    read: dict[str, str | None] = {}
    for name, reader in readers.items():
        if isinstance(text := getattr(one, name), str):
            read[name] = reader(text) or (text if name in _REQUIRED else None)
    return msgspec.structs.replace(one, **read, **more)


def _receipt(receipt: ReceiptAnswer) -> ReceiptAnswer:
    logs = [_struct(log, _LOG, topics=_each(_hash, log.topics)) for log in receipt.logs]
    whole = _struct(receipt, _RECEIPT, logs=logs)
    return whole if number(receipt.type) is not None else msgspec.structs.replace(whole, type=None)


def _transaction(sent: TransactionAnswer) -> TransactionAnswer:
    access = sent.access_list and [
        _struct(entry, _ACCESS, storage_keys=_each(_hash, entry.storage_keys)) for entry in sent.access_list
    ]
    authorizations = sent.authorization_list and [
        _struct(one, _AUTHORIZATION) for one in sent.authorization_list
    ]
    blobs = sent.blob_versioned_hashes and _each(_hash, sent.blob_versioned_hashes)
    return _struct(
        sent,
        _SENT,
        access_list=access,
        authorization_list=authorizations,
        blob_versioned_hashes=blobs,
        type=_shown_type(sent) if number(sent.type) is None else quantity(sent.type or ""),
    )


def _shown_type(sent: TransactionAnswer) -> str | None:
    """The type of a transaction whose node does not say it, by the fields that only that type has."""
    marks = (
        ("0x7e", sent.source_hash), ("0x4", sent.authorization_list), ("0x3", sent.blob_versioned_hashes),
        ("0x2", sent.max_fee_per_gas), ("0x1", sent.access_list),
    )  # fmt: skip
    return next((kind for kind, field in marks if field is not None), None)


def _each(read: Read, texts: Sequence[str]) -> list[str]:
    return [read(text) for text in texts]
