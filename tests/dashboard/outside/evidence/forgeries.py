"""The forgeries that are tried: how each is made, the name under which it is refused, and where."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from detectors.engine.revisions import alert_id
from ingest.blocks.rlp import wrap
from ingest.blocks.trie import keccak
from tests.dashboard.outside.evidence.bundles import Plain, parsed

Change = Callable[[Plain], Any]
OTHER = "0x" + "77" * 20


def put(path: str, value: Any) -> Change:
    """Puts a value (or what a function makes of the old one) in a place of a bundle."""
    *above, last = path.strip("/").split("/")

    def change(plain: Plain) -> None:
        held: Any = plain
        for name in above:
            held = held[int(name) if isinstance(held, list) else name]
        key = int(last) if isinstance(held, list) else last
        held[key] = value(held[key]) if callable(value) else value

    return change


def flipped(text: str) -> str:
    """Hex with its last digit another."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def swap(plain: list[Any]) -> list[Any]:
    return [plain[1], plain[0], *plain[2:]]


def both(*changes: Change) -> Change:
    def change(plain: Plain) -> None:
        for each in changes:
            each(plain)

    return change


def renamed(chain_id: int) -> Change:
    """An alert that says it is of another chain, its id made for that."""

    def change(plain: Plain) -> None:
        told = plain["evidence"]["alert"]
        opens = bytes.fromhex(told["transactions"][0][2:])
        about = f"wallet:{told['subject']['id']}"
        told["chain_id"] = chain_id
        told["id"] = alert_id(chain_id, told["detector"], about, opens, told["category"])
        for revision in plain["filed"]["revisions"]:
            revision["record"] |= {"chain_id": chain_id, "id": told["id"]}

    return change


def said(key: str, value: Any) -> Change:
    """Changes what the alert says, and its last revision with it."""
    return both(put(f"evidence/alert/{key}", value), put(f"filed/revisions/0/record/{key}", value))


def row(at: int, key: str, value: Any) -> Change:
    return said(f"evidence/{at}/{key}", value)


def other_header(plain: Plain) -> None:
    """A header with another receipts root, and the name that it hashes to: consistent, of no chain."""
    block = plain["evidence"]["blocks"][0]
    block["header"] = block["header"].replace("00" * 8, "00" * 7 + "01", 1)
    block["hash"] = "0x" + keccak(bytes.fromhex(block["header"][2:])).hex()


def of_another_block(plain: Plain) -> None:
    """A genuine receipt of block 101, shown as one of block 100."""
    blocks = plain["evidence"]["blocks"]
    blocks[0]["receipts"][0]["nodes"] = blocks[1]["receipts"][0]["nodes"]


def exchanged(plain: Plain) -> None:
    """Two genuine receipts, each said to be of the other's transaction."""
    one, other = plain["evidence"]["blocks"][0]["receipts"][:2]
    one["transaction"], other["transaction"] = other["transaction"], one["transaction"]


def retraction(plain: Plain) -> None:
    """The store filed that the alert is gone; the bundle shows it as final."""
    last = copy.deepcopy(plain["filed"]["revisions"][-1])
    last["record"] |= {"status": "retracted", "retraction_reason": "its block left the chain"}
    plain["filed"]["revisions"].append({"kind": "retracted", "record": last["record"]})


def without_trace(plain: Plain) -> None:
    """The call inside of bob's payment is shown as his payment's own value."""
    for held in (plain["evidence"]["alert"], plain["filed"]["revisions"][0]["record"]):
        held["evidence"][4]["trace_index"] = None


def nested() -> bytes:
    found = b""
    for _ in range(40_000):
        found = wrap(found)
    return found


