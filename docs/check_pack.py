"""Checks a pack of `undertow packs make` without undertow: python check_pack.py FILE KEY

KEY is the signer's public key in hex, got by another way than the pack. Needs Python 3.11 and, from PyPI,
`pycryptodome` (Ed25519). dashboard/README.md has the format. Whether it was withdrawn it cannot know.
"""

import datetime
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from Crypto.Signature import eddsa

KEYS = {
    "": {"head", "content", "signature"},
    "head": {
        "format", "kind", "name", "version", "lists", "chain_id", "source", "licence", "made", "expires",
        "content",
    },
    "signature": {"key", "value"},
}  # fmt: skip


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def expect(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"refused: {what}")


def is_signed(key: str, text: bytes, value: str) -> bool:
    try:
        public = eddsa.import_public_key(bytes.fromhex(key))
        eddsa.new(public, "rfc8032").verify(text, bytes.fromhex(value))
    except ValueError:
        return False
    return True


def check(raw: bytes, key: str) -> None:
    try:
        pack = json.loads(raw)
        expect(raw == canonical(pack) + b"\n", "not in canonical form")
    except (ValueError, RecursionError) as error:
        sys.exit(f"refused: no JSON: {error}")
    for name, wanted in KEYS.items():
        part = pack if name == "" else pack[name]
        expect(isinstance(part, dict) and set(part) == wanted, f"other keys than {sorted(wanted)}")
    expect(all(isinstance(each, str) for each in (pack["content"], *pack["signature"].values())), "no text")
    head, content = pack["head"], pack["content"].encode(errors="replace")
    expect(content.decode() == pack["content"], "half of a letter in its content")
    expect(head["format"] == "undertow-pack/1", "another format")
    expect(pack["signature"]["key"] == key, "another signer's key")
    signed = head["format"].encode() + b"\n" + canonical(head)
    expect(is_signed(key, signed, pack["signature"]["value"]), "the signature is not of this head")
    told = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    expect(head["content"] == told, "the content is not the one that was signed")
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    expect(head["made"] <= today, f"not yet valid: it is of {head['made']}")
    expect(today <= head["expires"], f"expired on {head['expires']}")
    print(f"{head['name']!a} {head['version']}: {head['kind']}, signed; from {head['source']!a}")
    print(f"licence {head['licence']!a}; SHA-256 of the file {hashlib.sha256(raw).hexdigest()}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python check_pack.py FILE KEY")
    check(Path(sys.argv[1]).read_bytes(), sys.argv[2])
