"""Recordings made by hand in the shapes of the real ones: a block of trades, an exploit, poisonings."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.fixtures.frames import address, keccak

ZERO = "0x" + "00" * 32
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def person(name: str) -> str:
    return "0x" + address(name).hex()


def tx(name: str) -> str:
    """The hash of the transaction that a test calls `name`."""
    return "0x" + keccak(b"recorded", name.encode()).hex()


def transfer(token: str, sender: str, payee: str, amount: int) -> dict[str, Any]:
    """An ERC-20 Transfer log; everybody is named."""
    parties = [f"0x{int(person(name), 16):064x}" for name in (sender, payee)]
    return {"address": person(token), "topics": [TRANSFER, *parties], "data": f"0x{amount:064x}"}


def block(number: int, sent: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A block with its receipts. `sent`: (name of the transaction, who sends it); each moves a token."""
    block_hash = tx(f"block {number}")
    transactions = [
        {"hash": tx(name), "from": person(sender), "to": person("router"), "value": "0x0", "nonce": "0x0",
         "gas": "0x5208", "input": "0x", "type": "0x0"}
        for name, sender in sent
    ]  # fmt: skip
    receipts = [
        {"blockHash": block_hash, "transactionHash": tx(name), "transactionIndex": hex(at), "status": "0x1",
         "cumulativeGasUsed": "0x1", "logs": [transfer("token", sender, "pool", 5)], "type": "0x0"}
        for at, (name, sender) in enumerate(sent)
    ]  # fmt: skip
    header = {
        "number": hex(number), "hash": block_hash, "parentHash": ZERO, "stateRoot": ZERO,
        "transactionsRoot": ZERO, "receiptsRoot": ZERO, "miner": person("miner"), "gasLimit": "0x1c9c380",
        "gasUsed": "0x0", "timestamp": "0x60000000", "transactions": transactions,
    }  # fmt: skip
    return {"block": header, "receipts": receipts}


def write(path: Path, plain: object) -> Path:
    """JSON or text into a file, packed where its name ends with `.gz`; folders are made."""
    text = plain if isinstance(plain, str) else json.dumps(plain)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.name.endswith(".gz") else text.encode())
    return path


SANDWICHED = (("front", "mallory"), ("hers", "alice"), ("his", "bob"), ("back", "mallory"), ("arb", "bot"))
"""A block's transactions: mallory around alice and bob, and an arbitrage by a bot."""


def mev_folder(top: Path, **findings: Any) -> Path:
    """One block, 700, with the transactions of `SANDWICHED`, and what is recorded of it."""
    folder = top / "mainnet_mev"
    write(folder / "700.json.gz", block(700, SANDWICHED))
    write(folder / "expected.json", {"700": findings})
    return folder


def sandwich(*victims: str, front: str = "front", back: str = "back") -> dict[str, Any]:
    named = [tx(victim) for victim in victims]
    return {"sandwicher": person("mallory"), "front": tx(front), "back": tx(back), "victims": named}


def exploit(**changes: Any) -> dict[str, Any]:
    """Mallory's contract takes the vault's tokens, and some native value moves on the way."""
    calls = [
        {"depth": 1, "type": "CALL", "from": None, "to": person("vault"), "value": "0"},
        {"depth": 2, "type": "CALL", "from": person("vault"), "to": person("token"), "value": "7"},
    ]
    logs = [transfer("token", "vault", "loot", 10**20)]
    return {"incident": "A vault (2024): drain", "hash": tx("attack"), "logs": logs, "calls": calls} | changes


COLUMNS = (
    *("block_number", "tx_hash", "addr", "topics_from_addr", "topics_to_addr", "is_sender_victim", "value"),
    *("zero_value_transfer", "tiny_transfer", "counterfeit_token_transfer", "intended_addr"),
    *("num_first_matched_digits", "num_last_matched_digits"),
)
BOB = person("bob")
LOOKALIKE = BOB[:5] + "0" * 33 + BOB[-4:]
"""Equal to bob's address in the first 3 and the last 4 digits, and no more (bob's 4th digit is no zero)."""


def poison(name: str = "poison", **changes: Any) -> dict[str, str]:
    """Nothing moves from alice to a lookalike of bob, whom she had paid."""
    plain = dict.fromkeys(COLUMNS, "f") | {
        "block_number": "100", "tx_hash": tx(name), "addr": person("token"), "intended_addr": BOB,
        "topics_from_addr": person("alice"), "topics_to_addr": LOOKALIKE, "is_sender_victim": "t",
        "value": "0", "zero_value_transfer": "t",
        "num_first_matched_digits": "3", "num_last_matched_digits": "4",
    }  # fmt: skip
    return plain | {name: str(value) for name, value in changes.items()}


def poison_file(top: Path, *rows: dict[str, str], name: str = "rows.csv") -> Path:
    lines = [",".join(COLUMNS), *(",".join(row[column] for column in COLUMNS) for row in rows)]
    write(top / "poisoning" / name, "\n".join(lines) + "\n")
    return top / "poisoning"