BLOCK, FILED = "evidence/blocks/0", "filed/revisions"
WITH_A_KEY: dict[str, tuple[Change, str, str]] = {
    # headers
    "a header of which a byte is another": (put(f"{BLOCK}/header", flipped), "wrong-header", "/blocks/0"),
    "a header that is no header": (
        both(put(f"{BLOCK}/header", "0xc0"), put(f"{BLOCK}/hash", "0x" + keccak(b"\xc0").hex())),
        "wrong-header", "/blocks/0/header"),
    "a header of lists inside of lists": (
        both(put(f"{BLOCK}/header", "0x" + nested().hex()),
             put(f"{BLOCK}/hash", "0x" + keccak(nested()).hex())),
        "wrong-header", "/blocks/0/header"),
    "a made-up header with the hash that it has": (other_header, "wrong-block", "/blocks/0/hash"),
    "a block's name that is another": (put("evidence/blocks/1/hash", flipped), "wrong-header", "/blocks/1"),
    "a header that is left out": (put(f"{BLOCK}/header", None), "wrong-header", "/blocks/0/header"),
    "a block under another height": (
        both(put("evidence/blocks/2/number", 103), *(row(at, "block_number", 103) for at in (5, 6)),
             said("updated_block", 103)),
        "wrong-number", "/blocks/2/number"),
    "an alert of another time": (said("timestamp", 1_700_000_000), "wrong-time", "/alert/timestamp"),
    "an alert of another block": (said("block_hash", "0x" + "12" * 32), "wrong-block", "/blocks/0/hash"),
    "a block that is gone": (lambda plain: plain["evidence"]["blocks"].pop(1), "block-gone", "/blocks"),
    "a block more than the alert has": (
        lambda plain: plain["evidence"]["blocks"].append({**plain["evidence"]["blocks"][2], "number": 999}),
        "needless-block", "/blocks"),
    "blocks out of order": (put("evidence/blocks", swap), "wrong-order", "/blocks"),
    # proofs
    "a receipt of which a byte is another": (
        put(f"{BLOCK}/receipts/0/nodes/1", flipped), "wrong-receipt-proof", "/blocks/0/receipts/0/nodes"),
    "a proof whose nodes are turned around": (
        put(f"{BLOCK}/receipts/0/nodes", lambda nodes: nodes[::-1]), "wrong-receipt-proof",
        "/blocks/0/receipts/0"),
    "a proof that is cut off": (
        put(f"{BLOCK}/receipts/0/nodes", lambda nodes: nodes[:-1]), "wrong-receipt-proof",
        "/blocks/0/receipts/0"),
    "a proof with a node more": (
        put(f"{BLOCK}/receipts/0/nodes", lambda nodes: [*nodes, nodes[-1]]), "wrong-receipt-proof",
        "/blocks/0/receipts/0"),
    "no proof at all": (put(f"{BLOCK}/receipts/0/nodes", []), "wrong-receipt-proof", "/blocks/0/receipts/0"),
    "a receipt under a wrong key of the trie": (
        put(f"{BLOCK}/receipts/0/index", 17), "wrong-receipt-proof", "/blocks/0/receipts/0"),
    "a genuine receipt of another block": (of_another_block, "wrong-receipt-proof", "/blocks/0/receipts/0"),
    "a genuine receipt of another transaction": (
        put(f"{BLOCK}/receipts/0/nodes", lambda nodes: nodes[:1]), "wrong-receipt-proof",
        "/blocks/0/receipts/0"),
    "receipts whose transactions are exchanged": (
        exchanged, "wrong-transaction", "/blocks/0/receipts/0/transaction"),
    "receipts out of order": (put(f"{BLOCK}/receipts", swap), "wrong-order", "/blocks/0/receipts"),
    "a receipt that is there twice": (
        put(f"{BLOCK}/receipts", lambda all_: [all_[0], *all_]), "wrong-order", "/blocks/0/receipts"),
    "a receipt that is gone": (lambda plain: plain["evidence"]["blocks"][0]["receipts"].pop(), "receipt-gone",
                               "/blocks/0/receipts"),
    "a receipt of no row": (put(f"{BLOCK}/receipts/0/transaction", "0x" + "99" * 32), "needless-receipt",
                            "/blocks/0/receipts"),
    "a transaction of which a byte is another": (
        put(f"{BLOCK}/transactions/0/nodes/1", flipped), "wrong-transaction-proof",
        "/blocks/0/transactions/0"),
    "a transaction under a wrong key of the trie": (
        put(f"{BLOCK}/transactions/0/index", 3), "wrong-transaction-proof", "/blocks/0/transactions/0"),
    "a receipt's proof for a transaction's": (
        lambda plain: plain["evidence"]["blocks"][0]["transactions"][0].update(
            nodes=plain["evidence"]["blocks"][0]["receipts"][0]["nodes"]),
        "wrong-transaction-proof", "/blocks/0/transactions/0"),
    "a transaction that is gone": (lambda plain: plain["evidence"]["blocks"][0]["transactions"].pop(),
                                   "transaction-gone", "/blocks/0/receipts"),
    # rows
    "a larger sum of coin": (row(0, "amount", "99000000000000000000"), "wrong-row", "/alert/evidence/0"),
    "a larger sum of a token": (row(2, "amount", "1"), "wrong-row", "/alert/evidence/2"),
    "another payee of a token": (row(2, "to_address", OTHER), "wrong-row", "/alert/evidence/2"),
    "another payee of coin": (row(3, "to_address", OTHER), "wrong-row", "/alert/evidence/3"),
    "another payer of coin": (row(3, "from_address", OTHER), "wrong-row", "/alert/evidence/3"),
    "another token": (row(2, "token", OTHER), "wrong-row", "/alert/evidence/2"),
    "another contract that was made": (row(5, "to_address", OTHER), "wrong-row", "/alert/evidence/5"),
    "a log that the receipt does not have": (row(1, "log_index", 77), "wrong-row", "/alert/evidence/1"),
    "an approval shown as a payment": (
        both(row(1, "amount", "1"), row(1, "kind", "erc20")), "wrong-row", "/alert/evidence/1"),
    "a call shown as the transaction's own value": (without_trace, "wrong-row", "/alert/evidence/4"),
    "a block row with another block's hash": (
        row(6, "transaction", "0x" + "12" * 32), "wrong-row", "/alert/evidence/6"),
    # the alert
    "an alert under another id": (said("id", "f" * 32), "wrong-id", "/alert/id"),
    "a bundle of another chain": (renamed(1), "another-chain", "/blocks/0/transactions/0"),
    "a threshold that was never measured": (
        said("thresholds", {"greed": 3}), "wrong-measure", "/alert/thresholds/greed"),
    "an alert of another run": (said("run", "fedcba9876543210"), "wrong-run", "/run/digest"),
    "ingredients of another run": (put("evidence/run/ingredients", {"version": "9"}), "wrong-run",
                                   "/run/ingredients"),
    "a model that nothing was measured with": (
        put("evidence/models", [{"detector": "wallet-drain", "digest": "0" * 64, "training_rows": "0" * 64}]),
        "wrong-model", "/models/0/digest"),
    "a retracted alert shown as final": (retraction, "retracted", "/alert/status"),
    "a provisional alert shown as final": (put("filed/head", 120), "wrong-status", "/alert/status"),
    "an alert without a status": (put("evidence/alert/status", None), "wrong-status", "/alert/status"),
    "a graver alert than the one that was filed": (
        put("evidence/alert/severity", "critical"), "wrong-revision", "/filed/revisions/0/record/severity"),
    "a suppression that is left out": (
        put(f"{FILED}/0/record/suppressed_by", {"kind": "part-of", "reason": "r", "id": "i"}),
        "wrong-revision", "/filed/revisions/0/record/suppressed_by"),
    "a revision of another alert": (
        lambda plain: plain["filed"]["revisions"].insert(
            0, {"kind": "raised", "record": {**plain["filed"]["revisions"][0]["record"], "id": "x"}}),
        "wrong-revision", "/filed/revisions/0"),
    "revisions that are gone": (put(FILED, []), "wrong-revision", "/filed/revisions"),
    "a key that no alert has": (put("evidence/alert/trust", "me"), "not-an-alert", "/alert"),
    "an alert without its thresholds": (
        lambda plain: plain["evidence"]["alert"].pop("thresholds"), "not-an-alert", "/alert"),
    "another format": (put("format", "undertow-evidence/9"), "wrong-format", "/format"),
    "a part that no bundle has": (put("evidence/extra", 1), "wrong-format", ".evidence"),
    "a proof that is no hex": (
        put(f"{BLOCK}/receipts/0/nodes/0", "0xzz"), "wrong-format", ".evidence.blocks"),
}  # fmt: skip
"""By what was done: how, the name under which it is refused, and the beginning of the place that is named.
Whoever did these made all consistent again, and has the instance's key.
"""


