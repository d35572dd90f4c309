"""Somebody changes what his debt is covered by, or what he owes, with money lent for the while."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.base import Finding, Seen
from detectors.parts.contract import Kind
from detectors.parts.lending import POSITIONS, Told, told_of, transaction_at

_CHANGES = ((Kind.WITHDRAW, Kind.SUPPLY), (Kind.REPAY, Kind.BORROW))


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


class CollateralSwap:
    """Holds where a lending market tells, of one owner in one transaction, that collateral was taken out and
    other collateral put in, or that a debt was repaid and another made (a refinance): each with the transfer
    it tells of. Abused by: a thief who also changes collateral of his own; so it lowers no loss that a moved
    price made. Source: Aave's events; two in three honest flash loans beside arbitrage.
    """

    kind = "collateral-swap"
    settings = Settings()
    reads: tuple[str, ...] = ()

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        told = told_of(seen, transaction_at(seen, finding.transaction), POSITIONS)
        for out, into in _CHANGES:
            if _changed(told, out, into):
                what = "collateral was changed" if into == Kind.SUPPLY else "a debt was refinanced"
                return f"{what} by its owner, with money lent for the while"
        return None


def _changed(told: list[Told], out: Kind, into: Kind) -> bool:
    before = {(each.owner, each.asset) for each in told if each.kind == out}
    after = {(each.owner, each.asset) for each in told if each.kind == into}
    return any(owner == other and asset != to for owner, asset in before for other, to in after)
