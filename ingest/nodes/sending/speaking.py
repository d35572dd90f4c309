"""What a sender asks of its node: plain answers, numbers as such, refusals told apart from silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest.model.errors import NodeMisbehaved, NodeUnreachable, UndertowError
from ingest.model.redact import shown
from ingest.nodes import jsonrpc
from ingest.nodes.addresses import open_transport, source_of
from ingest.nodes.jsonrpc import BatchRefused, Call, NotJsonRpc, Reply
from ingest.nodes.transport import Transport, TransportError

DEADLINE_S = 20.0
_CAP_BYTES = 16 * 1024 * 1024


class Refused(UndertowError):
    """What the node answered instead of a result: its words, the data of a call that was reverted, and
    whether it does not offer what it was asked for.
    """

    def __init__(self, message: str, data: str = "", lacks_method: bool = False) -> None:
        super().__init__(shown(message))
        self.data = data
        self.lacks_method = lacks_method


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a transaction stands: block number and hash, whether it did what it should, what it made."""

    block: int
    block_hash: str
    ok: bool
    created: str | None


class Speaker:
    """Asks one node. Raises NodeUnreachable where it gives no answer, NodeMisbehaved where it gives a bad
    one, Refused where it says no.
    """

    def __init__(self, url: str, transport: Transport | None = None, cap_bytes: int = _CAP_BYTES) -> None:
        self.source = source_of(url)
        self._transport = transport or open_transport(url, cap_bytes)

    def ask(self, method: str, *parameters: Any) -> Any:
        answer = self.ask_all([(method, list(parameters))])[0]
        if isinstance(answer, Refused):
            raise answer
        return answer

    def ask_all(self, calls: Sequence[Call]) -> list[Any]:
        """The answers to several calls, asked at once, in their order; Refused itself in the place of each
        that the node refused.
        """
        if not calls:
            return []
        try:
            replies = jsonrpc.decode(self._transport.exchange(jsonrpc.encode(calls), DEADLINE_S), len(calls))
        except (TransportError, BatchRefused) as error:
            raise NodeUnreachable(f"no node answers at {self.source} ({error}): is it running?") from error
        except NotJsonRpc as error:
            raise NodeMisbehaved(f"the node at {self.source} did not answer in JSON-RPC ({error})") from error
        return [self._answer(reply) for reply in replies]

    def _answer(self, reply: Reply) -> Any:
        if reply.error is not None:
            data = reply.error.data
            lacks = reply.error.lacks_method
            return Refused(reply.error.message, data if isinstance(data, str) else "", lacks)
        try:
            return msgspec.json.decode(reply.result)
        except (msgspec.DecodeError, RecursionError) as error:
            raise NodeMisbehaved(f"the node at {self.source} did not answer in JSON ({error})") from error

    def number(self, method: str, *parameters: Any) -> int:
        """The answer as a number of at most 256 bits."""
        answer = self.ask(method, *parameters)
        try:
            return int(answer, 16)
        except (TypeError, ValueError):
            raise self._bad(method, answer) from None

    def chain_id(self) -> int:
        return self.number("eth_chainId")

    def head(self) -> int:
        return self.number("eth_blockNumber")

    def nonce(self, address: str, block: str | int = "latest") -> int:
        at = hex(block) if isinstance(block, int) else block
        return self.number("eth_getTransactionCount", address, at)

    def receipt(self, transaction: str) -> Receipt | None:
        """None while it stands in no block of the node's present chain."""
        answer = self.ask("eth_getTransactionReceipt", transaction)
        if answer is None:
            return None
        try:
            if answer["blockHash"] is None or answer["transactionHash"].lower() != transaction:
                return None
            created = answer.get("contractAddress")
            ok, block = int(answer["status"], 16) == 1, int(answer["blockNumber"], 16)
            return Receipt(block, answer["blockHash"], ok, created and created.lower())
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._bad("eth_getTransactionReceipt", answer) from None

    def knows(self, transaction: str) -> bool:
        """Whether it is in a block, or waits for one."""
        return self.ask("eth_getTransactionByHash", transaction) is not None

    def base_fee(self) -> int:
        """Of the newest block, in wei a unit of gas; 0 where the chain has none."""
        block = self.ask("eth_getBlockByNumber", "latest", False)
        try:
            return int(block.get("baseFeePerGas") or "0x0", 16)
        except (AttributeError, TypeError, ValueError):
            raise self._bad("eth_getBlockByNumber", block) from None

    def block_time(self) -> int:
        """Of the newest block, seconds UTC: the clock of contracts."""
        block = self.ask("eth_getBlockByNumber", "latest", False)
        try:
            return int(block["timestamp"], 16)
        except (KeyError, TypeError, ValueError):
            raise self._bad("eth_getBlockByNumber", block) from None

    def newest_hash(self) -> dict[str, str]:
        """Names the newest block as calls take it (EIP-1898)."""
        block = self.ask("eth_getBlockByNumber", "latest", False)
        if not isinstance(block, dict) or not isinstance(block.get("hash"), str):
            raise self._bad("eth_getBlockByNumber", block)
        return {"blockHash": block["hash"]}

    def call(self, to: str, data: str, block: object = "latest") -> bytes:
        """What a contract answers. Raises Refused where the call reverts."""
        answer = self.ask("eth_call", {"to": to, "data": data}, block)
        try:
            return bytes.fromhex(answer.removeprefix("0x"))
        except (AttributeError, ValueError):
            raise self._bad("eth_call", answer) from None

    def close(self) -> None:
        self._transport.close()

    def _bad(self, method: str, answer: object) -> NodeMisbehaved:
        return NodeMisbehaved(
            f"the node at {self.source} gave {shown(str(answer)[:60])!r} as its answer to {method}"
        )


def words(data: bytes, count: int) -> Sequence[bytes] | None:
    """The first `count` words of 32 bytes of an answer; None where it is shorter."""
    return None if len(data) < 32 * count else [data[32 * at : 32 * at + 32] for at in range(count)]
