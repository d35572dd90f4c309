"""What contracts answer, and the code they run, in the state after one block: by its hash, not by a guess."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ingest.blocks.answers import HeaderAnswer, unhex
from ingest.blocks.spelling import data
from ingest.model.errors import NodeUnreachable, UndertowError
from ingest.model.redact import shown
from ingest.nodes.jsonrpc import Call, Reply

Ask = Callable[[Sequence[Call]], list[Reply]]

TRIES = 3
"""Times that a question is put whose answer is an error that says nothing known. A fault on the way passes;
what stays is about this contract, and no reason to stop reading a chain.
"""


REFUSALS = 3
"""Times that a node refuses the calls of a block before each is asked alone."""

_IDENTITY = "0x" + "00" * 19 + "04"
"""A precompiled contract that gives back what it is given."""


class StateReader:
    """Asks one node about contracts. That it takes no hash for a block is found out once, and remembered."""

    def __init__(self, ask: Ask, header: Callable[[Reply], HeaderAnswer | None],
                 text: Callable[[Reply], str | None],
                 bad: Callable[[str], UndertowError]) -> None:  # fmt: skip
        """`ask` brings replies; `header` and `text` decode one, raising what a bad answer raises; `bad` makes
        the error that says what the node did wrong.
        """
        self._ask, self._header, self._text, self._bad = ask, header, text, bad
        self.takes_hashes = True
        self._refused: tuple[bytes, int] = b"", 0

    def read(self, method: str, asked: Sequence[Any], block_hash: bytes) -> list[bytes | None]:
        """What the node answers to each; None: a contract fails, or the node has that state no more.

        An error is an answer only from a node that holds the block: others lag, or are on another fork. A
        node that will not answer is asked again by the caller; where it never will, what it refuses is looked
        for among the calls, as a contract may say that it has no time, in words that nobody foresaw.
        """
        try:
            answers = self._read(method, asked, block_hash)
        except NodeUnreachable:
            before = self._refused[1] if self._refused[0] == block_hash else 0
            self._refused = block_hash, before + 1
            if method != "eth_call" or before + 1 < REFUSALS:
                raise
            answers = [self._apart(one, block_hash) for one in asked]
        self._refused = b"", 0
        return answers

    def _apart(self, one: Any, block_hash: bytes) -> bytes | None:
        """The answer to one call; None where it is refused each time and a harmless one never is. Raises
        NodeUnreachable where that is: then the node is to blame. They are asked in such an order that no
        steady rhythm of refusals hits one and spares the other.
        """
        harmless = {"to": _IDENTITY, "data": "0x"}
        for call in (one, harmless, harmless, one, one, harmless):
            try:
                (answer,) = self._read("eth_call", [call], block_hash)
            except NodeUnreachable:
                if call is harmless:
                    raise
                continue
            if call is one:
                return answer
        return None

    def _read(self, method: str, asked: Sequence[Any], block_hash: bytes) -> list[bytes | None]:
        at = "0x" + block_hash.hex()
        if self.takes_hashes:
            replies = self._ask([(method, [one, {"blockHash": at}]) for one in asked])
            self.takes_hashes = not any(reply.error and reply.error.lacks_parameter for reply in replies)
            where: Any = {"blockHash": at}
        if not self.takes_hashes:
            where = hex(self._number(at))
            replies = self._ask([(method, [one, where]) for one in asked])
            self._check_still_there(at, where)
        if any(_is_unclear(reply) for reply in replies):
            self._check_held(at)
            again = [
                self._again((method, [one, where]), reply) for one, reply in zip(asked, replies, strict=True)
            ]
            return [self._returned(reply) for reply in again]
        return [self._returned(reply) for reply in replies]

    def _again(self, call: Call, reply: Reply) -> Reply:
        """The reply to a question that is put again while its answer is no answer."""
        for _ in range(TRIES - 1):
            if not _is_unclear(reply) or _is_final(reply):
                break
            reply = self._ask([call])[0]
        return reply

    def _check_held(self, at: str) -> None:
        """Raises what `bad` makes where the node does not hold the block, or does not say. Some find none by
        its hash: they are believed.
        """
        reply = self._ask([("eth_getBlockByHash", [at, False])])[0]
        if reply.error is not None and (reply.error.lacks_method or reply.error.lacks_state):
            return
        if reply.error is not None or self._header(reply) is None:
            raise self._bad(f"has no block {at}, whose state it was asked for")

    def _number(self, at: str) -> int:
        header = self._header(self._ask([("eth_getBlockByHash", [at, False])])[0])
        if header is None:
            raise self._bad(f"has no block {at}, whose state it was asked for")
        return header.height

    def _check_still_there(self, at: str, number: str) -> None:
        header = self._header(self._ask([("eth_getBlockByNumber", [number, False])])[0])
        if header is None or header.hash.lower() != at:
            raise self._bad(f"changed its chain while the state after block {at} was read")

    def _returned(self, reply: Reply) -> bytes | None:
        text = None if reply.error is not None else self._text(reply)
        try:
            return None if text is None else unhex(data(text))
        except ValueError as error:
            raise self._bad(f"gave an answer of another shape: {shown(str(error))}") from error


def _is_unclear(reply: Reply) -> bool:
    """Whether a reply is an error that no contract gave."""
    return reply.error is not None and not reply.error.is_a_contracts


def _is_final(reply: Reply) -> bool:
    """Whether an error stands: to ask again brings the same."""
    error = reply.error
    return error is not None and (error.lacks_state or error.lacks_method or error.is_too_large)
