"""A wallet that hands out one asset and receives nothing: an airdrop, a payroll, gas for one's users."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.base import Finding, Seen
from detectors.parts.standing import standing


@dataclass(frozen=True, slots=True)
class Settings:
    """nothing: a decaying count of receipts (as its log) below this is as good as zero."""

    nothing: float = 0.05


class AirdropDistributor:
    """Holds where everything that moved in the block with the wallet left it, in one asset, and nothing came
    to it lately. Abused by: a thief who first waits ten minutes, and then pays many wallets in one asset;
    what was taken is then told by the detectors of the theft. Source: the honest distributors of
    `ingest/localchain/hard_negatives/`.
    """

    kind = "airdrop-distributor"
    settings = Settings()
    reads: tuple[str, ...] = ("habits",)

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        wallet = standing(seen, finding.block_number, finding.subject)
        if wallet is None or not finding.rows or wallet["in_slow"] >= self.settings.nothing:
            return None
        hands_out = all(row.from_address == finding.subject for row in finding.rows)
        if hands_out and len({row.token for row in finding.rows}) == 1:
            return "it hands out one asset and received nothing lately"
        return None
