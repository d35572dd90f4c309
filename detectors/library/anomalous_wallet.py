"""Anomalous wallet: a wallet that behaves unlike what wallets did before, with no pattern that has a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.kernels.habits import WALLET_FEATURES
from detectors.memory.layout import Array
from detectors.models.outliers import Matrix, Model, ModelSpec
from detectors.parts import worth
from detectors.parts.contract import Columns, Seen
from detectors.parts.people import whole


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
    needs: Tier = "transfers"
    settings = Settings()
    reads: tuple[str, ...] = ("habits", "holdings")
    excused_by = ("airdrop-distributor", "exchange-hot-wallet")
    model = ModelSpec(columns=WALLET_FEATURES, part="habits", table="wallets")

    def score(self, seen: Seen) -> list[Finding]:
        """Findings for wallets scored at least `kept_score`; those beyond the model's threshold alert."""
        model, wallets = seen.models.get(self.name), seen.of("habits").get("wallets")
        if model is None or wallets is None:
            return []
        matrix = np.stack([wallets[name] for name in self.model.columns], axis=1)
        distances = model.distances(matrix)
        scores = model.scores(distances)
        return [
            self._finding(seen, model, wallets, int(at), float(distances[at]), float(scores[at]), matrix[at])
            for at in np.flatnonzero(scores >= self.settings.kept_score)
        ]

    def _finding(
        self,
        seen: Seen,
        model: Model,
        wallets: Columns,
        at: int,
        distance: float,
        score: float,
        row: Matrix,
    ) -> Finding:
        block, wallet = int(wallets["block"][at]), seen.address(int(wallets["id"][at]))
        alerts = distance > model.threshold
        which = _touching(seen, block, int(wallets["id"][at])) if alerts else np.zeros(0, np.int64)
        unusual = model.most_unusual(row)
        most: Severity = "high" if distance > self.settings.grave * model.threshold else "medium"
        role: tuple[bytes, RoleName] = (wallet, "subject")
        evidence = seen.evidence(seen.rows["number"][which].tolist())
        return Finding(
            block_number=block,
            timestamp=int(wallets["time"][at]),
            category="anomalous-wallet",
            subject_kind="wallet",
            subject=wallet,
            score=score,
            severity=_severity(most, seen, which) if alerts else "low",
            transaction=evidence[-1].transaction_hash if evidence else b"",
            roles=(role,),
            rows=evidence,
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


def _severity(most: Severity, seen: Seen, which: Array) -> Severity:
    """By what moved in the block, at these positions of rows."""
    is_coin = seen.rows["money"][which] == 0
    wei = sum(whole(seen.rows["amount"][which[is_coin]]))
    return worth.severity(most, wei, has_tokens=not is_coin.all())


def _touching(seen: Seen, block: int, wallet: int) -> Array:
    """Positions of the block's transfers to or from the wallet, or in transactions that it signed."""
    known = seen.of("holdings")["known"]["row"] - int(seen.rows["number"][0])
    rows = {name: seen.rows[name][known] for name in ("block", "source", "target", "signer")}
    party = (rows["source"] == wallet) | (rows["target"] == wallet) | (rows["signer"] == wallet)
    found: Array = known[party & (rows["block"] == block)]
    return found
