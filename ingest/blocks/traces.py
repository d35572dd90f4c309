"""Calls inside transactions: what nodes answer in either of two forms, as one table in order of execution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import polars as pl

from ingest import schema
from ingest.blocks.answers import unhex
from ingest.decode import amount_float

_NAMES = {"create2": "create", "suicide": "selfdestruct"}
_MOVES = ("call", "create", "selfdestruct")


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
    trace_address: list[int]
    block_hash: str | None = None
    transaction_position: int | None = None
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
    """An element of what `debug_traceBlockByHash` answers: one transaction."""

    result: NestedCall | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the transaction at `position` of its block, `depth` calls below it; hex as it came."""

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


def flat_calls(traces: Sequence[FlatTrace]) -> Iterator[Call]:
    """The calls of a block from `trace_block`; rewards of miners are none."""
    failed: list[bool] = []
    for trace in traces:
        if trace.transaction_position is None:
            continue
        depth, action, result = len(trace.trace_address), trace.action, trace.result or FlatResult()
        del failed[depth:]
        failed.append(trace.error is not None)
        made, gone = trace.type == "create", trace.type in ("suicide", "selfdestruct")
        yield Call(
            position=trace.transaction_position,
            depth=depth,
            call_type=_named(trace.type if made or gone else action.call_type or trace.type),
            sender=(action.address if gone else action.sender) or "",
            to=action.refund_address if gone else result.address if made else action.to,
            value=action.balance if gone else action.value,
            gas_used=result.gas_used,
            input=action.input,
            error=trace.error,
            undone=any(failed),
        )


def nested_calls(traces: Sequence[NestedTrace]) -> Iterator[Call]:
    """The calls of a block from geth's `callTracer`; trees are deep, so without recursion."""
    for position, trace in enumerate(traces):
        waiting = [(trace.result, 0, False)] if trace.result else []
        while waiting:
            call, depth, undone = waiting.pop()
            undone = undone or call.error is not None
            name = _named(call.type)
            yield Call(
                position, depth, name, call.sender, call.to, call.value, call.gas_used,
                None if name == "create" else call.input, call.error, undone,
            )  # fmt: skip
            waiting += [(inner, depth + 1, undone) for inner in reversed(call.calls)]


def frame(
    blocks: pl.DataFrame, transactions: pl.DataFrame, calls: Sequence[tuple[int, Call]]
) -> pl.DataFrame:
    """The table of calls (shape: `schema.TRACES`), each given with the number of its block.

    Raises ValueError where a transaction has no call, or an answer holds no hex.
    """
    place = transactions.select("block_number", "transaction_index", "transaction_hash", "timestamp")
    rows = _rows(calls).join(
        place, on=("block_number", "transaction_index"), how="left", maintain_order="left"
    )
    traced = rows.select("block_number", "transaction_index").unique().height
    if traced != transactions.height or rows["transaction_hash"].null_count():
        raise ValueError(f"{traced} of {transactions.height} transactions are traced")
    at = pl.int_range(pl.len()).over("block_number", "transaction_index")
    whole = rows.with_columns(chain_id=pl.lit(blocks["chain_id"][0]), trace_index=at)
    return schema.conform(schema.TRACES, whole.with_columns(value_float=amount_float(whole["value"])))


def _rows(calls: Sequence[tuple[int, Call]]) -> pl.DataFrame:
    columns = {
        "block_number": pl.Series([number for number, _ in calls], dtype=pl.UInt64),
        "transaction_index": pl.Series([call.position for _, call in calls], dtype=pl.UInt32),
        "depth": [call.depth for _, call in calls],
        "call_type": pl.Series([call.call_type for _, call in calls], dtype=pl.String),
        "from_address": _bytes([call.sender for _, call in calls]),
        "to_address": _bytes([call.to for _, call in calls]),
        "value": pl.Series([_moved(call) for _, call in calls], dtype=pl.Binary),
        "gas_used": pl.Series(
            [None if c.gas_used is None else int(c.gas_used, 16) for _, c in calls], dtype=pl.UInt64
        ),
        "input": _bytes([call.input or "0x" for _, call in calls]),
        "error": pl.Series([call.error for _, call in calls], dtype=pl.String),
        "undone": pl.Series([call.undone for _, call in calls], dtype=pl.Boolean),
    }
    return pl.DataFrame(columns)


def _named(kind: str) -> str:
    return _NAMES.get(kind.lower(), kind.lower())


def _moved(call: Call) -> bytes:
    """Wei that goes with a call: a delegated one shows its caller's value, and moves none."""
    value = int(call.value or "0x0", 16) if call.call_type in _MOVES else 0
    return value.to_bytes(32, "big")


def _bytes(texts: Sequence[str | None]) -> pl.Series:
    return pl.Series([None if text is None else unhex(text) for text in texts], dtype=pl.Binary)
