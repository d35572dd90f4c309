"""Calls inside transactions: what nodes answer in either of two forms, as one table in order of execution.

The forms differ in what they tell: only one shows calls of precompiled contracts, calls that never ran, gas
of what failed, where a contract would have been created; and each client has its own words for a failure.
What only one can tell is left out, so that the rows are the same whichever a node offers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import polars as pl

from ingest import schema
from ingest.blocks.answers import given, number, unhex
from ingest.blocks.spelling import data
from ingest.decode import amount_float
from ingest.model.redact import shown

_NAMES = {"create2": "create", "suicide": "selfdestruct"}
_MOVES = ("call", "create", "selfdestruct")
_ADDRESS_BYTES = 20

_MOST_GAS = 1 << 63
_LAST_PRECOMPILE, _P256 = 0x1F, 0x100
"""Precompiled contracts lie at the lowest addresses, and one (RIP-7212) a little above."""

_NEVER_RAN = ("insufficient balance", "call too deep")
_FAILURES = {
    "reverted": r"^(\w+: )?((vm )?execution )?revert",
    "insufficient balance": r"insufficient (balance|funds)|out ?of ?funds",
    "call too deep": r"call ?depth|call ?too ?deep|max depth",
    "out of gas": r"out ?of ?gas|gas uint64 overflow",
    "precompile failed": r"precompile|built-?in",
    "bad jump": r"jump",
    "stack underflow": r"stack ?underflow",
    "stack overflow": r"stack",
    "bad instruction": r"opcode|instruction",
    "write in a static call": r"write protection|static|mutable",
    "address collision": r"collision",
    "return data out of bounds": r"out ?of ?(bounds|offset)",
    "bad code": r"code",
}
"""What the words of clients mean, the first that fits; what fits nowhere stays as it came."""


class FlatAction(msgspec.Struct, rename="camel", gc=False, frozen=True):
    sender: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    value: str | None = None
    input: str | None = None
    call_type: str | None = None
    address: str | None = None
    refund_address: str | None = None
    balance: str | None = None


class FlatResult(msgspec.Struct, rename="camel", gc=False, frozen=True):
    gas_used: str | None = None
    address: str | None = None


class FlatTrace(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """An element of what `trace_block` answers. `trace_address` is its way down from the transaction."""

    type: str
    action: FlatAction
    trace_address: list[int | str] = []
    block_hash: str | None = None
    transaction_position: int | str | None = None
    transaction_hash: str | None = None
    result: FlatResult | None = None
    error: str | None = None


class NestedCall(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """A call as geth's `callTracer` answers it, with the calls that it made."""

    type: str
    sender: str = msgspec.field(name="from")
    to: str | None = None
    value: str | None = None
    gas_used: str | None = None
    input: str | None = None
    error: str | None = None
    calls: list[NestedCall] = []


