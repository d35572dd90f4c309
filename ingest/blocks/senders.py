"""Whether transactions are of who is said to have sent them: their hashes, and the keys that signed them.

The one door to libsecp256k1. To recover a key takes longer than to prove the block, so it is done on request.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.blocks import signed
from ingest.blocks.answers import TransactionAnswer, number, unhex
from ingest.blocks.receipts import DEPOSIT
from ingest.blocks.trie import keccak
from ingest.blocks.unpacked import named_sender, signing_of


def sender_difference(
    transactions: Sequence[TransactionAnswer], encodings: Sequence[bytes] | None = None
) -> str | None:
    """The first transaction whose hash or sender is not what its bytes and its signature say; None where all
    are.

    Deposits nobody signs; development nodes leave the signature of an impersonated wallet out (r = s = 0);
    and what cannot be encoded cannot be hashed: none of these is looked at. `encodings` are those of all
    transactions, where they are made already. Raises ValueError for what is no hex.
    """
    for at, transaction in enumerate(transactions):
        if is_unsigned(transaction):
            continue
        try:
            made = keccak(signed.encoded(transaction) if encodings is None else encodings[at])
        except (signed.UnknownType, signed.Incomplete):
            continue
        if made != unhex(transaction.hash):
            return f"transaction {at} hashes to 0x{made.hex()}, not to {transaction.hash}"
        sender = recovered(transaction)
        if sender != unhex(transaction.sender):
            told = "nobody" if sender is None else f"0x{sender.hex()}"
            return f"transaction {at} ({transaction.hash}) is signed by {told}, not by {transaction.sender}"
    return None


def is_unsigned(transaction: TransactionAnswer) -> bool:
    if int(number(transaction.type) or "0x0", 16) == DEPOSIT:
        return True
    return not int(transaction.r or "0x0", 16) and not int(transaction.s or "0x0", 16)


def recovered(transaction: TransactionAnswer) -> bytes | None:
    """The address whose key signed; None where no key can have made the signature."""
    r, s = (int(word or "0x0", 16) for word in (transaction.r, transaction.s))
    return _signer(signed.signed_part(transaction), r, s, signed.parity(transaction))


def sender_of(envelope: bytes) -> bytes | None:
    """The same of the bytes that the transactions root is over; whom a deposit names. None where nobody
    signed. Raises ValueError for what is no transaction.
    """
    signing = signing_of(envelope)
    return named_sender(envelope) if signing is None else _signer(*signing)


def _signer(message: bytes, r: int, s: int, parity: int) -> bytes | None:
    from coincurve import PublicKey

    try:
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((parity,))
        key = PublicKey.from_signature_and_message(signature, keccak(message), hasher=None)
    except (ValueError, OverflowError):
        return None
    return keccak(key.format(compressed=False)[1:])[12:]
