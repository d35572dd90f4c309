"""The one door through which undertow writes to a chain: web3.py encodes the calls.

It speaks to anvil, which signs for any address (impersonation), so that no key exists anywhere. Requests go
over a connection of our own: a world asks some fifty times a block, and web3's provider takes longer to put
such a question than anvil to answer it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import urllib3
from eth_abi.abi import encode, is_encodable_type
from eth_abi.exceptions import ABITypeError, EncodingError, ParseError
from eth_typing import HexAddress, HexStr
from web3 import Web3
from web3.types import Nonce
from web3.utils.address import get_create_address

from ingest.model.errors import BadInput, NodeMisbehaved, NodeUnreachable
from ingest.model.redact import redact

_DEEPEST = 1_000
"""Python's own limit. py_ecc, which web3 imports, sets it a hundred times as high: JSON that is nested deeply
would then end the process instead of in a RecursionError.
"""
sys.setrecursionlimit(min(sys.getrecursionlimit(), _DEEPEST))

Address = str
"""Lower-case 0x-hex, 20 bytes."""

Request = tuple[str, list[Any]]
"""A JSON-RPC method and its parameters."""

_DEADLINE_S = 30
_HEADERS = {"Content-Type": "application/json"}
_BATCH = 200
"""Requests sent at once: anvil answers a batch of about 2 MB with one error for all of it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request the node answered with an error."""

    message: str


@dataclass(frozen=True, slots=True)
class Wallet:
    """A connection to a node that signs for every address."""

    url: str
    pool: urllib3.HTTPConnectionPool

    @classmethod
    def connect(cls, url: str) -> Wallet:
        """Raises NodeUnreachable where nothing answers JSON-RPC at `url`."""
        try:
            pool = urllib3.connectionpool.connection_from_url(url, timeout=_DEADLINE_S, retries=False)
        except urllib3.exceptions.HTTPError as error:
            raise _silent(url, error) from error
        wallet = cls(url, pool)
        wallet.ask("eth_chainId")
        return wallet

    def require_anvil(self) -> None:
        """Raises BadInput where the node is not anvil: elsewhere nobody sends without keys."""
        client = self.attempt_all([("web3_clientVersion", [])])[0]
        if not str(client).lower().startswith("anvil"):
            raise BadInput(
                f"node {redact(self.url)} is not anvil: actors can only be played on a local chain,"
                " start one with 'undertow chain'"
            )

    def ask(self, method: str, *params: Any) -> Any:
        """The result of one request. Raises NodeUnreachable, or NodeMisbehaved where the node refuses."""
        return self.ask_all([(method, list(params))])[0]

    def ask_all(self, calls: Sequence[Request]) -> list[Any]:
        """The results in the order of `calls`. Raises as `ask` does, on the first refusal."""
        results = self.attempt_all(calls)
        for (method, _), result in zip(calls, results, strict=True):
            if isinstance(result, Refusal):
                raise NodeMisbehaved(f"node {redact(self.url)} refused {method}: {result.message}")
        return results

    def attempt_all(self, calls: Sequence[Request]) -> list[Any]:
        """As `ask_all`, with a Refusal in place of each result that the node refused."""
        results: list[Any] = []
        for start in range(0, len(calls), _BATCH):
            results += self._send(calls[start : start + _BATCH])
        return results

    def _send(self, calls: Sequence[Request]) -> list[Any]:
        asked = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
        try:
            answer = self.pool.urlopen("POST", self.url, msgspec.json.encode(asked), _HEADERS)
            answers = msgspec.json.decode(answer.data)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise _silent(self.url, error) from error
        if not isinstance(answers, list):
            return [_outcome(answers)] * len(calls)
        return [_outcome(answer) for answer in sorted(answers, key=lambda answer: answer.get("id", 0))]


def _silent(url: str, error: Exception) -> NodeUnreachable:
    return NodeUnreachable(
        f"node {redact(url)} does not answer ({type(error).__name__}):"
        " check the URL, or start a local chain with 'undertow chain'"
    )


def _outcome(answer: Any) -> Any:
    if "error" in answer:
        return Refusal(str(answer["error"].get("message", answer["error"])))
    return answer.get("result")


def call_data(signature: str, *arguments: Any) -> str:
    """Call data of `signature`, such as "transfer(address,uint256)", as 0x-hex."""
    types = types_of(signature)
    return selector(signature) + encode(types, arguments).hex()


def words(types: Sequence[str], arguments: Sequence[Any]) -> str | None:
    """Arguments as call data has them, hex without 0x; None where they do not fit the types."""
    try:
        return encode(types, arguments).hex()
    except (EncodingError, ParseError, ABITypeError, TypeError, ValueError):
        return None


def is_type(text: str) -> bool:
    """Whether it is a type of the ABI, such as `uint256[2]` or `(address,bytes)`."""
    return is_encodable_type(text)


def constructor_data(bytecode: str, types: Sequence[str], arguments: Sequence[Any]) -> str:
    """The data of a transaction that deploys `bytecode` (0x-hex) with these constructor arguments."""
    return bytecode + encode(types, arguments).hex()


def created_address(sender: Address, nonce: int) -> Address:
    """Where the contract comes to lie that `sender` deploys with `nonce`."""
    return get_create_address(HexAddress(HexStr(sender)), Nonce(nonce)).lower()


def create2_address(deployer: Address, salt_of: bytes, code_hash: str) -> Address:
    """Where a factory puts a contract by CREATE2 (EIP-1014), its salt the keccak-256 of `salt_of`."""
    parts = b"\xff" + bytes.fromhex(deployer[2:]) + bytes(Web3.keccak(salt_of)) + bytes.fromhex(code_hash[2:])
    return "0x" + bytes(Web3.keccak(parts))[-20:].hex()


def address_of(text: str) -> Address:
    """An address nobody has a key of, the same for the same `text`."""
    return "0x" + bytes(Web3.keccak(text=text))[-20:].hex()


@functools.cache
def selector(signature: str) -> str:
    """The first four bytes of call data for `signature`, as 0x-hex."""
    return "0x" + bytes(Web3.keccak(text=signature))[:4].hex()


@functools.cache
def types_of(signature: str) -> tuple[str, ...]:
    """The types of its parameters, or of a tuple's fields; a comma inside a tuple separates nothing."""
    inside, depth, parts = signature[signature.index("(") + 1 : -1], 0, [""]
    for letter in inside:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(parts) if inside else ()
