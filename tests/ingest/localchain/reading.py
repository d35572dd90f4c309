"""What tests read back from a chain that was played on, with nothing of the simulation's own bookkeeping."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.wallet import Wallet, call_data

# keccak-256 of "Transfer(address,address,uint256)", as in EIP-20.
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement of value; `token` is None for native value."""

    block: int
    token: str | None
    sender: str
    receiver: str
    amount: int


def labels_of(path: Path) -> list[dict[str, Any]]:
    """Without the header."""
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def named(label: dict[str, Any], role: str) -> list[str]:
    return [entry["address"] for entry in label["roles"] if entry["role"] == role]


def receipts_of(wallet: Wallet, hashes: list[str]) -> list[Any]:
    return wallet.ask_all([("eth_getTransactionReceipt", [hash_]) for hash_ in hashes])


def moved_by(wallet: Wallet, hashes: list[str]) -> list[Moved]:
    """Every movement in these transactions: native value first, then token transfers, in order."""
    sent = wallet.ask_all([("eth_getTransactionByHash", [hash_]) for hash_ in hashes])
    movements = []
    for transaction, receipt in zip(sent, receipts_of(wallet, hashes), strict=True):
        block = int(receipt["blockNumber"], 16)
        if value := int(transaction["value"], 16):
            movements.append(Moved(block, None, transaction["from"], transaction["to"], value))
        movements += [_moved(block, log) for log in receipt["logs"] if _is_erc20_transfer(log)]
    return movements


def held(wallet: Wallet, asset: Asset, address: str, block: int) -> int:
    return all_held(wallet, [(asset, address)], block)[0]


def all_held(wallet: Wallet, wanted: Iterable[tuple[Asset, str]], block: int) -> list[int]:
    """What each address held of each asset at the end of a block, in wei or token units."""
    return [int(answer, 16) for answer in wallet.ask_all([_balance(a, who, block) for a, who in wanted])]


def _balance(asset: Asset, address: str, block: int) -> tuple[str, list[Any]]:
    if asset.address is None:
        return "eth_getBalance", [address, hex(block)]
    call = {"to": asset.address, "data": call_data("balanceOf(address)", address)}
    return "eth_call", [call, hex(block)]


def _is_erc20_transfer(log: Any) -> bool:
    return log["topics"][0] == TRANSFER and len(log["topics"]) == 3


def _moved(block: int, log: Any) -> Moved:
    sender, receiver = ("0x" + topic[-40:] for topic in log["topics"][1:])
    return Moved(block, log["address"], sender, receiver, int(log["data"], 16))
