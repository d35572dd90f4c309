"""People who sign off chain: allowances that somebody else brings onto the chain (ERC-2612, Permit2).

Everybody else here is impersonated and has no key. The keys of these are drawn from the story's dice, and
belong to nobody outside of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from ingest.localchain.chain.wallet import Address

_PERMIT = {
    "Permit": [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ]
}
_PERMIT2 = {
    "PermitDetails": [
        {"name": "token", "type": "address"},
        {"name": "amount", "type": "uint160"},
        {"name": "expiration", "type": "uint48"},
        {"name": "nonce", "type": "uint48"},
    ],
    "PermitSingle": [
        {"name": "details", "type": "PermitDetails"},
        {"name": "spender", "type": "address"},
        {"name": "sigDeadline", "type": "uint256"},
    ],
}


@dataclass(frozen=True, slots=True)
class Signature:
    """The parts of an ECDSA signature over secp256k1."""

    v: int
    r: bytes
    s: bytes

    @property
    def packed(self) -> bytes:
        """As contracts take it in one piece: r, s, v."""
        return self.r + self.s + bytes([self.v])


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody with a key."""

    key: bytes
    address: Address

    @classmethod
    def drawn(cls, rng: Random) -> Signer:
        key = rng.randbytes(32)
        return cls(key, Account.from_key(key).address.lower())

    def permit(self, domain: Mapping[str, Any], spender: Address, value: int, deadline: int) -> Signature:
        """ERC-2612: `spender` may take `value` token units. The signer's first for this token."""
        message = {
            "owner": self.address,
            "spender": spender,
            "value": value,
            "nonce": 0,
            "deadline": deadline,
        }
        return self._sign(domain, _PERMIT, message)

    def permit2(self, domain: Mapping[str, Any], details: Mapping[str, Any], spender: Address) -> Signature:
        """Permit2's PermitSingle: `details` has token, amount, expiration, nonce."""
        message = {"details": details, "spender": spender, "sigDeadline": details["expiration"]}
        return self._sign(domain, _PERMIT2, message)

    def _sign(
        self, domain: Mapping[str, Any], types: Mapping[str, Any], message: Mapping[str, Any]
    ) -> Signature:
        signable = encode_typed_data(dict(domain), dict(types), dict(message))
        signed = Account.sign_message(signable, self.key)
        return Signature(signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))
