"""Three naive answers about single transactions: flag all, flag some by lot, flag what is large.

Each calls the sender of what it flags an attacker. They keep the contract of a detector but name no category.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import polars as pl

from detectors.base import Finding, Row, Tier
from detectors.evaluate.categories import ANY
from detectors.parts.features import Features
from ingest.model.batch import Batch

_COLUMNS = ("block_number", "timestamp", "transaction_hash", "from_address", "to_address")


def flagged(transactions: pl.DataFrame, scores: list[float], explanation: str) -> list[Finding]:
    """A finding for each row of `transactions`, with the transaction as its subject."""
    rows = transactions.select(_COLUMNS).iter_rows()
    return [_finding(row, score, explanation) for row, score in zip(rows, scores, strict=True)]


def _finding(row: tuple[Any, ...], score: float, explanation: str) -> Finding:
    block, time, transaction, sender, to = row
    return Finding(
        block_number=block,
        timestamp=time,
        category=ANY,
        subject_kind="transaction",
        subject=transaction,
        score=score,
        severity="low",
        transaction=transaction,
        roles=((sender, "attacker"),),
        rows=(Row(transaction, -1, block, sender, to),),
        explanation=explanation,
    )


class Constant:
    """Flags every transaction. Fails: always; whoever claims more recall than this is wrong. Source: none."""

    name = "constant"
    catches = (ANY,)
    needs: Tier = "transfers"
    settings: object = None

    def score(self, batch: Batch, features: Features) -> list[Finding]:
        """One finding a transaction, scored 1."""
        chosen = batch.transactions
        return flagged(chosen, [1.0] * chosen.height, "It is a transaction.")


@dataclass(frozen=True, slots=True)
class Lot:
    """per_10k: so many of 10,000 transactions are flagged. key: another key draws others."""

    per_10k: int = 100
    key: str = "undertow baseline"


class Random:
    """Flags 1 in 100 transactions by a keyed hash of theirs. Fails: as often as chance. Source: none."""

    name = "random"
    catches = (ANY,)
    needs: Tier = "transfers"
    settings = Lot()

    def score(self, batch: Batch, features: Features) -> list[Finding]:
        """One finding for each transaction drawn; the score is its lot, which says nothing."""
        lots = pl.Series("lot", map(self._lot, batch.transactions["transaction_hash"]), dtype=pl.Float64)
        drawn = batch.transactions.with_columns(lots).filter(pl.col("lot") < self.settings.per_10k / 10_000)
        scores = [round(1 - lot, 6) for lot in drawn["lot"]]
        return flagged(drawn, scores, "It was drawn by lot.")

    def _lot(self, transaction: bytes) -> float:
        """Even between 0 and 1."""
        digest = hashlib.blake2b(transaction, digest_size=8, key=self.settings.key.encode()).digest()
        return int.from_bytes(digest, "big") / 2**64


@dataclass(frozen=True, slots=True)
class Large:
    """wei: what moves more than this is flagged."""

    wei: int = 50 * 10**18


class LargeValue:
    """Flags transactions that move more than 50 ether, as value or as wrapped ether in one transfer.

    What hobby pipelines ship. Other tokens have no price without a source from outside. Fails: for every
    attack that moves less, and every honest holder who moves more. Source: tutorials.
    """

    name = "value > 50 ETH"
    catches = (ANY,)
    needs: Tier = "transfers"
    settings = Large()

    def __init__(self, wrapped_ether: frozenset[bytes]) -> None:
        self.wrapped_ether = wrapped_ether

    def score(self, batch: Batch, features: Features) -> list[Finding]:
        """One finding a transaction, scored by how many times 50 ether its largest movement is."""
        ether = pl.col("token").is_null() | pl.col("token").is_in(sorted(self.wrapped_ether))
        above = pl.col("amount") > self.settings.wei.to_bytes(32, "big")
        moved = features.transfers.filter(ether & above)
        largest = moved.group_by("transaction_hash").agg(pl.col("amount_float").max())
        chosen = batch.transactions.join(
            largest, on="transaction_hash", how="inner", maintain_order="left", validate="1:1"
        )
        scores = [round(value / (value + self.settings.wei), 6) for value in chosen["amount_float"]]
        return flagged(chosen, scores, "It moves more than 50 ether.")