STATED: dict[str, tuple[Change, str]] = {
    "another explanation": (said("explanation", "nothing happened"), "/alert/explanation"),
    "a lower severity": (said("severity", "low"), "/alert/severity"),
    "another score": (said("score", 0.1), "/alert/score"),
    "other measured values": (said("measured/victims", 1), "/alert/measured"),
    "other thresholds": (said("thresholds/victims", 9), "/alert/thresholds"),
    "somebody else accused": (said("roles/2/address", OTHER), "/alert/roles"),
    "a suppression": (
        said("suppressed_by", {"id": None, "kind": "k", "reason": "r"}), "/alert/suppressed_by"),
    "a call of another sum": (row(4, "amount", "2"), "/alert/evidence/4"),
    "a fact of another source": (put("evidence/facts/0/source", "me"), "/facts/0"),
    "a fact that is gone": (lambda plain: plain["evidence"]["facts"].pop(), "/facts/1"),
    "facts that are said never to have been read": (put("evidence/facts", None), "/facts"),
    "a step with other settings": (put("evidence/steps/1/settings", {"a": 1}), "/steps/1"),
    "another head": (put("filed/head", 201), "/filed/head"),
    "an older revision that is gone": (
        lambda plain: plain["filed"].update(left_out=7), "/filed/left_out"),
    "a log's number among its block's": (
        both(row(2, "log_index", 20), row(1, "log_index", 19), put(f"{BLOCK}/receipts/1/first_log", 19)),
        "/alert/evidence/1"),
}  # fmt: skip
"""What nothing proves: it stands on the signature, which names the place of what was changed."""


