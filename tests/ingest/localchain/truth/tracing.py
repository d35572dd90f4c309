"""What went on inside of a transaction: which calls were made within which others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.localchain.chain.wallet import Wallet


def deepest(chain: Wallet, transaction: str, contract: str) -> int:
    """How often `contract` was called, by others, at the same time: each call within the one before."""
    trace = chain.ask("debug_traceTransaction", transaction, {"tracer": "callTracer"})
    return max(_depths(trace, contract, 0))


def _depths(call: Any, contract: str, depth: int) -> Iterator[int]:
    here = depth + (call.get("to") == contract and call["type"] == "CALL" and call["from"] != contract)
    yield here
    for inner in call.get("calls", []):
        yield from _depths(inner, contract, here)
