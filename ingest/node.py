"""Reads nodes: the only module that asks them anything, within a size cap and a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import requests
from eth_typing import URI
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from ingest.answers import Answer, BlockAnswer, HeaderAnswer, ReceiptAnswer, unhex
from ingest.errors import BadInput, NodeMisbehaved, NodeUnreachable, WrongChain
from ingest.redact import redact

T = TypeVar("T")
Call = tuple[str, list[Any]]

CONNECT_S = 3.0
DEADLINE_S = 30.0
CAP_BYTES = 256 * 1024 * 1024
"""Largest answer that is read (ten mainnet blocks: 10 MB): a node gone wrong cannot eat the memory."""

BLOCKS_A_REQUEST = 10
"""About the fastest: fewer pay for round trips, more meet the size limits of hosted nodes."""

_TOO_MANY = {-32005, -32016, -32029, 429}
"""Error codes of hosted nodes that mean "later", not "no"."""

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_WITHOUT_FINALITY = ("anvil/", "hardhat")
"""Development nodes call head - 64 finalised, yet replace it when told to: they have no finalised block."""


class _Error(msgspec.Struct, gc=False, frozen=True):
    code: int = 0
    message: str = ""


class _Reply(msgspec.Struct, gc=False, frozen=True):
    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _Error | None = None


class _CappedProvider(HTTPProvider):
    """web3's provider, reading answers as bytes and only so many of them, for only so long."""

    def post(self, url: URI, calls: Sequence[Call]) -> bytes:
        payload = self.encode_batch_rpc_request([(RPCEndpoint(method), params) for method, params in calls])
        started = time.monotonic()
        with self._request_session_manager.get_response_from_post_request(
            url, data=payload, headers=dict(self.get_request_headers()), stream=True,
            timeout=(CONNECT_S, DEADLINE_S),
        ) as response:  # fmt: skip
            response.raise_for_status()
            return _read(response, started + DEADLINE_S)


