"""Checks a bundle of `undertow evidence` without undertow: python verify_bundle.py FILE

Needs Python 3.11, from PyPI `rlp` and `pycryptodome` (Keccak, Ed25519). detectors/README.md has the format.
Whether the headers are on a chain it cannot know: compare the hashes that it prints with a node's.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import rlp
from Crypto.Hash import keccak as _keccak
from Crypto.Signature import eddsa

LISTS = "/alert /alert/evidence /blocks /facts /steps /models"
DIVIDED = {"/evidence", *(f"/evidence{name}" for name in LISTS.split())}
DIVIDED |= {"/filed", "/filed/revisions", "/anchored", "/anchored/later"}
TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
PLACES = {0: (3, 4), 1: (4, 5), 2: (5, 6), 3: (5, 6), 4: (5, 6), 0x7E: (2, 4)}  # payee and value, by type


def keccak(data: bytes) -> bytes:
    return _keccak.new(digest_bits=256, data=data).digest()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def expect(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"refused: {what}")


def times(k: int, point: Any, add: Any, found: Any = (0, 1)) -> Any:
    while k:
        found, point, k = add(found, point) if k & 1 else found, add(point, point), k >> 1
    return found


def parts(place: str, value: Any) -> dict[str, str]:
    """The SHA-256 of each part that has one, by its place."""
    if (place and place not in DIVIDED) or not isinstance(value, dict | list):
        return {place: hashlib.sha256(canonical(value)).hexdigest()}
    named = value.items() if isinstance(value, dict) else enumerate(value)
    return {p: d for name, each in named for p, d in parts(f"{place}/{name}", each).items()}


def proved(root: bytes, index: int, nodes: list[str]) -> bytes:
    """The value at a place of a trie (yellow paper, appendix D)."""
    path, wanted = rlp.encode(index).hex(), root
    for node in (bytes.fromhex(each[2:]) for each in nodes):
        expect(keccak(node) == wanted, f"a node of place {index} does not hash to what leads to it")
        below = rlp.decode(node)
        while not isinstance(below, bytes):
            items: list[Any] = below
            if len(items) == 17:
                below, path = items[int(path[0], 16)], path[1:]
            else:
                own = items[0].hex()
                shared = own[1:] if own[0] in "13" else own[2:]
                expect(path.startswith(shared), f"a proof leads to another place than {index}")
                below, path = items[1], path[len(shared) :]
                if own[0] in "23":
                    expect(not path and node.hex() == nodes[-1][2:], f"nodes behind the leaf of {index}")
                    return bytes(below)
        wanted = below
    sys.exit(f"refused: the nodes of place {index} end before a leaf")


def opened(data: bytes) -> tuple[int, list[Any]]:
    return (data[0], rlp.decode(data[1:])) if data[0] < 0xC0 else (0, rlp.decode(data))


def sender(data: bytes) -> str | None:
    """Who signed a transaction; None where nobody did (SEC 1, 4.1.6, on secp256k1)."""
    kind, fields = opened(data)
    if kind == 0x7E:
        return "0x" + fields[1].hex()
    v, r, s = (int.from_bytes(each, "big") for each in fields[-3:])
    if not r and not s:
        return None
    part = fields[:-3] + ([(v - 35) // 2, 0, 0] if not kind and v >= 35 else [])
    digest = int.from_bytes(keccak((bytes([kind]) if kind else b"") + rlp.encode(part)), "big")
    odd = v if kind else (v - 35) % 2 if v >= 35 else v - 27
    p, n = 2**256 - 2**32 - 977, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    base = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
            0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)  # fmt: skip

    def add(a: Any, b: Any) -> Any:
        if a is None or b is None or (a[0] == b[0] and (a[1] + b[1]) % p == 0):
            return a if b is None else b if a is None else None
        top, low = (3 * a[0] * a[0], 2 * a[1]) if a == b else (b[1] - a[1], b[0] - a[0])
        m = top * pow(low, -1, p) % p
        x = (m * m - a[0] - b[0]) % p
        return x, (m * (a[0] - x) - a[1]) % p

    y = pow(r**3 + 7, (p + 1) // 4, p)
    nonce = (r, y if y % 2 == odd else p - y)
    one = pow(r, -1, n)
    key = add(times(s * one % n, nonce, add, None), times(-digest * one % n, base, add, None))
    return "0x" + keccak(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:].hex()


def of_log(log: list[Any]) -> tuple[Any, ...]:
    """Token, payer, payee and amount of a Transfer of ERC-20 or ERC-721."""
    topics = [topic.hex() for topic in log[1]]
    expect(len(topics) in (3, 4) and topics[0] == TRANSFER, "a row is called a transfer, and its log is none")
    amount = int.from_bytes(log[2], "big") if len(topics) == 3 else 1
    return "0x" + log[0].hex(), "0x" + topics[1][24:], "0x" + topics[2][24:], str(amount)


def check_row(row: dict[str, Any], receipt: list[Any], first_log: int, envelope: bytes | None) -> str:
    said = (row["token"], row["from_address"], row["to_address"], row["amount"])
    who = sender(envelope) if envelope else None
    if row["trace_index"] is not None:
        return "stated: of a call inside of the transaction"
    if row["log_index"] is not None:
        log = receipt[3][row["log_index"] - first_log]
        if row["kind"] in ("erc20", "erc721"):
            expect(of_log(log) == said, f"a row says {said}, its log {of_log(log)}")
            return "proved" if who else "stated: whose transaction the receipt is of"
        return f"{'proved' if who else 'stated'} that this log is there; what it is called is stated"
    if envelope is None or row["amount"] is None:
        return "proved" if who else "stated: the transaction is under no proof, or nobody signed it"
    (kind, fields), (to, value) = (its := opened(envelope)), PLACES[its[0]]
    created = keccak(rlp.encode([bytes.fromhex((who or "0x")[2:]), fields[1 if kind else 0]]))[12:]
    paid = (None, who or row["from_address"], "0x" + (fields[to] or created).hex(),
            str(int.from_bytes(fields[value], "big")))  # fmt: skip
    expect(paid == said, f"a row says {said}, its transaction {paid}")
    return "proved" if who else "stated: nobody signed the transaction"


def over(at: int, count: int, path: list[bytes], leaf: bytes) -> bytes:
    """The root over a leaf, with the hashes beside its way up (RFC 9162, 2.1, with Keccak)."""
    if count < 2 or not path:
        return leaf if count == 1 and not path else b""
    split, *beside = 1 << (count - 1).bit_length() - 1, path[-1]
    ends = (0, split) if at < split else (split, count)
    below = over(at - ends[0], ends[1] - ends[0], path[:-1], leaf)
    return keccak(b"\1" + b"".join([below, *beside] if at < split else [*beside, below]))


def check_anchored(proof: dict[str, Any], name: bytes) -> None:
    told, leaf, chain = proof["stretch"], proof["leaves"][0], proof["chain_id"].to_bytes(8, "big")
    start = b"\0undertow alert revision 1\n" + chain + len(name).to_bytes(2, "big") + name
    path = [bytes.fromhex(each[2:]) for each in leaf["path"]]
    made = over(leaf["place"], told["leaves"], path, keccak(start + keccak(canonical(proof["record"]))))
    expect("0x" + made.hex() == told["root"], "what is shown as anchored does not lead to its root")
    print(f"anchored, if the contract has blocks {told['first']} to {told['last']} under {told['root']}")


def main(path: str) -> None:
    content = Path(path).read_bytes()
    bundle = json.loads(content)
    expect(content == canonical(bundle) + b"\n", "the file is not in canonical form")
    signature = bundle.pop("signature")
    made, told = parts("", bundle), signature["digests"]
    for place in sorted(made | told):
        expect(made.get(place) == told.get(place), f"{place} is not what was signed")
    text = b"undertow-evidence/1\n" + canonical(signature["digests"])
    try:
        key = eddsa.import_public_key(bytes.fromhex(signature["key"]))
        eddsa.new(key, "rfc8032").verify(text, bytes.fromhex(signature["value"]))
    except ValueError:
        sys.exit("refused: the signature is not of this key and these digests")
    alert, found = bundle["evidence"]["alert"], {}
    for block in bundle["evidence"]["blocks"]:
        if block["header"] is None:
            print(f"block {block['number']}: stated, {block['note']}")
            continue
        raw = bytes.fromhex(block["header"][2:])
        expect("0x" + keccak(raw).hex() == block["hash"], f"block {block['number']} has another hash")
        header = rlp.decode(raw)
        sent, received, number = (header[at] for at in ((3, 4, 6) if len(header) == 10 else (4, 5, 8)))
        expect(int.from_bytes(number, "big") == block["number"], "a header is of another height")
        print(f"block {block['number']}: proved to be {block['hash']}, if that is on the chain")
        envelopes = {(at := each["index"]): proved(sent, at, each["nodes"]) for each in block["transactions"]}
        found[block["number"], block["hash"]] = None
        for each in block["receipts"]:
            envelope = envelopes.get(each["index"])
            named = not envelope or not sender(envelope) or keccak(envelope).hex() == each["transaction"][2:]
            expect(named, "a receipt is of another transaction")
            receipt = opened(proved(received, each["index"], each["nodes"]))[1]
            found[block["number"], each["transaction"]] = receipt, each["first_log"], envelope
    for number, row in enumerate(alert["evidence"]):
        held = found.get((row["block_number"], row["transaction"]), ())
        print(f"row {number}:", "proved" if held is None else check_row(row, *held) if held else "stated")
    if bundle["anchored"]:
        check_anchored(bundle["anchored"]["proof"], alert["id"].encode())
    print(f"signed by {signature['key']}: {alert['category']} {alert['id']}, {alert['status']}")


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) == 2 else sys.exit("usage: python verify_bundle.py FILE")
