"""Compiles every kernel and imports every model library once, at set-up, so that the first block is not the
slow one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import polars as pl

from detectors import registry
from detectors.base import Finding, Seen, Tier
from detectors.engine.engine import Engine
from detectors.engine.state import State
from detectors.kernels.habits import WALLET_FEATURES
from detectors.models import outliers
from ingest import schema
from ingest.decode.shapes import signature
from ingest.model.batch import Batch

WALLETS = 9
_HALF = "from detectors.runs.warm_up import half; half()"
LATE = ("holdings", "habits", "lookalikes", "takings")
"""Parts whose kernels are compiled beside those of the others."""


def warm_up() -> None:
    """Judges one made-up block that takes every kernel, and fits one made-up model. Kernels are compiled one
    after the other, so another process compiles those of some parts meanwhile.
    """
    with subprocess.Popen([sys.executable, "-c", _HALF], stderr=subprocess.DEVNULL) as beside:
        _seen([part.name for part in registry.parts() if part.name not in LATE])
        beside.wait()  # what it could not compile is compiled, or told of, below
    Engine(0, registry.detectors()).take(_batch())
    rows = np.random.default_rng(0).normal(size=(200, len(WALLET_FEATURES)))
    outliers.fit(outliers.ModelSpec(WALLET_FEATURES, "habits", "wallets"), rows)


def half() -> None:
    """What the other process does."""
    _seen(LATE)


class _Asker:
    """Stands for detectors that read some parts."""

    name = "warm-up"
    catches: tuple[str, ...] = ()
    needs: Tier = "code"
    settings: object = None

    def __init__(self, reads: Sequence[str]) -> None:
        self.reads = tuple(reads)

    def score(self, seen: Seen) -> list[Finding]:
        return []


def _seen(parts: Sequence[str]) -> None:
    """Rows with names, and what these parts say of them."""
    batch, state = _batch(), State.empty([_Asker(parts)])
    state.memory.age(batch.first, 0)
    state.sight.take(batch, state.ledger, {})


def _batch() -> Batch:
    """One block in which wallets pay each other round, and a pool says what it holds."""
    number = {"chain_id": [0], "block_number": [1], "timestamp": [1]}
    hashes = {
        name: [bytes(32)]
        for name in ("block_hash", "parent_hash", "transactions_root", "receipts_root", "state_root")
    }
    sizes = {name: [0] for name in ("gas_limit", "gas_used", "base_fee_per_gas", "log_count")}
    blocks = (
        number | hashes | sizes | {"miner": [bytes(20)], "transaction_count": [WALLETS], "proof": ["none"]}
    )
    return Batch(
        schema.conform(schema.BLOCKS, pl.DataFrame(blocks)),
        schema.conform(schema.TRANSACTIONS, pl.DataFrame([_payment(i) for i in range(WALLETS)])),
        schema.conform(schema.LOGS, pl.DataFrame([_sync()], strict=False)),
    )


def _sync() -> dict[str, object]:
    return {
        "chain_id": 0,
        "block_number": 1,
        "transaction_index": 0,
        "transaction_hash": (0).to_bytes(32, "big"),
        "log_index": 0,
        "address": (99).to_bytes(20, "big"),
        "topic0": signature("Sync(uint112,uint112)"),
        "topic1": None,
        "topic2": None,
        "topic3": None,
        "data": (1).to_bytes(32, "big") * 2,
    }


def _payment(index: int) -> dict[str, object]:
    wei = 10**18
    return {
        "chain_id": 0,
        "block_number": 1,
        "timestamp": 1,
        "transaction_index": index,
        "transaction_hash": index.to_bytes(32, "big"),
        "from_address": (1 + index).to_bytes(20, "big"),
        "to_address": (2 + index).to_bytes(20, "big"),
        "value": wei.to_bytes(32, "big"),
        "value_float": float(wei),
        "nonce": 0,
        "transaction_type": 2,
        "gas_limit": 21_000,
        "input": b"",
        "status": 1,
        "gas_used": 21_000,
        "effective_gas_price": 1,
        "contract_address": None,
    }
