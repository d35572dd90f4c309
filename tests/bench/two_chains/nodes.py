"""Nodes that are followed: proxies before the real chain, each with a habit of its own. Some tell what is not
so; some are late, slow, broken or on another fork, and never tell what is not so.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fixtures.http_server import answering

Json = dict[str, Any]
OTHER_CHAIN = 5
BY_NUMBER, RECEIPTS, CHAIN = "eth_getBlockByNumber", "eth_getBlockReceipts", "eth_chainId"
ONE_RECEIPT = "eth_getTransactionReceipt"


@dataclass
class OddNode:
    """`habit` is asked for every request while the node is `awake`; `since` is the first block of its turn.
    `told` are blocks of which it told something else than the chain, `fork` another chain that it may serve.
    """

    truth: str
    name: str
    habit: Habit | None = None
    since: int = 0
    awake: bool = False
    told: set[int] = field(default_factory=set)
    asked: int = 0
    url: str = ""
    fork: str | None = None

    def picks(self, number: int, is_fit: bool) -> bool:
        """Whether it lies about this block: about the first that is fit, and of that one always."""
        if number in self.told:
            return True
        if self.told or number < self.since or not is_fit:
            return False
        self.told.add(number)
        return True


Exchange = list[tuple[Json, Json]]
"""The calls of a request, each with the true answer to it."""
Habit = Callable[[OddNode, Exchange], tuple[int, bytes] | None]
"""Changes the answers in place; or says status and body of what is sent in their place."""


@contextmanager
def serving(node: OddNode) -> Iterator[OddNode]:
    """`node` on a port of its own."""

    def respond(body: bytes) -> tuple[int, bytes]:
        calls = json.loads(body)
        asked = calls if isinstance(calls, list) else [calls]
        truth = node.fork if node.fork and node.habit is None and node.awake else node.truth
        answers = ask(truth, asked)
        node.asked += node.awake
        if node.awake and node.habit is not None:
            instead = node.habit(node, list(zip(asked, answers, strict=True)))
            if instead is not None:
                return instead
        return 200, json.dumps(answers if isinstance(calls, list) else answers[0]).encode()

    with answering(respond) as node.url:
        yield node


def ask(url: str, calls: list[Json]) -> list[Json]:
    """The answers of a real node, in the order of the calls."""
    request = urllib.request.Request(url, json.dumps(calls).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        by_id = {answer["id"]: answer for answer in json.loads(response.read())}
    return [by_id[call["id"]] for call in calls]


def _receipts(exchange: Exchange) -> Iterator[tuple[int, Json]]:
    """Each block whose receipts were asked for, and given."""
    for call, answer in exchange:
        if call["method"] == RECEIPTS and answer.get("result"):
            yield int(answer["result"][0]["blockNumber"], 16), answer


def _blocks(exchange: Exchange) -> Iterator[tuple[int, Json]]:
    """Each block that was given, with its transactions or without."""
    for call, answer in exchange:
        if call["method"] == BY_NUMBER and answer.get("result"):
            yield int(answer["result"]["number"], 16), answer["result"]


def _logs(answer: Json) -> list[Json]:
    return [log for receipt in answer["result"] for log in receipt["logs"]]


def _with_logs(node: OddNode, exchange: Exchange) -> Iterator[Json]:
    for number, answer in _receipts(exchange):
        if node.picks(number, is_fit=bool(_logs(answer))):
            yield answer


def leaves_log_out(node: OddNode, exchange: Exchange) -> None:
    """What some clients do, silently."""
    for answer in _with_logs(node, exchange):
        [receipt for receipt in answer["result"] if receipt["logs"]][-1]["logs"].pop()


def alters_log(node: OddNode, exchange: Exchange) -> None:
    for answer in _with_logs(node, exchange):
        log = _logs(answer)[-1]
        log["data"] = f"0x{int(log['data'], 16) ^ 1:0{len(log['data']) - 2}x}"


def adds_log(node: OddNode, exchange: Exchange) -> None:
    """A payment that never was, at the end of the block's last receipt with logs."""
    for answer in _with_logs(node, exchange):
        logs = [receipt for receipt in answer["result"] if receipt["logs"]][-1]["logs"]
        logs.append(dict(logs[-1], logIndex=hex(int(logs[-1]["logIndex"], 16) + 1)))


