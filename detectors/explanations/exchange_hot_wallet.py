"""A hub of old: a wallet that many have paid, and that has paid many, for longer than an attack takes."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.base import Finding, Seen
from detectors.parts.standing import standing


@dataclass(frozen=True, slots=True)
class Settings:
    """hub_seconds, hub_partners: a wallet this old with this many payers and payees is a hub."""

    hub_seconds: int = 900
    hub_partners: int = 12


class ExchangeHotWallet:
    """Holds for a wallet with many payers and many payees since long. Abused by: an attacker who pays himself
    from and to a dozen wallets ahead of time, so no proven loss is excused by it. Source: the exchanges of
    `ingest/localchain/honest/` and `hard_negatives/`.
    """

    kind = "exchange-hot-wallet"
    settings = Settings()
    reads: tuple[str, ...] = ("habits",)

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        wallet = standing(seen, finding.block_number, finding.subject)
        if wallet is None:
            return None
        age = int(wallet["time"] - wallet["first_time"])
        payers, payees = int(wallet["distinct_in"]), int(wallet["distinct_out"])
        partners = min(payers, payees)
        if age < self.settings.hub_seconds or partners < self.settings.hub_partners:
            return None
        return f"{payers} payers and {payees} payees in {age} seconds"
