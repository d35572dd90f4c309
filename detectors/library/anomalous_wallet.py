"""Anomalous wallet: a wallet that behaves unlike what wallets did before, with no pattern that has a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, evidence_rows, hexed
from detectors.kernels.layout import WALLET_FEATURES
from detectors.models.outliers import Matrix, Model, ModelSpec
from detectors.parts import worth
from detectors.parts.features import Features
from ingest.model.batch import Batch


@dataclass(frozen=True, slots=True)
class Settings:
    """kept_score: wallets scored at least this are kept for `fraud.scores`. grave: times the threshold for
    severity high.
    """

    kept_score: float = 0.4
    grave: float = 2.0


class AnomalousWallet:
    """Scores every wallet a block touched, at the block's end, by its distance to what wallets did in earlier
    blocks.

    The model is PyOD's KNN (mean distance to 10 neighbours) on decaying rates of payments, new counterparties
    and new assets; it is fitted at fixed blocks on a hashed sample of earlier epochs and frozen. The
    threshold aims at 10 alerts per 10,000 honest rows, by a tail drawn through the rows that are no attacks,
    so that machines of before do not hide those of today. Distributors and hubs of old are excused, visibly.
    Fails: in its first 75 blocks and until 400 rows are sampled (warming up); against an attacker who behaves
    like an exchange; a distributor's first day; on traffic whose kind changes within a thousand blocks. Costs
    one nearest-neighbour query a wallet and block. Source: PyOD (Zhao et al. 2019); novelty detectors reach
    AUC .86 on labelled wallets, supervised trees .98.
    """

    name = "anomalous-wallet"
    catches = ("anomalous-wallet",)
    needs = "transfers"
    settings = Settings()
    excused_by = ("airdrop-distributor", "exchange-hot-wallet")
    model = ModelSpec(columns=WALLET_FEATURES)

    def score(self, batch: Batch, features: Features) -> list[Finding]:
        """Findings for wallets scored at least `kept_score`; those beyond the model's threshold alert."""
        model = features.models.get(self.name)
        if model is None or not features.wallets.height:
            return []
        matrix = np.ascontiguousarray(features.wallets.select(self.model.columns).to_numpy())
        distances = model.distances(matrix)
        scores = model.scores(distances)
        return [
            self._finding(
                features, model, int(index), float(distances[index]), float(scores[index]), matrix[index]
            )
            for index in np.flatnonzero(scores >= self.settings.kept_score)
        ]

    def _finding(
        self,
        features: Features,
        model: Model,
        index: int,
        distance: float,
        score: float,
        row: Matrix,
    ) -> Finding:
        place = features.wallets.row(index, named=True)
        wallet, alerts = bytes(place["wallet"]), distance > model.threshold
        evidence = (
            _touching(features.transfers, int(place["block_number"]), wallet) if alerts else pl.DataFrame()
        )
        unusual = model.most_unusual(row)
        most: Severity = "high" if distance > self.settings.grave * model.threshold else "medium"
        role: tuple[bytes, RoleName] = (wallet, "subject")
        return Finding(
            block_number=int(place["block_number"]),
            timestamp=int(place["timestamp"]),
            category="anomalous-wallet",
            subject_kind="wallet",
            subject=wallet,
            score=score,
            severity=_severity(most, evidence, features) if alerts else "low",
            transaction=bytes(evidence["transaction_hash"][-1]) if alerts else b"",
            roles=(role,),
            rows=evidence_rows(evidence) if alerts else (),
            measured={
                "distance": distance,
                **{name: round(float(row[WALLET_FEATURES.index(name)]), 6) for name in unusual},
                "model_digest": model.digest,
                "training_rows_digest": model.rows_digest,
            },
            thresholds={"distance": model.threshold},
            explanation=f"{hexed(wallet)} lies {distance / model.threshold:.2f} times the alert distance "
            f"away from what wallets did in earlier blocks; most unusual: {', '.join(unusual)}.",
            p_value=model.p_value(distance),
            alerts=alerts,
        )


def _severity(most: Severity, evidence: pl.DataFrame, features: Features) -> Severity:
    """By what moved in the block."""
    wei, has_tokens = worth.native_wei(evidence, features), worth.has_tokens(evidence, features)
    return worth.severity(most, wei, has_tokens)


def _touching(transfers: pl.DataFrame, block: int, wallet: bytes) -> pl.DataFrame:
    """The block's transfers of value to or from the wallet."""
    party = (pl.col("from_address") == wallet) | (pl.col("to_address") == wallet) | (pl.col("by") == wallet)
    return transfers.filter((pl.col("block_number") == block) & party)
