"""Somebody pays the debt of one whose collateral is short, and is given collateral for it with a bonus."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.base import Finding, Seen
from detectors.parts.lending import LIQUIDATIONS, Told, told_of, transaction_at
from detectors.parts.values import Values, values_before


@dataclass(frozen=True, slots=True)
class Settings:
    """bonus: what is seized is worth so many times what was repaid at most (Aave's greatest bonus is 15 %,
    Compound's 8 %; prices of pools are off by some).
    """

    bonus: float = 1.3


class Liquidation:
    """Holds where a lending market tells of a liquidation, and what was seized is worth little more than what
    was repaid, as far as both have a price before the block. Abused by: a thief who emits the event himself;
    so it lowers no loss that a moved price made. Source: Aave's and Compound's events.
    """

    kind = "liquidation"
    settings = Settings()
    reads: tuple[str, ...] = ("net", "pools", "prices")

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        told = told_of(seen, transaction_at(seen, finding.transaction), LIQUIDATIONS)
        values = values_before(seen, finding.block_number)
        if not told or any(self._is_dear(values, each) for each in told):
            return None
        return f"a liquidation: {len(told)} debts were repaid for collateral"

    def _is_dear(self, values: Values, told: Told) -> bool:
        seized, repaid = values.of(told.asset, told.amount), values.at_price(told.debt, told.repaid)
        return seized is not None and repaid is not None and seized > self.settings.bonus * repaid