class NestedTrace(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """An element of what `debug_traceBlockByHash` answers: one transaction, or why it was not traced."""

    result: NestedCall | None = None
    tx_hash: str | None = None
    error: Any = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the transaction at `position` of its block, `depth` calls below it; hex as it came. Where
    the node names the `transaction`, that says which it is, whatever the order of the answer.
    """

    position: int
    depth: int
    call_type: str
    sender: str
    to: str | None
    value: str | None
    gas_used: str | None
    input: str | None
    error: str | None
    undone: bool
    transaction: str | None = None


def flat_calls(traces: Sequence[FlatTrace]) -> Iterator[Call]:
    """The calls of a block from `trace_block`; rewards of miners are none."""
    failed: list[bool] = []
    sent = [trace for trace in traces if trace.transaction_position is not None and trace.type != "reward"]
    for trace in sorted(sent, key=_place):
        del failed[len(trace.trace_address) :]
        failed.append(bool(trace.error))
        yield from _alike(_flat_call(trace, undone=any(failed)))


def _place(trace: FlatTrace) -> tuple[int, list[int]]:
    """Numbers as they are, or written as hex."""
    return _number(trace.transaction_position or 0), [_number(step) for step in trace.trace_address]


def _number(place: int | str) -> int:
    return place if isinstance(place, int) else int(place, 16)


def nested_calls(traces: Sequence[NestedTrace]) -> Iterator[Call]:
    """The calls of a block from geth's `callTracer`; trees are deep, so without recursion."""
    for position, trace in enumerate(traces):
        waiting = [(trace.result, 0, False)] if trace.result else []
        while waiting:
            call, depth, undone = waiting.pop()
            undone = undone or bool(call.error)
            yield from _alike(_nested_call(call, position, depth, undone, trace.tx_hash))
            waiting += [(inner, depth + 1, undone) for inner in reversed(call.calls)]


def _flat_call(trace: FlatTrace, undone: bool) -> Call:
    action, result = trace.action, trace.result or FlatResult()
    made, gone = trace.type == "create", trace.type in ("suicide", "selfdestruct")
    return Call(
        position=_number(trace.transaction_position or 0),
        depth=len(trace.trace_address),
        call_type=_named(trace.type if made or gone else action.call_type or trace.type),
        sender=(action.address if gone else action.sender) or "",
        to=action.refund_address if gone else result.address if made else action.to,
        value=action.balance if gone else action.value,
        gas_used=result.gas_used,
        input=action.input,
        error=trace.error,
        undone=undone,
        transaction=trace.transaction_hash,
    )


def _nested_call(call: NestedCall, position: int, depth: int, undone: bool, transaction: str | None) -> Call:
    return Call(
        position=position,
        depth=depth,
        call_type=_named(call.type),
        sender=call.sender,
        to=call.to,
        value=call.value,
        gas_used=call.gas_used,
        input=call.input,
        error=call.error,
        undone=undone,
        transaction=transaction,
    )


def _alike(call: Call) -> Iterator[Call]:
    """The call as either form could tell of it; nothing where one of them does not."""
    error = None if not call.error else _failure(call.error)
    is_inner, is_made = call.depth > 0, call.call_type == "create"
    if is_inner and (error in _NEVER_RAN or _is_of_a_precompile(call)):
        return
    has_gas = error is None and call.call_type != "selfdestruct"
    yield replace(
        call,
        to=None if is_made and error else given(call.to),
        gas_used=call.gas_used if has_gas else None,
        input=None if is_made else call.input,
        error=error,
    )


def _is_of_a_precompile(call: Call) -> bool:
    """Whether a precompiled contract is called with no value, which only one form shows."""
    to = given(call.to)
    is_low = to is not None and (int(to, 16) <= _LAST_PRECOMPILE or int(to, 16) == _P256)
    return is_low and not _moved(call) and call.call_type not in ("create", "selfdestruct")


def _failure(text: str) -> str:
    lower = text.lower().replace("_", " ")
    fitting = (meaning for meaning, words in _FAILURES.items() if re.search(words, lower))
    return next(fitting, shown(lower))


def frame(
    blocks: pl.DataFrame, transactions: pl.DataFrame, calls: Sequence[tuple[int, Call]]
) -> pl.DataFrame:
    """The table of calls (shape: `schema.TRACES`), each given with the number of its block. What the
    transactions themselves use is taken from their receipts, where it is proved.

    Raises ValueError where a transaction has no call, or an answer holds no hex.
    """
    place = transactions.select(
        "block_number", "transaction_index", "transaction_hash", "timestamp", "receipt_of", used="gas_used"
    )
    rows = _rows(_in_order(transactions, calls)).join(
        place, on=("block_number", "transaction_index"), how="left", maintain_order="left"
    )
    sent, told = transactions["receipt_of"].null_count(), rows.filter(pl.col("receipt_of").is_null())
    traced = told.select("block_number", "transaction_index").unique().height
    if traced != sent or rows["transaction_hash"].null_count():
        raise ValueError(f"{traced} of {sent} transactions are traced")
    whole = rows.with_columns(
        chain_id=pl.lit(blocks["chain_id"][0]),
        trace_index=pl.int_range(pl.len()).over("block_number", "transaction_index"),
        gas_used=pl.when(depth=0).then("used").otherwise("gas_used"),
    )
    return schema.conform(schema.TRACES, whole.with_columns(value_float=amount_float(whole["value"])))


def _in_order(transactions: pl.DataFrame, calls: Sequence[tuple[int, Call]]) -> Sequence[tuple[int, Call]]:
    """The calls, each with the position of the transaction that it is named after: some nodes leave one out,
    or answer in another order. Raises ValueError where one is named after none of the block.
    """
    columns = transactions.select("block_number", "transaction_hash", "transaction_index").iter_rows()
    held = {(number, transaction): at for number, transaction, at in columns}
    named = [(number, _named_place(held, number, call)) for number, call in calls]
    if all(place == call.position for (_, call), (_, place) in zip(calls, named, strict=True)):
        return calls
    moved = [
        (number, replace(call, position=at)) for (_, call), (number, at) in zip(calls, named, strict=True)
    ]
    return sorted(moved, key=lambda one: (one[0], one[1].position))


def _named_place(held: Mapping[tuple[int, bytes], int], number: int, call: Call) -> int:
    name = given(call.transaction)
    place = call.position if name is None else held.get((number, unhex(name)))
    if place is None:
        raise ValueError(f"{shown(name or '', 80)} is no transaction of block {number}")
    return place


def _rows(calls: Sequence[tuple[int, Call]]) -> pl.DataFrame:
    columns = {
        "block_number": pl.Series([number for number, _ in calls], dtype=pl.UInt64),
        "transaction_index": pl.Series([call.position for _, call in calls], dtype=pl.UInt32),
        "depth": [call.depth for _, call in calls],
        "call_type": pl.Series([call.call_type for _, call in calls], dtype=pl.String),
        "from_address": _addresses([call.sender for _, call in calls]),
        "to_address": _addresses([call.to for _, call in calls]),
        "value": pl.Series([_moved(call).to_bytes(32, "big") for _, call in calls], dtype=pl.Binary),
        "gas_used": pl.Series([_gas(call) for _, call in calls], dtype=pl.UInt64),
        "input": _bytes([call.input or "0x" for _, call in calls]),
        "error": pl.Series([call.error for _, call in calls], dtype=pl.String),
        "undone": pl.Series([call.undone for _, call in calls], dtype=pl.Boolean),
    }
    return pl.DataFrame(columns)


def _named(kind: str) -> str:
    return _NAMES.get(kind.lower(), kind.lower())


def _gas(call: Call) -> int | None:
    """Null where it is not given, or is none that a block has room for: clients got it below zero."""
    text = number(call.gas_used)
    gas = -1 if text is None else int(text, 16)
    return gas if 0 <= gas < _MOST_GAS else None


def _moved(call: Call) -> int:
    """Wei that goes with a call: a delegated one shows its caller's value, and moves none."""
    return int(number(call.value) or "0x0", 16) if call.call_type in _MOVES else 0


def _addresses(texts: Sequence[str | None]) -> pl.Series:
    words = _bytes(texts)
    wrong = words.bin.size() != _ADDRESS_BYTES
    if wrong.any():
        raise ValueError(f"an address is not of {_ADDRESS_BYTES} bytes")
    return words


def _bytes(texts: Sequence[str | None]) -> pl.Series:
    return pl.Series([None if text is None else _read(text) for text in texts], dtype=pl.Binary)


def _read(text: str) -> bytes:
    try:
        return unhex(text)
    except ValueError:
        return unhex(data(text))
