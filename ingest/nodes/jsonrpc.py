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


_BOOLEAN = frozenset({"isSystemTx", "ethCompatible"})
_TRUTH = {"true": True, "1": True, "0x1": True, "false": False, "0": False, "0x0": False, "0x": False}


def plainly(value: Any) -> Any:
    """Plain JSON in the form that most nodes answer in: without what is null, as some write out every field
    that they know of, with numbers as hex, and a status that is true or false as a number.
    """
    if isinstance(value, dict):
        return {name: _plain(name, one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [plainly(one) for one in value]
    return hex(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _plain(name: str, value: Any) -> Any:
    if name == "status" and isinstance(value, bool):
        return hex(value)
    return _truth(value) if name in _BOOLEAN else plainly(value)


def _truth(value: Any) -> Any:
    """What is true or false, however it is written; what is neither stays, and is refused."""
    return _TRUTH.get(str(value).lower(), value)


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
        replies = _typed(body)
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


def _typed(body: bytes) -> list[Reply] | Reply:
    """Replies as they should be; where an error is written loosely, its words are kept and nothing else."""
    try:
        return msgspec.json.decode(body, type=list[Reply] | Reply)
    except msgspec.ValidationError:
        loose = msgspec.json.decode(body, type=list[_Loose] | _Loose)
    return [each.reply() for each in loose] if isinstance(loose, list) else loose.reply()


class _Loose(msgspec.Struct):
    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Any = None

    def reply(self) -> Reply:
        told = self.error
        if told is None:
            return Reply(self.id, self.result)
        if not isinstance(told, dict):
            return Reply(self.id, self.result, RpcError(0, str(told)))
        code, message = told.get("code"), told.get("message")
        digits = str(code).removeprefix("-")
        number = int(str(code)) if digits.isdecimal() and len(digits) < 10 else 0
        return Reply(self.id, self.result, RpcError(number, str(message or ""), told.get("data")))
