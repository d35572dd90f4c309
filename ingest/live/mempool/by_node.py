"""Simulates on the watched node itself: `eth_simulateV1` on its newest block, which changes nothing there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ingest.blocks.answers import LogAnswer
from ingest.live.mempool.outcome import Head, Outcome, Simulated, created_by
from ingest.live.mempool.waiting import Waiting
from ingest.model.errors import NodeMisbehaved
from ingest.nodes.sending.speaking import Speaker


class _Call(msgspec.Struct, rename="camel", gc=False, frozen=True):
    status: str
    gas_used: str
    logs: list[LogAnswer] = []
    return_data: str = "0x"


class _Block(msgspec.Struct, gc=False, frozen=True):
    calls: list[_Call]


def simulate(node: Speaker, head: Head, sent: Sequence[Waiting]) -> Simulated:
    """In their order, in one block after `head`. Raises Refused where the node does not offer it, or will
    not take one of them: then it takes none.
    """
    overrides = {
        "number": hex(head.number + 1),
        "time": hex(head.next_time),
        "gasLimit": hex(max(head.gas_limit, sum(each.gas for each in sent))),
    }
    asked = {
        "blockStateCalls": [{"blockOverrides": overrides, "calls": [_request(each) for each in sent]}],
        "validation": False,
    }
    answer = node.ask("eth_simulateV1", asked, hex(head.number))
    try:
        (block,) = msgspec.convert(answer, list[_Block])
        outcomes = [_outcome(*each) for each in zip(sent, block.calls, strict=True)]
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        told = str(error).split("\n", 1)[0][:200]
        raise NodeMisbehaved(f"the node at {node.source} gave a simulation that is none: {told}") from error
    return Simulated("eth_simulateV1", outcomes)


def _request(each: Waiting) -> dict[str, Any]:
    """Without a price, so that fees move nothing; a blob is left out, as nobody outside has it."""
    request: dict[str, Any] = {
        "from": each.sender, "value": hex(each.value), "gas": hex(each.gas), "input": each.input
    }  # fmt: skip
    if each.authorizations:
        request["authorizationList"] = list(each.authorizations)
    return request if each.to is None else request | {"to": each.to}


def _outcome(sent: Waiting, call: _Call) -> Outcome:
    ok = int(call.status, 16) == 1
    created = created_by(sent) if sent.to is None and ok else None
    code = bytes.fromhex(call.return_data.removeprefix("0x")) if created else None
    return Outcome(sent, ok, int(call.gas_used, 16), call.logs, created, code or None)
