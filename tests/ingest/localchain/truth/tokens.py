"""What a chain says of a story about tokens and their pools: who sent what, what a pool holds, what a token
calls itself, and what its own logs add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ingest.localchain.chain.wallet import Wallet, call_data
from ingest.localchain.play.deploying import world
from ingest.localchain.world.world import ETH
from tests.ingest.localchain.reading import TRANSFER, Moved, held, named, receipts_of
from tests.ingest.localchain.truth.played import Label, Told

NOBODY = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction of a label. `wei`: the native value that went with it."""

    hash: str
    block: int
    sender: str
    to: str | None
    selector: str
    wei: int
    ok: bool


def sent_by(told: Told, label: Label) -> list[Sent]:
    """The label's transactions, in their order."""
    calls = told.chain.ask_all([("eth_getTransactionByHash", [hash_]) for hash_ in label["transactions"]])
    receipts = receipts_of(told.chain, label["transactions"])
    return [
        Sent(
            call["hash"], int(call["blockNumber"], 16), call["from"], call["to"], call["input"][:10],
            int(call["value"], 16), receipt["status"] == "0x1",
        )
        for call, receipt in zip(calls, receipts, strict=True)
    ]  # fmt: skip


def pooled_wei(told: Told, label: Label, block: int) -> int:
    """WETH in the pools of a story at the end of a block."""
    pools = named(label, "infrastructure")
    return sum(held(told.chain, world().wrapped, pool, block) for pool in pools)


def peak_and_end(told: Told, label: Label) -> tuple[int, int]:
    """The most WETH that was in the story's pools, and what is there after its last transaction."""
    blocks = range(label["first_block"], label["last_block"] + 1)
    each = [pooled_wei(told, label, block) for block in blocks]
    return max(each), each[-1]


def text_of(chain: Wallet, token: str, what: str) -> str:
    """The `name()` or `symbol()` of a token."""
    answer = bytes.fromhex(chain.ask("eth_call", {"to": token, "data": call_data(f"{what}()")}, "latest")[2:])
    start = int.from_bytes(answer[:32], "big")
    length = int.from_bytes(answer[start : start + 32], "big")
    return answer[start + 32 : start + 32 + length].decode()


def fees_usd(told: Told, label: Label) -> float:
    """What everybody paid for the gas of the label's transactions."""
    receipts = receipts_of(told.chain, label["transactions"])
    wei = sum(int(r["gasUsed"], 16) * int(r["effectiveGasPrice"], 16) for r in receipts)
    return ETH.usd(wei)


def supply_of(chain: Wallet, token: str, block: int) -> int:
    return int(chain.ask("eth_call", {"to": token, "data": call_data("totalSupply()")}, hex(block)), 16)


def moves_of(chain: Wallet, token: str, last_block: int) -> list[Moved]:
    """Every transfer that the token has ever told of, up to the end of a block."""
    wanted = {"address": token, "topics": [TRANSFER], "fromBlock": "0x0", "toBlock": hex(last_block)}
    return [_moved(token, log) for log in chain.ask("eth_getLogs", wanted)]


def _moved(token: str, log: Any) -> Moved:
    sender, receiver = ("0x" + topic[-40:] for topic in log["topics"][1:])
    return Moved(int(log["blockNumber"], 16), token, sender, receiver, int(log["data"], 16))


def booked(moves: list[Moved]) -> Counter[str]:
    """What everybody should hold if the transfers were all there is."""
    balances: Counter[str] = Counter()
    for move in moves:
        balances[move.sender] -= move.amount
        balances[move.receiver] += move.amount
    return balances


def deployed_by(told: Told, label: Label) -> list[str]:
    """The contracts that a label's transactions created, in their order."""
    receipts = receipts_of(told.chain, label["transactions"])
    return [r["contractAddress"].lower() for r in receipts if r["contractAddress"]]
