"""What a node says of its newest block and of who sends: what a simulation begins with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest.live.mempool.choosing import Account
from ingest.live.mempool.outcome import Head
from ingest.model.errors import NodeMisbehaved
from ingest.nodes.sending.speaking import Refused, Speaker

MOST_GAP_S = 60
"""The hypothetical block comes as long after its head as that after its parent, but at most so long."""

_A_REQUEST = 200


def newest(node: Speaker) -> Head:
    """Raises NodeMisbehaved, NodeUnreachable."""
    block = _block(node, "latest")
    number, time = int(block["number"], 16), int(block["timestamp"], 16)
    before = _block(node, hex(number - 1)) if number else block
    return Head(
        number=number,
        hash=block["hash"].lower(),
        timestamp=time,
        gap_s=min(max(1, time - int(before["timestamp"], 16)), MOST_GAP_S),
        base_fee=int(block.get("baseFeePerGas") or "0x0", 16),
        gas_limit=int(block["gasLimit"], 16),
    )


def accounts(node: Speaker, senders: Sequence[str], head: Head) -> dict[str, Account]:
    """As they stand at the head. Raises NodeMisbehaved, NodeUnreachable."""
    at, found = hex(head.number), dict[str, Account]()
    for start in range(0, len(senders), _A_REQUEST):
        some = senders[start : start + _A_REQUEST]
        calls = [("eth_getTransactionCount", [each, at]) for each in some]
        calls += [("eth_getBalance", [each, at]) for each in some]
        answers = [_number(node, each) for each in node.ask_all(calls)]
        both = zip(some, answers[: len(some)], answers[len(some) :], strict=True)
        found |= {sender: Account(nonce, wei) for sender, nonce, wei in both}
    return found


def _block(node: Speaker, at: str) -> dict[str, Any]:
    block = node.ask("eth_getBlockByNumber", at, False)
    try:
        for name in ("number", "timestamp", "gasLimit"):
            int(block[name], 16)
        int(block.get("baseFeePerGas") or "0x0", 16)
        is_whole = len(bytes.fromhex(block["hash"][2:])) == 32
    except (TypeError, KeyError, ValueError, AttributeError):
        is_whole = False
    if not is_whole:
        raise NodeMisbehaved(f"the node at {node.source} gave a block that is none")
    return dict(block)


def _number(node: Speaker, answer: Any) -> int:
    if isinstance(answer, Refused):
        raise NodeMisbehaved(f"the node at {node.source} does not tell an account: {answer}")
    try:
        return int(answer, 16)
    except (TypeError, ValueError):
        raise NodeMisbehaved(f"the node at {node.source} gave an account that is none") from None