def numbers_logs_otherwise(node: OddNode, exchange: Exchange) -> None:
    """From one on, or anew in each receipt: clients differ in it."""
    for answer in _with_logs(node, exchange):
        for log in _logs(answer):
            log["logIndex"] = hex(int(log["logIndex"], 16) + 1)


def turns_status(node: OddNode, exchange: Exchange) -> None:
    for number, answer in _receipts(exchange):
        if node.picks(number, is_fit=True):
            answer["result"][-1]["status"] = "0x0"


def alters_gas(node: OddNode, exchange: Exchange) -> None:
    for number, answer in _receipts(exchange):
        if node.picks(number, is_fit=True):
            last = answer["result"][-1]
            last["cumulativeGasUsed"] = hex(int(last["cumulativeGasUsed"], 16) + 1)


def leaves_receipt_out(node: OddNode, exchange: Exchange) -> None:
    """Of the block's, and also where it is asked for by itself."""
    for number, answer in _receipts(exchange):
        if node.picks(number, is_fit=len(answer["result"]) > 1):
            answer["result"].pop()
    for call, answer in exchange:
        receipt = answer.get("result")
        if call["method"] == ONE_RECEIPT and receipt and int(receipt["blockNumber"], 16) in node.told:
            answer["result"] = None


def alters_header(node: OddNode, exchange: Exchange) -> None:
    for number, block in _blocks(exchange):
        if node.picks(number, is_fit=True):
            block["timestamp"] = hex(int(block["timestamp"], 16) + 1)


def alters_transaction(node: OddNode, exchange: Exchange) -> None:
    for number, block in _blocks(exchange):
        sent = block["transactions"]
        if node.picks(number, is_fit=bool(sent) and isinstance(sent[0], dict)) and isinstance(sent[0], dict):
            sent[-1]["value"] = hex(int(sent[-1]["value"], 16) + 1)


def leaves_transaction_out(node: OddNode, exchange: Exchange) -> None:
    """Of block and receipts alike."""
    for number, block in _blocks(exchange):
        sent = block["transactions"]
        if node.picks(number, is_fit=len(sent) > 1 and isinstance(sent[0], dict)):
            sent.pop()
    for number, answer in _receipts(exchange):
        if number in node.told:
            answer["result"].pop()


def serves_other_chain(node: OddNode, exchange: Exchange) -> None:
    for call, answer in exchange:
        if call["method"] == CHAIN:
            answer["result"] = hex(OTHER_CHAIN)
            node.told.add(node.since)


LIES: dict[str, Habit] = {
    "leaves_log_out": leaves_log_out,
    "alters_log": alters_log,
    "adds_log": adds_log,
    "numbers_logs_otherwise": numbers_logs_otherwise,
    "turns_status": turns_status,
    "alters_gas": alters_gas,
    "leaves_receipt_out": leaves_receipt_out,
    "alters_header": alters_header,
    "alters_transaction": alters_transaction,
    "leaves_transaction_out": leaves_transaction_out,
    "serves_other_chain": serves_other_chain,
}
DEEP, SHALLOW, MIXED = "deep_fork", "shallow_fork", "receipts_of_a_fork_once"
"""Nodes that serve a real chain which parted from ours: twelve blocks ago or more, or a few."""
REORGANISED = "reorganisation"
"""It serves just the chain, which changes its newest blocks."""

BEHIND_BLOCKS = 3
ATTEMPTS = 2


