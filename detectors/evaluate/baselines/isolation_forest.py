"""The naive answer about wallets: PyOD's Isolation Forest as it comes, on the plainest features."""

from __future__ import annotations

import polars as pl

from detectors.base import Finding, Row, Tier
from detectors.evaluate.categories import ANY
from detectors.evaluate.survey import Survey
from detectors.models.outliers import isolation_forest
from detectors.parts.features import Features
from ingest.model.batch import Batch


class IsolationForest:
    """Flags the tenth of all wallets that an Isolation Forest isolates first, whenever one of them acts.

    The forest is fitted on the whole lake before the first block is judged (so with hindsight, which no live
    detector has) with PyOD's defaults: 100 trees, contamination 0.1. Fails: where attackers do what others
    do, and where one in ten wallets is not a fraud. Costs one fit. Source: Liu et al. 2008, by PyOD.
    """

    name = "isolation forest"
    catches = (ANY,)
    needs: Tier = "transfers"
    settings: object = None

    def __init__(self, seen: Survey) -> None:
        scores, outliers = isolation_forest(seen.features)
        columns = {"from_address": list(seen.wallets), "score": scores, "outlier": outliers}
        schema = {"from_address": pl.Binary, "score": pl.Float64, "outlier": pl.Boolean}
        self.outliers = pl.DataFrame(columns, schema=schema).filter("outlier").drop("outlier")

    def score(self, batch: Batch, features: Features) -> list[Finding]:
        """One finding for each block in which an outlier sends transactions, with all of them."""
        sent = batch.transactions.join(self.outliers, on="from_address", how="inner", maintain_order="left")
        groups = sent.group_by("block_number", "timestamp", "from_address", "score", maintain_order=True)
        chosen = groups.agg("transaction_hash")
        return [self._finding(*row) for row in chosen.iter_rows()]

    def _finding(
        self, block: int, time: int, wallet: bytes, score: float, transactions: list[bytes]
    ) -> Finding:
        return Finding(
            block_number=block,
            timestamp=time,
            category=ANY,
            subject_kind="wallet",
            subject=wallet,
            score=score,
            severity="low",
            transaction=transactions[-1],
            roles=((wallet, "attacker"),),
            rows=tuple(Row(transaction, -1, block, wallet) for transaction in transactions),
            explanation="An Isolation Forest finds it easy to isolate.",
        )
