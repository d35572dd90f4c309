"""JSON-RPC as bytes: questions to one payload, one body to typed replies."""

from __future__ import annotations

import json
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


class NoBatch(BatchRefused):
    """An answer to a batch that is none: the node takes no such batches, or something came between."""


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
    """The replies to `count` calls, in their order. Raises NotJsonRpc; where a batch was asked BatchRefused,
    as nodes answer too large a one with a single error, in a list or alone, or NoBatch: with a part of it, or
    with no JSON-RPC at all.
    """
    try:
        replies = _typed(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_batch(NotJsonRpc(str(error)), count) from error
    if isinstance(replies, Reply) and count == 1:
        if replies.id is None and replies.is_null:
            raise NotJsonRpc("neither a result nor an error")
        return [_sound(replies)]
    listed = [_sound(reply) for reply in (replies if isinstance(replies, list) else [replies])]
    if sorted(-1 if reply.id is None else reply.id for reply in listed) == list(range(count)):
        return sorted(listed, key=lambda reply: reply.id or 0)
    if len(listed) == 1 and count > 1 and (refused := listed[0].error) is not None:
        raise BatchRefused(refused)
    raise _no_batch(NotJsonRpc(f"{len(listed)} of {count} answers"), count)


def _sound(reply: Reply) -> Reply:
    """A reply whose error says nothing, beside a result, is one without an error."""
    is_answered = reply.error == RpcError() and bytes(reply.result) != b"null"
    return Reply(reply.id, reply.result) if is_answered else reply


def _no_batch(error: NotJsonRpc, count: int) -> Exception:
    return error if count == 1 else NoBatch(RpcError(0, str(error)))


def _typed(body: bytes) -> list[Reply] | Reply:
    """Replies as they should be; where an error or a number is written loosely, or the text is no UTF-8 or
    has what JSON does not, what can be read of it is.
    """
    try:
        return msgspec.json.decode(body, type=list[Reply] | Reply)
    except msgspec.ValidationError:
        loose = msgspec.json.decode(body, type=list[_Loose] | _Loose)
    except msgspec.DecodeError:
        loose = msgspec.json.decode(_repaired(body), type=list[_Loose] | _Loose)
    return [each.reply() for each in loose] if isinstance(loose, list) else loose.reply()


def _repaired(body: bytes) -> bytes:
    """JSON with a byte order mark before it, with numbers that are none, or with half characters, as an error
    may have them that hands on the bytes of a contract. Anything else is left as it is.
    """
    try:
        plain = json.loads(body.decode("utf-8-sig", "replace"), parse_constant=lambda _name: None)
    except ValueError:
        return body
    return json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")


class _Loose(msgspec.Struct):
    id: int | float | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Any = None

    def reply(self) -> Reply:
        told, place = self.error, self._place()
        if told is None or (not told and bytes(self.result) != b"null"):
            return Reply(place, self.result)
        if not isinstance(told, dict):
            return Reply(place, self.result, RpcError(0, str(told)))
        code, message = told.get("code"), told.get("message")
        digits = str(code).removeprefix("-")
        number = int(str(code)) if digits.isdecimal() and len(digits) < 10 else 0
        return Reply(place, self.result, RpcError(number, str(message or ""), told.get("data")))

    def _place(self) -> int | None:
        """The number of the question, as a number: some nodes write it as a text, or with a point."""
        text = str(self.id).removesuffix(".0")
        return int(text) if text.isdecimal() and len(text) < 10 else None
