"""Contracts of ours as calls and answers: words of 32 bytes, nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.blocks.trie import keccak
from ingest.model.errors import BadInput
from ingest.nodes.sending.speaking import Refused, Speaker, words


def call_data(signature: str, arguments: bytes = b"") -> str:
    """Of a call with arguments that are encoded already."""
    return "0x" + (keccak(signature.encode())[:4] + arguments).hex()


def encoded(*numbers: int) -> bytes:
    """A word each."""
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def number_in(word: bytes) -> int:
    return int.from_bytes(word, "big")


def address_in(word: bytes) -> str:
    return "0x" + word[12:].hex()


def why_refused(refusal: Refused, known: Mapping[str, str]) -> str:
    """Why a contract refused, by its errors' signatures; the node's words where it was none of these."""
    told = refusal.data.removeprefix("0x")[:8]
    return next((why for name, why in known.items() if keccak(name.encode())[:4].hex() == told), str(refusal))


class Contract:
    """The contract at `address` on the chain of `node`. Raises as the node does; BadInput where no contract
    of ours answers there.
    """

    def __init__(self, node: Speaker, address: str) -> None:
        self._node = node
        self.address = address

    def _answer(self, signature: str, arguments: bytes, count: int, block: object) -> list[bytes]:
        """So many words. Raises Refused where the call reverts, or the node has lost the block."""
        found = words(self._node.call(self.address, call_data(signature, arguments), block), count)
        if found is None:
            raise BadInput(
                f"at {self.address} on {self._node.source} lies no contract of undertow: check its address"
            )
        return list(found)

    def _words(self, signature: str, arguments: bytes, count: int, block: object = "latest") -> list[bytes]:
        """As `_answer`, and a refusal is BadInput: a contract of ours refuses no question."""
        try:
            return self._answer(signature, arguments, count, block)
        except Refused as error:
            raise BadInput(f"{self.address} on {self._node.source} refused {signature}: {error}") from None

    def _number(self, signature: str, arguments: bytes = b"") -> int:
        return number_in(self._words(signature, arguments, 1)[0])