def _read(response: requests.Response, until: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(1 << 18):
        body += chunk
        if len(body) > CAP_BYTES:
            raise requests.ConnectionError(f"answer larger than {CAP_BYTES} bytes")
        if time.monotonic() > until:
            raise requests.Timeout(f"answer not complete after {DEADLINE_S:.0f} s")
    return bytes(body)


class Node:
    """One node. Raises NodeUnreachable where it gives no answer, NodeMisbehaved where it gives a bad one."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")) or "://" in url[8:]:
            raise BadInput(f"the node's address {redact(url)} is no http:// or https:// URL")
        self.source = redact(url)
        self._url = URI(url)
        session = requests.Session()
        session.mount("http", requests.adapters.HTTPAdapter(pool_maxsize=32))
        # A proxy set for the internet would swallow calls to a node on this machine.
        session.trust_env = not _is_loopback(self.source)
        self._provider = _CappedProvider(self._url, session=session, exception_retry_configuration=None)

    def chain_id(self) -> int:
        return int(self._one("eth_chainId", [], str), 16)

    def head(self) -> HeaderAnswer:
        """The node's newest block."""
        return self._one("eth_getBlockByNumber", ["latest", False], HeaderAnswer)

    def header(self, number: int) -> HeaderAnswer | None:
        """The header of a block of the node's present chain; None above its head."""
        return self._one_or_none("eth_getBlockByNumber", [hex(number), False], HeaderAnswer)

    def finalised(self) -> int | None:
        """Height of the finalised block; None where the node has no such thing."""
        if self._one("web3_clientVersion", [], str).lower().startswith(_WITHOUT_FINALITY):
            return None
        reply = self._ask([("eth_getBlockByNumber", ["finalized", False])])[0]
        block = None if reply.error else self._decode(reply, HeaderAnswer)
        return None if block is None else block.height

    def fetch(self, first: int, last: int) -> list[Answer]:
        """Blocks `first`..`last` with their receipts; fewer where the node has not all of them (yet)."""
        calls: list[Call] = []
        for number in range(first, last + 1):
            calls += [("eth_getBlockByNumber", [hex(number), True]), ("eth_getBlockReceipts", [hex(number)])]
        replies = self._ask(calls)
        answers = []
        for block_reply, receipts_reply in zip(replies[::2], replies[1::2], strict=True):
            block = self._decode(block_reply, BlockAnswer)
            receipts = self._decode(receipts_reply, list[ReceiptAnswer])
            if block is None or receipts is None:
                break
            answers.append(Answer(block, receipts))
        return answers

    def call(self, calls: Sequence[tuple[bytes, bytes]], block_hash: bytes) -> list[bytes | None]:
        """What contracts answer to (address, call data) in the state after a block; None: the call fails."""
        at = {"blockHash": "0x" + block_hash.hex()}
        asked: list[Call] = [
            ("eth_call", [{"to": "0x" + to.hex(), "data": "0x" + data.hex()}, at]) for to, data in calls
        ]
        return [self._returned(reply) for reply in self._ask(asked)]

    def _returned(self, reply: _Reply) -> bytes | None:
        if reply.error is not None and reply.error.code not in _TOO_MANY:
            return None
        text = self._decode(reply, str)
        return None if text is None else unhex(text)

    def _one(self, method: str, params: list[Any], kind: type[T]) -> T:
        answer = self._one_or_none(method, params, kind)
        if answer is None:
            raise NodeMisbehaved(f"the node at {self.source} has no answer to {method}")
        return answer

    def _one_or_none(self, method: str, params: list[Any], kind: type[T]) -> T | None:
        return self._decode(self._ask([(method, params)])[0], kind)

    def _ask(self, calls: Sequence[Call]) -> list[_Reply]:
        """The replies to one batch of calls, in the order of the calls."""
        try:
            body = self._provider.post(self._url, calls)
        except requests.RequestException as error:
            raise NodeUnreachable(
                f"no node answers at {self.source} ({_why(error)}): is it running?"
            ) from error
        try:
            replies = msgspec.json.decode(body, type=list[_Reply] | _Reply)
        except msgspec.DecodeError as error:
            raise NodeMisbehaved(f"the node at {self.source} did not answer in JSON-RPC ({error})") from error
        if isinstance(replies, _Reply) or len(replies) != len(calls):
            detail = (
                replies.error if isinstance(replies, _Reply) else f"{len(replies)} of {len(calls)} answers"
            )
            raise NodeMisbehaved(f"the node at {self.source} refused a batch of {len(calls)} calls: {detail}")
        return sorted(replies, key=lambda reply: reply.id or 0)

    def _decode(self, reply: _Reply, kind: type[T]) -> T | None:
        if reply.error is not None:
            if reply.error.code in _TOO_MANY:
                raise NodeUnreachable(f"the node at {self.source} asks for patience: {reply.error.message}")
            raise NodeMisbehaved(f"the node at {self.source} refused: {reply.error.message}")
        try:
            return msgspec.json.decode(reply.result, type=kind | None)
        except msgspec.DecodeError as error:
            raise NodeMisbehaved(
                f"the node at {self.source} gave an answer of another shape: {error}"
            ) from error


class Nodes:
    """Nodes of one chain: the one in use is kept until it does not answer, or until `turn` is called."""

    def __init__(self, urls: str, chain_id: int | None = None) -> None:
        """`urls` is separated by commas. Asking one that serves another chain raises WrongChain."""
        self._nodes = [Node(url.strip()) for url in urls.split(",") if url.strip()]
        if not self._nodes:
            raise BadInput("no node given: name one with --rpc URL")
        self._at = 0
        self._known: set[int] = set()
        self._expected = chain_id

    @property
    def source(self) -> str:
        """The node in use, redacted."""
        return self._nodes[self._at].source

    def turn(self) -> None:
        """Goes on to the next node, as this one gave something that cannot be proved."""
        self._at = (self._at + 1) % len(self._nodes)

    def chain_id(self) -> int:
        return self._first(lambda node: self._expected if self._expected is not None else node.chain_id())

    def head(self) -> HeaderAnswer:
        return self._first(Node.head)

    def header(self, number: int) -> HeaderAnswer | None:
        return self._first(lambda node: node.header(number))

    def finalised(self) -> int | None:
        return self._first(Node.finalised)

    def fetch(self, first: int, last: int) -> list[Answer]:
        return self._first(lambda node: node.fetch(first, last))

    def call(self, calls: Sequence[tuple[bytes, bytes]], block_hash: bytes) -> list[bytes | None]:
        return self._first(lambda node: node.call(calls, block_hash))

    def _first(self, ask: Callable[[Node], T]) -> T:
        """The answer of the first node that gives one, beginning with the one in use."""
        for left in range(len(self._nodes) - 1, -1, -1):
            at = self._at
            try:
                self._check(at)
                return ask(self._nodes[at])
            except NodeUnreachable:
                if not left:
                    raise
                self.turn()
        raise AssertionError("there is at least one node")

    def _check(self, at: int) -> None:
        if at in self._known:
            return
        node = self._nodes[at]
        served = node.chain_id()
        if self._expected is None:
            self._expected = served
        elif served != self._expected:
            raise WrongChain(f"the node at {node.source} serves chain {served}, not chain {self._expected}")
        self._known.add(at)


def _is_loopback(source: str) -> bool:
    return source.split("://", 1)[1].rsplit(":", 1)[0].strip("[]") in _LOOPBACK


def _why(error: requests.RequestException) -> str:
    """A reason in a few words, without the URL that the library puts into its own message."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP status {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return (
        "connection refused or lost" if isinstance(error, requests.ConnectionError) else type(error).__name__
    )
