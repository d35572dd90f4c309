"""The naive answer about wallets: PyOD's Isolation Forest as it comes, on the plainest features."""

from __future__ import annotations

from detectors.base import Finding, Row, Seen, Tier
from detectors.evaluate.baselines.transactions import sent
from detectors.evaluate.categories import ANY
from detectors.evaluate.survey import Survey
from detectors.models.outliers import isolation_forest


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
    reads: tuple[str, ...] = ()

    def __init__(self, seen: Survey) -> None:
        scores, outliers = isolation_forest(seen.features)
        lines = zip(seen.wallets, scores.tolist(), outliers.tolist(), strict=True)
        self.outliers = {wallet: score for wallet, score, is_outlier in lines if is_outlier}

    def score(self, seen: Seen) -> list[Finding]:
        """One finding for each block in which an outlier sends transactions, with all of them."""
        chosen: dict[tuple[int, int, bytes], list[bytes]] = {}
        for each in sent(seen):
            if each.sender in self.outliers:
                chosen.setdefault((each.block, each.time, each.sender), []).append(each.hash)
        return [
            self._finding(block, time, wallet, self.outliers[wallet], hashes)
            for (block, time, wallet), hashes in chosen.items()
        ]

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
