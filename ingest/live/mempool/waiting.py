"""A transaction that waits, as a node tells of it: read strictly, as whoever sent it chose every field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest.blocks.answers import TransactionAnswer

MOST_INPUT = 131_072
"""Bytes of call data: what clients take into their pools at most (geth: 128 KiB a transaction)."""

_HASH, _ADDRESS = re.compile(r"0x[0-9a-f]{64}"), re.compile(r"0x[0-9a-f]{40}")
_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,64}")
_BYTES = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_GAS_BITS = 63


@dataclass(frozen=True, slots=True)
class Waiting:
    """One transaction in the pool. `fee_cap` and `tip` in wei a unit of gas; `to` None: it creates.
    `answer` is what the node said, for the rows.
    """

    hash: str
    sender: str
    nonce: int
    to: str | None
    value: int
    gas: int
    fee_cap: int
    tip: int
    input: str
    type: int
    authorizations: tuple[dict[str, Any], ...]
    answer: TransactionAnswer

    @property
    def most_wei(self) -> int:
        """What it can cost its sender, blobs aside."""
        return self.value + self.gas * self.fee_cap

    def price(self, base_fee: int) -> int:
        """Wei a unit of gas that it pays over a base fee; below zero where it does not reach it."""
        return min(self.tip, self.fee_cap - base_fee)


def waiting_from(plain: Any) -> Waiting | None:
    """A transaction of a pool's answer; None where it is none that a block could hold, or is in one."""
    if not isinstance(plain, dict) or plain.get("blockNumber") not in (None, "", "0x"):
        return None
    try:
        answer = msgspec.convert(
            {name: value for name, value in plain.items() if value is not None}, TransactionAnswer
        )
        return _read(answer, plain.get("authorizationList"))
    except (msgspec.ValidationError, ValueError, TypeError):
        return None


def _read(answer: TransactionAnswer, authorizations: Any) -> Waiting:
    cap = answer.max_fee_per_gas if answer.max_fee_per_gas is not None else answer.gas_price
    tip = answer.max_priority_fee_per_gas
    given = authorizations if isinstance(authorizations, list) else []
    data = answer.call_data or "0x"
    if len(data) > 2 + 2 * MOST_INPUT or not _BYTES.fullmatch(data):
        raise ValueError("its input is none, or too large")
    return Waiting(
        hash=_text(answer.hash, _HASH),
        sender=_text(answer.sender, _ADDRESS),
        nonce=_number(answer.nonce, _GAS_BITS),
        to=None if answer.to is None else _text(answer.to, _ADDRESS),
        value=_number(answer.value, 256),
        gas=_number(answer.most_gas, _GAS_BITS),
        fee_cap=_number(cap, 256),
        tip=_number(cap if tip is None else tip, 256),
        input=data,
        type=_number(answer.type or "0x0", 8),
        authorizations=tuple(each for each in given if isinstance(each, dict)),
        answer=answer,
    )


def _text(text: str, shape: re.Pattern[str]) -> str:
    lower = text.lower()
    if not shape.fullmatch(lower):
        raise ValueError("a field of another length")
    return lower


def _number(text: str | None, bits: int) -> int:
    if text is None or not _NUMBER.fullmatch(text):
        raise ValueError("a field that is no number")
    number = int(text, 16)
    if number >> bits:
        raise ValueError("a number that no block holds")
    return number
