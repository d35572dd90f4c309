"""One node, asked within a size cap and a deadline; what it cannot do is found out once and remembered."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from ingest.blocks.answers import Answer, BlockAnswer, HeaderAnswer, ReceiptAnswer
from ingest.blocks.spelling import tidied_header
from ingest.blocks.traces import Call as TracedCall
from ingest.blocks.traces import FlatTrace, NestedTrace
from ingest.model.errors import FinalityUnknown, NodeMisbehaved, NodeUnreachable, UndertowError
from ingest.model.redact import shown
from ingest.nodes import jsonrpc
from ingest.nodes.addresses import open_transport, source_of
from ingest.nodes.batch_size import BatchSize
from ingest.nodes.calls import TraceReader
from ingest.nodes.finality import may_have_final_blocks
from ingest.nodes.health import Health
from ingest.nodes.jsonrpc import BatchRefused, Call, NoBatch, NotJsonRpc, Reply
from ingest.nodes.receipts import BlockReader, with_transactions
from ingest.nodes.refusals import TOO_LARGE, RpcError, spoken
from ingest.nodes.state import StateReader
from ingest.nodes.transport import AnswerTooLarge, BadStatus, TooSlow, Transport, TransportError

T = TypeVar("T")

BLOCKS_A_REQUEST = 10
"""About the fastest: fewer pay for round trips, more meet the size limits of hosted nodes."""

HEADERS_A_REQUEST = 100

QUICK_S = 5.0
"""Deadline of small questions (a head, a header), where the one for blocks is not shorter: a node that stalls
must not hold up the others for as long as ten blocks may take.
"""

_PATIENCE_STATUS = {429, 503}
_TOO_LARGE_STATUS = {413}
_BATCH_STATUS = {400, 404, 405, 415, 422, 500, 501}
"""Status of nodes that take no batches, or smaller ones: smaller ones are tried."""

_WHAT_IS_WRONG = {
    **dict.fromkeys((401, 402, 403), "is the key in its address right, and its plan paid?"),
    **dict.fromkeys((404, 405), "is the path in its address right?"),
    **dict.fromkeys((301, 302, 307, 308), "it redirects: is its address right, to https and the last slash?"),
}
"""What a person is asked to look at, by the status of an answer."""

_TOO_MANY = [Reply(error=RpcError(TOO_LARGE, "not answered as a batch"))]
_HASH = re.compile("0x[0-9a-fA-F]{64}")
_WITHOUT_FINALITY = ("anvil/", "hardhat")
"""Development nodes call head - 64 finalised, yet replace it when told to: they have no finalised block."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one answer: `deadline_s` seconds, and `cap_bytes` after it was unpacked (ten mainnet blocks
    are 10 MB): a node gone wrong can eat neither the time nor the memory.
    """

    deadline_s: float = 30.0
    cap_bytes: int = 256 * 1024 * 1024


UNLESS_TOLD = Limits()


class Node:
    """One node. Raises NodeUnreachable where it gives no answer, NodeMisbehaved where it gives a bad one."""

    def __init__(self, url: str, limits: Limits = UNLESS_TOLD, transport: Transport | None = None) -> None:
        """`transport` stands in for the one that `url` asks for. Raises BadInput for what is no address."""
        self.url = url
        self.source = source_of(url)
        self.health = Health()
        self._limits = limits
        self._transport = transport or open_transport(url, limits.cap_bytes)
        self._batch = BatchSize()
        self._client: str | None = None
        self._blocks = BlockReader(
            self._ask,
            lambda reply: self._decode(reply, BlockAnswer),
            lambda reply: self._decode(reply, list[ReceiptAnswer]),
            lambda reply: self._decode(reply, ReceiptAnswer),
        )
        self._state = StateReader(
            lambda calls: self._ask(calls),
            lambda reply: self._decode(reply, HeaderAnswer),
            lambda reply: self._decode(reply, str),
            self._bad,
        )
        self._calls = TraceReader(
            self._ask,
            lambda reply: self._decode(reply, list[FlatTrace]),
            lambda reply: self._decode(reply, list[NestedTrace | None]),
            self._bad,
        )

    def chain_id(self) -> int:
        text = self._one("eth_chainId", [], str)
        if not text.lower().startswith("0x") and len(text) > 1:
            raise self._bad(f"gave {shown(text)!r} for its chain id: without 0x it may be decimal or hex")
        return self._number(text)

    def head(self) -> HeaderAnswer:
        """The node's newest block."""
        head = self._one("eth_getBlockByNumber", ["latest", False], HeaderAnswer)
        self.health.head = self._sound(head)
        return head

    def header(self, number: int) -> HeaderAnswer | None:
        """The header of a block of the node's present chain; None above its head."""
        found = self._one_or_none("eth_getBlockByNumber", [hex(number), False], HeaderAnswer)
        if found is not None and self._sound(found) != number:
            raise self._bad(f"gave block {found.number} when asked for block {number}")
        return found

    def headers(self, first: int, last: int) -> list[HeaderAnswer]:
        """The headers of blocks `first`..`last`; fewer where the node has not all of them (yet)."""
        found: list[HeaderAnswer] = []
        for start in range(first, last + 1, HEADERS_A_REQUEST):
            asked = range(start, min(start + HEADERS_A_REQUEST, last + 1))
            replies = self._ask([("eth_getBlockByNumber", [hex(number), False]) for number in asked])
            for number, reply in zip(asked, replies, strict=True):
                header = self._decode(reply, HeaderAnswer)
                if header is None:
                    return found
                if self._sound(header) != number:
                    raise self._bad(f"gave block {header.number} when asked for block {number}")
                found.append(header)
        return found

    @property
    def is_for_development(self) -> bool:
        """Whether it is a node whose chain is its owner's toy: nothing there is ever final."""
        if self._client is None:
            reply = self._ask([("web3_clientVersion", [])], QUICK_S)[0]
            is_secret = reply.error is not None and reply.error.lacks_method
            self._client = "" if is_secret else (self._decode(reply, str) or "").lower()
        return self._client.startswith(_WITHOUT_FINALITY)

    def finalised(self) -> int | None:
        """Height of the finalised block; None where the chain has no such thing.

        Raises FinalityUnknown where the chain may have one and the node does not say: no answer is no "none".
        """
        if self.is_for_development:
            return None
        reply = self._ask([("eth_getBlockByNumber", ["finalized", False])], QUICK_S)[0]
        error = reply.error
        if error is not None and not error.does_not_know_yet:
            if error.lacks_parameter or error.lacks_method:
                return None
            raise self._unsure(shown(error.message))
        block = None if error is not None else self._decode(reply, HeaderAnswer)
        if block is not None:
            return self._sound(block)
        if not may_have_final_blocks(self.head(), self.chain_id(), self._client or ""):
            return None  # blocks are sealed by work or by authorities: nothing there is ever called final
        raise self._unsure("it has none yet" if error is None else shown(error.message))

    def fetch(self, first: int, last: int) -> list[Answer]:
        """Blocks `first`..`last` with their receipts; fewer where the node has not all of them (yet)."""
        answers = []
        for number, (block, receipts) in enumerate(self._blocks.read(range(first, last + 1)), first):
            if block is None or receipts is None:
                break
            if self._sound(block) != number:
                raise self._bad(f"gave block {block.number} when asked for block {number}")
            answers.append(Answer(block, receipts, self.source))
        if answers:
            self.health.well(gave_blocks=True)
        return answers

    def call(self, calls: Sequence[tuple[bytes, bytes]], block_hash: bytes) -> list[bytes | None]:
        """What contracts answer to (address, call data) in the state after a block; None: the call fails, or
        the node has that state no more.
        """
        asked = [{"to": "0x" + to.hex(), "data": "0x" + data.hex()} for to, data in calls]
        return self._state.read("eth_call", asked, block_hash)

    def codes(self, addresses: Sequence[bytes], block_hash: bytes) -> list[bytes | None]:
        """The code of contracts in the state after a block; None where the node has that state no more."""
        return self._state.read("eth_getCode", ["0x" + address.hex() for address in addresses], block_hash)

    def traces(self, blocks: Sequence[tuple[int, bytes]]) -> list[list[TracedCall] | None]:
        """The calls in blocks, given by number and hash; None where the node holds another block."""
        return self._calls.read(blocks)

    def close(self) -> None:
        self._transport.close()

    def _one(self, method: str, params: list[Any], kind: type[T]) -> T:
        answer = self._one_or_none(method, params, kind)
        if answer is None:
            raise self._bad(f"has no answer to {method}")
        return answer

    def _one_or_none(self, method: str, params: list[Any], kind: type[T]) -> T | None:
        return self._decode(self._ask([(method, params)], QUICK_S)[0], kind)

    def _ask(self, calls: Sequence[Call], deadline_s: float | None = None) -> list[Reply]:
        """The replies to calls, in their order, in as few batches as the node takes; a call whose answer is
        too large by itself has an error that says so.
        """
        replies: list[Reply] = []
        size_before = self._batch.size
        while len(replies) < len(calls):
            some, for_long = calls[len(replies) : len(replies) + self._batch.size], True
            try:
                answered = self._exchange(some, deadline_s)
            except NoBatch:
                answered, for_long = _TOO_MANY, False
            except (BatchRefused, AnswerTooLarge) as error:
                answered = [Reply(error=RpcError(TOO_LARGE, str(error)))]
            except (NodeUnreachable, NodeMisbehaved) as error:
                if isinstance(error.__cause__, TooSlow):
                    self._batch.halve(len(some), for_long=False)
                else:
                    self._batch.was_not_to_blame(size_before)
                raise
            if len(some) > 1 and any(reply.error and reply.error.is_too_large for reply in answered):
                self._batch.halve(len(some), for_long)
                continue
            if len(some) > 1 and any(reply.error and reply.error.took_too_long for reply in answered):
                self._batch.halve(len(some), for_long=False)
                continue
            self._batch.went_through(len(some))
            replies += answered
        return replies

    def _exchange(self, calls: Sequence[Call], deadline_s: float | None) -> list[Reply]:
        """One batch. Raises BatchRefused or AnswerTooLarge where a smaller one may do."""
        limit_s = min(deadline_s or self._limits.deadline_s, self._limits.deadline_s)
        started = time.monotonic()
        try:
            body = self._transport.exchange(jsonrpc.encode(calls), limit_s)
        except AnswerTooLarge:
            raise
        except TransportError as error:
            found = self._body_of(error, len(calls))
            if found is None:
                raise self._no_answer(error, len(calls)) from error
            body = found
        self.health.answered(time.monotonic() - started)
        try:
            replies = jsonrpc.decode(body, len(calls))
        except NotJsonRpc as error:
            raise self._bad(f"did not answer in JSON-RPC ({error})") from error
        except BatchRefused as error:
            self._stop_if_asked(spoken(calls[0][0], error.error))
            raise
        replies = [_by_speaker(call, reply) for call, reply in zip(calls, replies, strict=True)]
        for reply in replies:
            self._stop_if_asked(reply.error, is_single=len(replies) == 1)
        self.health.well()
        return replies

    def _body_of(self, error: TransportError, count: int) -> bytes | None:
        """An answer to all calls that came with another status than 200, as some nodes send their errors;
        what a gateway says has no number of a question.
        """
        if not isinstance(error, BadStatus) or error.status in _PATIENCE_STATUS:
            return None
        try:
            replies = jsonrpc.decode(error.body, count)
        except (NotJsonRpc, BatchRefused):
            return None
        return error.body if all(reply.id is not None for reply in replies) else None

    def _no_answer(self, error: TransportError, count: int) -> Exception:
        """What an exchange that did not work means for the one who asked."""
        status = error.status
        if status in _TOO_LARGE_STATUS:
            return AnswerTooLarge(str(error))
        if count > 1 and status in _BATCH_STATUS:
            return BatchRefused(RpcError(status, str(error)))
        if isinstance(error, BadStatus) and status in _PATIENCE_STATUS:
            wait = "" if error.retry_after_s is None else f", for {error.retry_after_s:.0f} s"
            said = NodeUnreachable(f"the node at {self.source} asks for patience ({error}{wait})")
        else:
            asked = _WHAT_IS_WRONG.get(status or 0, "is it running?")
            said = NodeUnreachable(f"no node answers at {self.source} ({error}): {asked}")
        self.health.failed(said, error.retry_after_s)
        return said

    def _stop_if_asked(self, error: RpcError | None, is_single: bool = False) -> None:
        if error is not None and (error.asks_for_patience or (is_single and error.took_too_long)):
            said = NodeUnreachable(f"the node at {self.source} asks for patience: {shown(error.message)}")
            self.health.failed(said)
            raise said

    def _decode(self, reply: Reply, kind: type[T]) -> T | None:
        if reply.error is not None:
            raise self._bad(f"refused: {shown(reply.error.message)}")
        try:
            return _spelled(msgspec.json.decode(reply.result, type=kind | None))
        except msgspec.ValidationError:
            return self._decode_plainly(reply, kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._bad(f"gave an answer of another shape: {error}") from error

    def _decode_plainly(self, reply: Reply, kind: type[T]) -> T | None:
        """The same where null stands for what is missing, or numbers are no hex."""
        try:
            plain = jsonrpc.plainly(msgspec.json.decode(reply.result))
            plain = with_transactions(plain) if kind is BlockAnswer else plain
            return _spelled(msgspec.convert(plain, kind | None))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._bad(f"gave an answer of another shape: {error}") from error

    def _sound(self, header: HeaderAnswer) -> int:
        """The header's number, where number and hashes are such."""
        for text in (header.hash, header.parent_hash):
            if not _HASH.fullmatch(text):
                raise self._bad(f"gave {shown(text)!r} for a hash")
        return self._number(header.number)

    def _number(self, text: str) -> int:
        try:
            number = int(text, 16)
        except ValueError:
            number = -1
        if not 0 <= number < 1 << 64:
            raise self._bad(f"gave {shown(text)!r} for a number")
        return number

    def _unsure(self, why: str) -> FinalityUnknown:
        return FinalityUnknown(
            f"the node at {self.source} does not know its finalised block now ({why}): "
            "wait, or read blocks that may still be replaced with --allow-unfinalised"
        )

    def _bad(self, what: str) -> UndertowError:
        error = NodeMisbehaved(f"the node at {self.source} {shown(what, 400)}")
        self.health.failed(error)
        return error


def _spelled(found: T) -> T:
    """A header whose hashes are not written as most nodes do, as it can only be meant."""
    if not isinstance(found, HeaderAnswer) or all(map(_HASH.fullmatch, (found.hash, found.parent_hash))):
        return found
    try:
        return tidied_header(found)
    except ValueError:
        return found  # it is refused for what it says


def _by_speaker(call: Call, reply: Reply) -> Reply:
    """The reply, its error filed as what a contract says where it is that."""
    if reply.error is None:
        return reply
    return msgspec.structs.replace(reply, error=spoken(call[0], reply.error))
