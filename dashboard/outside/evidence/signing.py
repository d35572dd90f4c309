"""This instance's key (Ed25519, RFC 8032), which signs bundles and packs. The one door to cryptography."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from dashboard.outside.evidence.bundle import FORMAT
from dashboard.outside.evidence.canonical import canonical
from ingest.model.errors import BadInput

_OWN = 0o600


def message(digests: dict[str, str]) -> bytes:
    """What is signed: the format's name, so that a signature serves nothing else, and the digests."""
    return FORMAT.encode() + b"\n" + canonical(digests)


def is_signed(key: str, digests: dict[str, str], value: str) -> bool:
    """Whether the key (hex of its 32 bytes) signed these digests."""
    return is_signed_as(key, message(digests), value)


def is_signed_as(key: str, text: bytes, value: str) -> bool:
    """Whether the key (hex of its 32 bytes) signed this text, which begins with the name of its format."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(value), text)
    except (InvalidSignature, ValueError):
        return False
    return True


class Signer:
    """A private key in a file that nobody else can read; it is made where there is none."""

    def __init__(self, path: Path) -> None:
        """Raises BadInput where the file cannot be made, is open to others, or holds no such key."""
        self._key = _made(path) if _is_free(path) else _read(path)

    @property
    def public(self) -> str:
        """The public key in hex: what others know this instance by."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, digests: dict[str, str]) -> str:
        return self.sign_as(message(digests))

    def sign_as(self, text: bytes) -> str:
        """Signs a text that begins with the name of its format, so that the signature serves no other."""
        return self._key.sign(text).hex()


def _is_free(path: Path) -> bool:
    """Whether there is no file of this name: one that cannot be looked at is none that is to be made."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise BadInput(f"the key {path} cannot be read: {error.strerror}; give another --key-file") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadInput(
            f"others can reach the key {path}: chmod 600 {path}, or make a new one if they read it"
        )
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{path} holds no private key in PEM without a password: {_MEND}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"the key {path} is not of Ed25519: {_MEND}")
    return key


_MEND = "give another --key-file, or remove the file to have a new key made"


def _made(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN)
        with os.fdopen(handle, "wb") as out:
            out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        if path.is_file():  # another process was first
            return _read(path)
        raise BadInput(
            f"the key {path} cannot be written: {error.strerror}; give another --key-file"
        ) from error
    return key
