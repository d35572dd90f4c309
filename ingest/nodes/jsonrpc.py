"""JSON-RPC as bytes: questions to one payload, one body to typed replies, and what an error code means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

Call = tuple[str, Sequence[Any]]
"""A method and its parameters."""

TOO_LARGE = -32003
"""The code under which an answer that was not read to its end is filed (geth's "response too large")."""

_PATIENCE_CODES = {-32016, -32029, 429}
_PATIENCE = re.compile(
    r"rate|per second|too many (requests|calls)|request count|capacity|quota|throttl|try again|too fast"
)
_TOO_LARGE = re.compile(
    r"(response|result|answer|batch|body|payload|message|request|size).{0,40}"
    r"(too (large|big|many)|exceed|limit)|too (large|big)|more than \d+ results"
)
_NO_METHOD = re.compile(
    r"(method|module).{0,80}not (found|exist|available|supported|implemented|allowed|whitelisted)"
    r"|unknown method|unsupported method|not supported"
)


class RpcError(msgspec.Struct, gc=False, frozen=True):
    """A node's "no", in its own words."""

    code: int = 0
    message: str = ""

    @property
    def asks_for_patience(self) -> bool:
        """Hosted nodes that mean "later"; -32005 is used both for that and for answers that are too large."""
        if self.code == -32005:
            return not self.is_too_large
        return self.code in _PATIENCE_CODES or bool(_PATIENCE.search(self.message.lower()))

    @property
    def is_too_large(self) -> bool:
        text = self.message.lower()
        return not _PATIENCE.search(text) and (
            self.code == TOO_LARGE or self.code == -32008 or bool(_TOO_LARGE.search(text))
        )

    @property
    def is_revert(self) -> bool:
        """Whether a contract ran and said no: the answer would be the same from any node."""
        return self.code == 3 or "revert" in self.message.lower()

    @property
    def lacks_method(self) -> bool:
        """Whether the node does not know, or does not offer, what it was asked for."""
        return self.code in {-32601, -32004} or bool(_NO_METHOD.search(self.message.lower()))


class Reply(msgspec.Struct, gc=False, frozen=True):
    """One answer; `result` is decoded later, as what it should be."""

    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: RpcError | None = None


class NotJsonRpc(ValueError):
    """A body that is no JSON-RPC."""


class BatchRefused(Exception):
    """A node that answers several calls with one error, as such do that take no batches, or smaller ones."""

    def __init__(self, error: RpcError) -> None:
        super().__init__(error.message)
        self.error = error


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
