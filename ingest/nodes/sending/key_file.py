"""A private key, read from a file that nobody else may read. It is in no message, name or representation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.model.errors import BadInput
from ingest.model.private_file import read_private

_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Of secp256k1 (SEC 2, 2.4.1): keys lie between 1 and it."""
_MOST_BYTES = 256


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Who sends: `address` is lower-case 0x-hex."""

    address: str
    _secret: bytes = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        """The key of 64 hex digits in a file of mode 0600.

        Raises BadInput where there is none, where others may read it, and where it holds no key; what it
        holds is never in the message.
        """
        text = (
            read_private(path, "key file", _MOST_BYTES).decode("ascii", "replace").strip().removeprefix("0x")
        )
        try:
            secret = bytes.fromhex(text)
        except ValueError:
            secret = b""
        if len(text) != 64 or len(secret) != 32 or not 0 < int.from_bytes(secret, "big") < _ORDER:
            raise BadInput(f"{path} holds no private key: write its 64 hex digits there, and nothing else")
        from eth_account import Account

        return cls(Account.from_key(secret).address.lower(), secret)

    def signed(self, transaction: Mapping[str, Any]) -> tuple[str, str]:
        """The hash of a transaction (EIP-1559, keys as in JSON-RPC, numbers as such) and its signed bytes,
        both 0x-hex.
        """
        from eth_account import Account

        done = Account.sign_transaction(dict(transaction), self._secret)
        return "0x" + bytes(done.hash).hex(), "0x" + bytes(done.raw_transaction).hex()

    def __reduce__(self) -> str:
        raise TypeError("a key is not to be copied into anything")