def reordered(content: bytes) -> bytes:
    return json.dumps(dict(reversed(parsed(content).items())), separators=(",", ":")).encode() + b"\n"


TEXTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "truncated": (lambda text: text[: len(text) // 2], "not-json"),
    "nothing": (lambda text: b"", "not-json"),
    "no text": (lambda text: b"\xff\xfe" + text, "not-json"),
    "nested without end": (lambda text: b"[" * 100_000, "not-json"),
    "a number that is none": (lambda text: text.replace(b'"score":0.91', b'"score":NaN', 1), "not-json"),
    "keys in another order": (reordered, "not-canonical"),
    "spaces": (lambda text: text.replace(b",", b", ", 1), "not-canonical"),
    "without its end": (lambda text: text[:-1], "not-canonical"),
    "something behind it": (lambda text: text + b"\n", "not-canonical"),
    "a key twice": (lambda text: b'{"format":"x",' + text[1:], "not-canonical"),
    "a list": (lambda text: b"[]\n", "wrong-format"),
    "without its signature": (
        lambda text: json.dumps({k: v for k, v in parsed(text).items() if k != "signature"}, sort_keys=True,
                                separators=(",", ":")).encode() + b"\n", "wrong-format"),
    "without its digests": (
        lambda text: json.dumps({**parsed(text), "signature": {**parsed(text)["signature"], "digests": {}}},
                                sort_keys=True, separators=(",", ":")).encode() + b"\n", "no-digest"),
}  # fmt: skip


def absolute(place: str) -> str:
    """Places of the tables are those inside of the evidence, where they do not say otherwise."""
    return place if place.startswith(("/filed", "/format", ".")) else f"/evidence{place}"
