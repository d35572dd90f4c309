"""JSON-RPC as bytes: questions to one payload, one body to typed replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ingest.nodes.refusals import RpcError

Call = tuple[str, Sequence[Any]]
"""A method and its parameters."""


class Reply(msgspec.Struct, gc=False, frozen=True):
    """One answer; `result` is decoded later, as what it should be."""

    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: RpcError | None = None

    @property
    def is_null(self) -> bool:
        return self.error is None and bytes(self.result) == b"null"


class NotJsonRpc(ValueError):
    """A body that is no JSON-RPC."""


class BatchRefused(Exception):
    """A node that answers several calls with one error, as such do that take no batches, or smaller ones."""

    def __init__(self, error: RpcError) -> None:
        super().__init__(error.message)
        self.error = error


def without_nulls(value: Any) -> Any:
    """Plain JSON without what is null: some nodes write out every field that they know of."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def encode(calls: Sequence[Call]) -> bytes:
    """One call as an object, several as a batch, numbered from zero."""
    asked = [
        {"jsonrpc": "2.0", "id": at, "method": method, "params": params}
        for at, (method, params) in enumerate(calls)
    ]
    return msgspec.json.encode(asked[0] if len(asked) == 1 else asked)


def decode(body: bytes, count: int) -> list[Reply]:
    """The replies to `count` calls, in their order. Raises NotJsonRpc or BatchRefused."""
    try:
        replies = msgspec.json.decode(body, type=list[Reply] | Reply)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJsonRpc(str(error)) from error
    if isinstance(replies, Reply):
        if count == 1:
            return [replies]
        if replies.error is not None:
            raise BatchRefused(replies.error)
        raise NotJsonRpc(f"1 of {count} answers")
    if sorted(reply.id if reply.id is not None else -1 for reply in replies) != list(range(count)):
        raise NotJsonRpc(f"{len(replies)} of {count} answers")
    return sorted(replies, key=lambda reply: reply.id or 0)
