"""What a reader of less data would have seen of a batch: the same blocks, with what lies above a tier hidden.

By this the worth of a tier is measured: the same world, judged with and without it. A transaction's status
and the contract it created stay in every tier, as which native value moved, and to whom, is told by them.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from detectors.base import TIERS, Tier
from ingest.model.batch import Batch
from ingest.model.errors import BadInput

_RECEIPTS = {"input": b"", "gas_used": 0, "effective_gas_price": None}
"""Columns of `transactions` that are known from receipts and call data alone, and what hides them."""


def at_tier(batch: Batch, tier: Tier | None) -> Batch:
    """`batch` as a reader of `tier` sees it; all of it where that is None.

    Raises BadInput where the batch holds less than that: a comparison would then be one of nothing.
    """
    if tier is None:
        return batch
    place = TIERS.index(tier)
    _check(batch, place)
    hidden = batch
    if place < TIERS.index("code"):
        hidden = hidden.with_facts(codes=batch.codes.clear())
    if place < TIERS.index("traces"):
        hidden = hidden.with_facts(traces=batch.traces.clear())
    if place < TIERS.index("receipts"):
        kinds = batch.transactions.schema
        blank = [pl.lit(value, kinds[name]).alias(name) for name, value in _RECEIPTS.items()]
        hidden = replace(hidden, transactions=batch.transactions.with_columns(blank))
    if place < TIERS.index("logs"):
        moved = batch.transfers.select("transaction_hash", "log_index").unique()
        logs = batch.logs.join(moved, on=["transaction_hash", "log_index"], how="semi", maintain_order="left")
        hidden = replace(hidden, logs=logs)
    return hidden


def _check(batch: Batch, place: int) -> None:
    """Traces are there where each transaction has its top call, code where each new contract has a row."""
    if place >= TIERS.index("traces"):
        called = batch.traces.filter(pl.col("depth") == 0).select("transaction_hash")
        _refuse(batch.transactions.join(called, on="transaction_hash", how="anti"), "traces", "receipts")
    if place >= TIERS.index("code"):
        made = batch.transactions.filter(
            pl.col("contract_address").is_not_null() & pl.col("status").ne_missing(0)
        )
        shown = batch.codes.select(contract_address="address")
        _refuse(made.join(shown, on="contract_address", how="anti"), "code", "traces")


def _refuse(without: pl.DataFrame, wanted: Tier, held: Tier) -> None:
    if without.height:
        mend = "backfill it with --traces" if wanted == "traces" else "backfill it again"
        block = int(without["block_number"][0])
        raise BadInput(f"the lake has no {wanted} of block {block}: {mend}, or give --tier {held}")