def is_behind(node: OddNode, exchange: Exchange) -> None:
    """It has not got the newest blocks yet, and says so of all that is asked."""
    newest = int(ask(node.truth, [_call(BY_NUMBER, ["latest", False])])[0]["result"]["number"], 16)
    for call, answer in exchange:
        if call["method"] == BY_NUMBER and call["params"][0] == "latest":
            params = [hex(newest - BEHIND_BLOCKS), call["params"][1]]
            answer["result"] = ask(node.truth, [_call(BY_NUMBER, params)])[0]["result"]
        elif call["method"] in (BY_NUMBER, RECEIPTS) and _number(call) > newest - BEHIND_BLOCKS:
            answer["result"] = None


def _number(call: Json) -> int:
    """Of the block that is asked for; -1 for one that is named otherwise."""
    named = str(call["params"][0])
    return int(named, 16) if named.startswith("0x") and len(named) < 20 else -1


def has_no_receipts_yet(node: OddNode, exchange: Exchange) -> None:
    """A block is there before its receipts are."""
    for call, answer in exchange:
        if call["method"] == RECEIPTS and node.asked <= 2 * ATTEMPTS:
            answer["result"] = None


def has_no_block_yet(node: OddNode, exchange: Exchange) -> None:
    for call, answer in exchange:
        if call["method"] in (BY_NUMBER, RECEIPTS) and call["params"][0] != "latest":
            answer["result"] = answer["result"] if node.asked > 2 * ATTEMPTS else None


def loses_receipt_of_block(node: OddNode, exchange: Exchange) -> None:
    """It has it, as whoever asks for it by itself sees: some nodes lose one of a long answer."""
    for number, answer in _receipts(exchange):
        if node.picks(number, is_fit=len(answer["result"]) > 1):
            answer["result"].pop()


def is_busy(node: OddNode, _exchange: Exchange) -> tuple[int, bytes] | None:
    return (429, b"slow down") if node.asked <= ATTEMPTS else None


def shows_a_page(node: OddNode, _exchange: Exchange) -> tuple[int, bytes] | None:
    return (200, b"<html>Welcome to the node</html>") if node.asked <= ATTEMPTS else None


def breaks_off(node: OddNode, exchange: Exchange) -> tuple[int, bytes] | None:
    whole = json.dumps([answer for _, answer in exchange]).encode()
    return (200, whole[: len(whole) // 2]) if node.asked <= ATTEMPTS else None


def is_slow(_node: OddNode, _exchange: Exchange) -> None:
    time.sleep(0.2)


def spells_otherwise(_node: OddNode, exchange: Exchange) -> None:
    """Upper-case hex, and fields that nobody asked for: the same all the same."""
    for _, answer in _receipts(exchange):
        for receipt in answer["result"]:
            receipt["ourOwnField"] = "0x1"
            for log in receipt["logs"]:
                log["topics"] = ["0x" + topic[2:].upper() for topic in log["topics"]]
                log["address"] = "0x" + log["address"][2:].upper()


def gives_receipts_of_fork_once(node: OddNode, exchange: Exchange) -> None:
    """Its chain changes between two answers: the receipts are of a block beside, this once."""
    for call, answer in exchange:
        number = str(call["params"][0]) if call["params"] else ""
        if call["method"] == RECEIPTS and number == hex(node.since) and node.fork and not node.told:
            answer["result"] = ask(node.fork, [call])[0]["result"]
            node.told.add(node.since)


HARMLESS: dict[str, Habit] = {
    "is_behind": is_behind,
    "has_no_receipts_yet": has_no_receipts_yet,
    "has_no_block_yet": has_no_block_yet,
    "loses_receipt_of_block": loses_receipt_of_block,
    "is_busy": is_busy,
    "shows_a_page": shows_a_page,
    "breaks_off": breaks_off,
    "is_slow": is_slow,
    "spells_otherwise": spells_otherwise,
    MIXED: gives_receipts_of_fork_once,
}


def _call(method: str, params: list[Any]) -> Json:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
